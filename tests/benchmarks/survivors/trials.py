"""Run tests on a changed copy of the checkout, each time in a fork of a process that has imported what takes long."""

import contextlib
import hashlib
import importlib
import json
import os
import shutil
import signal
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import coverage
import pytest
from benchmarks.survivors.places import ROOT, Change

SLOW_IMPORTS = ("torch", "numpy", "scipy.optimize", "scipy.sparse", "scipy.stats", "array_api_strict")
OPTIONS = ["-q", "-p", "no:cacheprovider"]  # of pytest, in this process
NOT_COPIED = ".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "build", "dist"
STAGES = 5.0, 20.0, 60.0  # seconds of tests that a change must pass, one stage after the other
COMPILED = {"emd_ref/_fast/compiled.py": "tests/emd_ref/kernels"}  # coverage.py cannot see what these tests reach
PATIENCE = 20.0  # seconds of a stage, after which a change has made a test hang, which is noticed too, ...
SLOWER = 5.0  # ... and for each second that its tests take without the change


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
                kept = [test if _file(test) in found.digests else None for test in known["tests"]]
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

    def add(self, files: list[str], learnt: "Learnt") -> None:
        """Add what coverage.py has measured of some files of tests, but for tests that failed."""
        self.digests |= {file: digest(file) for file in files}
        self.seconds |= {test: seconds for test, seconds in learnt.seconds.items() if test not in learnt.red}
        data = coverage.CoverageData(learnt.measured)
        data.read()
        for file in data.measured_files():
            module = str(Path(file).relative_to(learnt.root))
            for line, tests in data.contexts_by_lineno(file).items():
                self.tests[module, line] |= self.seconds.keys() & tests

    def stages(self, change: Change) -> Iterator[tuple[list[str], float]]:
        """The tests that reach a change and their time, those in quick files first.

        A line that runs when its module is imported is reached by every test that reaches any line of the module, or by
        all tests if none does.
        """
        tests = set().union(*(self.tests.get((change.module, line), ()) for line in change.lines))
        if not tests:
            tests = set().union(*(found for (module, _), found in self.tests.items() if module == change.module))
        if change.module in COMPILED:
            tests = {test for test in self.seconds if test.startswith(COMPILED[change.module])}
        tests = tests or {*self.seconds}
        files: defaultdict[str, list[str]] = defaultdict(list)
        for test in sorted(tests, key=lambda test: self.seconds[test]):
            files[_file(test)].append(test)
        costs = {file: sum(self.seconds[test] for test in found) for file, found in files.items()}
        stage, cost, limits = list[str](), 0.0, iter(STAGES)
        limit = next(limits)
        for file in sorted(costs, key=costs.__getitem__):
            for test in files[file]:
                stage.append(test)
                cost += self.seconds[test]
                if cost > limit:
                    yield stage, cost
                    stage, cost = [], 0.0
                    if (limit := next(limits, 0.0)) == 0.0:
                        return
        if stage:
            yield stage, cost


def digest(file: str) -> str:
    """The SHA-256 of a file of the checkout."""
    return hashlib.sha256((ROOT / file).read_bytes()).hexdigest()


def _digest_of_sources() -> str:
    files = sorted([*ROOT.glob("emd_ref/**/*.py"), *ROOT.glob("conformance/**/*.py")])
    return hashlib.sha256("".join(digest(str(file)) for file in files).encode()).hexdigest()


def _file(test: str) -> str:
    return test.partition("::")[0]


class Chosen:
    """A plugin of pytest: only these tests, in this order."""

    def __init__(self, tests: list[str]) -> None:
        self.order = {test: i for i, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Drop the others."""
        items[:] = sorted((x for x in items if x.nodeid in self.order), key=lambda x: self.order[x.nodeid])


class Recorder:
    """A plugin of pytest: the lines that each test reaches, and its time."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self.measured = measured
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.failed = list[str]()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Tell coverage.py which test runs."""
        self.measured.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self.measured.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the time of a part of a test."""
        self.seconds[report.nodeid] += report.duration
        if report.failed:
            self.failed.append(report.nodeid)


def begin(parent: str, options: list[str]) -> None:
    """Make this process a worker: it has a copy of the checkout in a folder, and has imported what takes long."""
    OPTIONS.extend(options)
    folder = Path(parent, str(os.getpid()))
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
    os.chdir(folder)
    sys.path[:0] = [str(folder), str(folder / "conformance")]
    sys.dont_write_bytecode = True  # a source may change twice within the second in which Python looks for changes
    os.environ |= {
        "PYTHONPATH": f"{folder}:{folder / 'conformance'}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
    }
    for name in SLOW_IMPORTS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


class Learnt(NamedTuple):
    """What some tests reach."""

    seconds: dict[str, float]  # of each test
    red: list[str]  # tests that fail
    measured: str  # the file in which coverage.py has written what they reach ...
    root: str  # ... in this checkout


def learn(paths: list[str]) -> Learnt:
    """Run the tests of some files."""
    root = Path.cwd()
    measured, results = root / f".lines-{os.getpid()}", root / f".results-{os.getpid()}"

    def run() -> int:
        packages = [str(root / "emd_ref"), str(root / "conformance")]
        traced = coverage.Coverage(str(measured), config_file=False, messages=False, source=packages)
        recorder = Recorder(traced)
        traced.start()
        code = pytest.main([*OPTIONS, *paths], plugins=[recorder])
        traced.stop()
        traced.save()
        results.write_text(json.dumps([recorder.seconds, recorder.failed]))
        return code

    code = in_fork(run, timeout=3600.0)
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"without a change, the tests do not run: pytest ends with {code}, for {' '.join(paths)}")
    return Learnt(*json.loads(results.read_text()), str(measured), str(root))


def notices(change: Change, stages: list[tuple[list[str], float]]) -> bool:
    """Whether a test fails, or hangs, after a change."""
    module = Path(change.module)
    original = module.read_text()
    module.write_text(change.source)
    try:
        return any(_fails(tests, PATIENCE + SLOWER * seconds) for tests, seconds in stages)
    finally:
        module.write_text(original)


def _fails(tests: list[str], timeout: float) -> bool:
    files = sorted({_file(test) for test in tests})
    command = [*OPTIONS, "-x", *files]
    code = in_fork(lambda: pytest.main(command, plugins=[Chosen(tests)]), timeout)
    return code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def in_fork(function: Callable[[], int], timeout: float) -> int | None:
    """The exit code of a function in a child process; None if it does not end in time."""
    if (child := os.fork()) == 0:
        code = 70
        try:
            os.setsid()
            here = os.fdopen(os.dup(2), "w")
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
            code = int(function())
        except BaseException:
            traceback.print_exc(file=here)
            here.flush()
        finally:
            os._exit(code)
    end = time.monotonic() + timeout
    done, status = 0, 0
    while not done and time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # and what its tests have left running
    if not done:
        os.waitpid(child, 0)
        return None
    return os.waitstatus_to_exitcode(status)
