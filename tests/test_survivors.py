"""tests/benchmarks/survivors: what it says of changes that no test can notice still belongs to the source."""

from pathlib import Path

import pytest
from benchmarks.survivors.equivalent import EQUIVALENT

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("module", "before", "after"), EQUIVALENT)
def test_equivalent_changes_are_of_lines_that_exist(module: str, before: str, after: str) -> None:
    assert before in [line.strip() for line in (ROOT / module).read_text().splitlines()]
    assert before != after
    assert EQUIVALENT[module, before, after]
