"""Which tests reach a line, and how long they take."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import coverage
from benchmarks.survivors.places import ROOT, Change

STAGES = 5.0, 20.0, 60.0  # seconds of tests that a change must pass, one stage after the other
OWN = 10.0  # seconds of tests in the file that is named after a module, which come first
SIGNATURES = "tests/emd_ref/test_defaults.py"  # it reads them, and calls nothing
COMPILED = {"emd_ref/_fast/compiled.py": "tests/emd_ref/kernels"}  # coverage.py cannot see what these tests reach


class Learnt(NamedTuple):
    """What some tests reach."""

    seconds: dict[str, float]  # of each test
    red: list[str]  # tests that fail
    measured: str  # the file in which coverage.py has written what they reach ...
    root: str  # ... in this checkout


class Reached:
    """Which tests reach a line, and how long they take."""

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}  # of the files of tests
        self.seconds: dict[str, float] = {}
        self.tests: defaultdict[tuple[str, int], set[str]] = defaultdict(set)

    @classmethod
    def read(cls, path: Path, files: list[str], options: list[str]) -> "Reached":
        """What was written earlier of these files of tests, if the sources have not changed since, nor has the file."""
        found = cls()
        if path.exists():
            known = json.loads(path.read_text())
            if known["sources"] == _digest_of_sources() and known["options"] == options:
                found.digests = {file: x for file, x in known["digests"].items() if file in files and digest(file) == x}
                kept = [test if file_of(test) in found.digests else None for test in known["tests"]]
                found.seconds = {x: y for x, y in zip(kept, known["seconds"], strict=True) if x is not None}
                for module, line, tests in known["reached"]:
                    found.tests[module, line] = {x for i in tests if (x := kept[i]) is not None}
        return found

    def write(self, path: Path, options: list[str]) -> None:
        """Write it, for read."""
        places = {test: i for i, test in enumerate(self.seconds)}
        reached = [(*place, [places[test] for test in tests]) for place, tests in self.tests.items()]
        known = {
            "sources": _digest_of_sources(),
            "options": options,
            "digests": self.digests,
            "tests": list(self.seconds),
            "seconds": list(self.seconds.values()),
            "reached": reached,
        }
        path.write_text(json.dumps(known))

    def add(self, files: list[str], learnt: Learnt) -> None:
        """Add what coverage.py has measured of some files of tests, but for tests that failed."""
        self.digests |= {file: digest(file) for file in files}
        self.seconds |= {test: seconds for test, seconds in learnt.seconds.items() if test not in learnt.red}
        data = coverage.CoverageData(learnt.measured)
        data.read()
        for file in data.measured_files():
            module = str(Path(file).relative_to(learnt.root))
            for line, tests in data.contexts_by_lineno(file).items():
                self.tests[module, line] |= self.seconds.keys() & tests

    def _reach(self, module: str, lines: Iterable[int]) -> set[str]:
        return set().union(*(self.tests.get((module, line), ()) for line in lines))

    def stages(self, change: Change) -> Iterator[tuple[list[str], float]]:
        """The tests that reach a change and their time, one stage after the other.

        A line that runs when its module is imported is reached by the tests that read signatures, and by those that
        reach what uses it; if there are none, by those that reach any line of the module, or by all.
        """
        tests = self._reach(change.module, change.lines)
        first = [] if tests else sorted(test for test in self.seconds if file_of(test) == SIGNATURES)
        tests = tests or self._reach(change.module, change.users)
        if not tests:
            tests = set().union(*(found for (module, _), found in self.tests.items() if module == change.module))
        if change.module in COMPILED:
            tests = {test for test in self.seconds if test.startswith(COMPILED[change.module])}
        tests = tests or {*self.seconds}
        stage, cost, limits = list[str](), 0.0, iter(STAGES)
        limit = next(limits)
        for test in first + self._in_order(tests - {*first}, f"test_{Path(change.module).stem}"):
            stage.append(test)
            cost += self.seconds[test]
            if cost > limit:
                yield stage, cost
                stage, cost = [], 0.0
                if (limit := next(limits, 0.0)) == 0.0:
                    return
        if stage:
            yield stage, cost

    def _in_order(self, tests: set[str], named: str) -> list[str]:
        """The tests, those in quick files first; before them the quickest of the file named after the module."""
        costs: defaultdict[str, float] = defaultdict(float)
        for test in tests:
            costs[file_of(test)] += self.seconds[test]
        own = sorted((x for x in tests if Path(file_of(x)).stem == named), key=lambda test: self.seconds[test])
        spent = accumulate(self.seconds[test] for test in own)
        first = [test for test, seconds in zip(own, spent, strict=True) if seconds <= OWN]
        rest = sorted(
            tests - {*first}, key=lambda test: (costs[file_of(test)], file_of(test), self.seconds[test], test)
        )
        return first + rest


def digest(file: str) -> str:
    """The SHA-256 of a file of the checkout."""
    return hashlib.sha256((ROOT / file).read_bytes()).hexdigest()


def _digest_of_sources() -> str:
    files = sorted([*ROOT.glob("emd_ref/**/*.py"), *ROOT.glob("conformance/**/*.py")])
    return hashlib.sha256("".join(digest(str(file)) for file in files).encode()).hexdigest()


def file_of(test: str) -> str:
    return test.partition("::")[0]
