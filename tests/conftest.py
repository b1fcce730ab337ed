"""Fixtures and profiles that all tests share."""

import contextlib
import gc
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when NumPy and PyTorch load: every worker has one core
os.environ.setdefault("KERAS_BACKEND", "torch")  # Keras would look for TensorFlow

import hypothesis
import numpy as np
import pytest
from support import cuda, memory, missing, no_torchvision, thorough, xla
from support.backends import BACKENDS, Backend, running
from support.evaluation import standard_only
from support.judge import LARGEST

no_torchvision.hide_torchvision()
gc.set_threshold(500_000, 50, 100)  # millions of exact fractions are kept, and none of them is garbage

hypothesis.settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=60,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="run the tests that only repeat a kind at greater length")
    parser.addoption("--part", default="0/1", metavar="I/K", help="of what --thorough adds, only each K-th test from I")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in thorough.beyond_a_sample(items):
        item.add_marker("thorough")
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    if config.getoption("--thorough"):
        left_out = thorough.other_parts(left_out, config.getoption("--part"))
    config.hook.pytest_deselected(items=left_out)
    out = {*left_out}
    items[:] = [item for item in items if item not in out]


def pytest_configure(config: pytest.Config) -> None:
    thorough.whole = config.getoption("--thorough")
    xla.set_flags(getattr(config, "cache", None))  # XLA reads them when JAX first asks for a device


@pytest.fixture(params=BACKENDS, ids=str)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    with running(request.param) as ready:
        yield ready


@pytest.fixture(params=["standard", "as used"])
def evaluation(request: pytest.FixtureRequest) -> Iterator[None]:
    """Public functions as the golden reference evaluates them, and as users get them."""
    with standard_only() if request.param == "standard" else contextlib.nullcontext():
        yield


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20161105)


@pytest.fixture
def terminal() -> Iterator[None]:
    """Signals as a program finds them that a terminal starts: `nohup`, or a shell's background, has them ignored."""
    handlers = {"SIGINT": signal.default_int_handler, "SIGTERM": signal.SIG_DFL, "SIGHUP": signal.SIG_DFL}
    before = {name: signal.signal(getattr(signal, name), h) for name, h in handlers.items() if hasattr(signal, name)}
    yield
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)


@pytest.fixture(scope="session")
def emulation(tmp_path_factory: pytest.TempPathFactory) -> cuda.Emulation:
    """The CUDA source, compiled as C++."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed: the CUDA source cannot be run on the CPU")
    return cuda.Emulation(tmp_path_factory.mktemp("cuda"))


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    return missing.without(module_path, parent)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with missing.excused(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with missing.excused(item):
        return (yield)


def pytest_runtest_teardown() -> None:
    memory.free_some()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # a worker of pytest-xdist hands its figures to the first process
        session.config.workeroutput["largest"] = dict(LARGEST)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node) -> None:
    for what, ratio in getattr(node, "workeroutput", {}).get("largest", {}).items():
        LARGEST[what] = max(LARGEST[what], ratio)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if LARGEST:
        terminalreporter.section("largest error, in units of its bound")
        for what, ratio in sorted(LARGEST.items()):
            terminalreporter.write_line(f"{what:60} {ratio:.3f}")
