"""tests/support/thorough.py: which tests run."""

from types import SimpleNamespace
from typing import Any

import pytest
from support.thorough import beyond_a_sample, other_parts


def item(name: str, *marks: str) -> Any:
    return SimpleNamespace(nodeid=name, get_closest_marker=lambda mark: mark if mark in marks else None)


def test_the_parts_hold_every_test_once() -> None:
    items = [item(f"test[{i}]") for i in range(10)]
    parts = [[x for x in items if x not in other_parts(items, f"{i}/3")] for i in range(3)]
    assert sorted(x.nodeid for part in parts for x in part) == sorted(x.nodeid for x in items)
    assert max(map(len, parts)) == 4


@pytest.mark.parametrize("part", ["2/2", "0/0", "1", "-1/2", "a/b", ""])
def test_a_part_that_is_none_is_refused(part: str) -> None:
    with pytest.raises(pytest.UsageError, match="it must be two numbers I/K with I < K"):
        other_parts([], part)


def test_a_sample_of_many_cases_runs_always() -> None:
    many, few = [item(f"many[{i}]") for i in range(15)], [item(f"few[{i}]") for i in range(8)]
    costly, marked = [item(f"costly[{i}]", "costly") for i in range(3)], [item("marked", "thorough")]
    left_out = [*beyond_a_sample([*many, *few, *costly, *marked])]
    assert left_out == [*many[1:7], *many[8:14], *costly[1:]]
