"""tests/benchmarks/survivors: which tests may notice a change, and which changes no test can notice."""

from pathlib import Path

import pytest
from benchmarks.survivors.equivalent import EQUIVALENT
from benchmarks.survivors.statements import header, statement, users

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("module", "before", "after"), EQUIVALENT)
def test_equivalent_changes_are_of_lines_that_exist(module: str, before: str, after: str) -> None:
    assert before in [line.strip() for line in (ROOT / module).read_text().splitlines()]
    assert before != after
    assert EQUIVALENT[module, before, after]


SOURCE = """
LIMIT = 3

@cache
def limited(x):
    y = x
    return min(y, LIMIT)

@dataclass
class Pair:
    a: int

    def total(self):
        try:
            return self.a
        except ValueError:
            return 0
        else:
            pass
"""


@pytest.mark.parametrize(
    ("line", "lines", "names"),
    [
        (2, [2], [7]),  # a constant: those that name it
        (4, [4, 5], [6, 7]),  # a function: its body
        (5, [4, 5], [6, 7]),
        (6, [6], [7]),
        (7, [7], []),
        (9, [9, 10], [*range(11, 20)]),
        (11, [11], []),
        (16, [16], []),
        (18, [18], []),
    ],
)
def test_a_line_that_runs_at_import_has_users(line: int, lines: list[int], names: list[int]) -> None:
    found = statement(SOURCE, line)
    assert [*header(found)] == lines
    assert sorted(users(SOURCE, found)) == names


def test_quick_tests_come_before_slow_ones_of_the_module_itself() -> None:
    pytest.importorskip("coverage")
    pytest.importorskip("cosmic_ray")
    from benchmarks.survivors.places import Change
    from benchmarks.survivors.reached import Reached

    reached = Reached()
    own = {f"tests/test_fit.py::test_{seconds}": float(seconds) for seconds in (1, 4, 6, 90)}
    others = {
        "tests/test_all.py::test_long": 30.0,
        "tests/test_all.py::test_short": 1.0,
        "tests/test_few.py::test_it": 9.0,
    }
    reached.seconds = own | others
    reached.tests["p/fit.py", 7] = {*reached.seconds}
    change = Change("p/fit.py", range(7, 8), set(), "before", "after", "")
    stages = [[test.rpartition("_")[2] for test in stage] for stage, _ in reached.stages(change)]
    assert stages == [["1", "4", "it"], ["short", "long"], ["6", "90"]]
    signatures = "tests/emd_ref/test_defaults.py::test_it"
    reached.seconds[signatures] = 1.0
    assert signatures not in {test for stage, _ in reached.stages(change) for test in stage}
    at_import = change._replace(lines=range(3, 4), users={7})
    assert next(reached.stages(at_import))[0][:2] == [signatures, "tests/test_fit.py::test_1"]
