"""Run tests on a changed copy of the checkout, each time in a fork of a process that has imported what takes long."""

import contextlib
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

import coverage
import pytest
from benchmarks.survivors.places import ROOT, Change
from benchmarks.survivors.reached import Learnt, file_of

SLOW_IMPORTS = ("torch", "numpy", "scipy.optimize", "scipy.sparse", "scipy.stats", "array_api_strict")
OPTIONS = ["-q", "-p", "no:cacheprovider"]  # of pytest, in this process
NOT_COPIED = ".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "build", "dist"
PATIENCE = 20.0  # seconds of a stage, after which a change has made a test hang, which is noticed too, ...
SLOWER = 5.0  # ... and for each second that its tests take without the change


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
    files = sorted({file_of(test) for test in tests})
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
