"""Find the way to call an implementation: in this process, in one of its own, or through Protocol 1."""

from __future__ import annotations

from typing import Any

from emd_conformance._calling.caller import Caller
from emd_conformance._calling.load import Loss, load
from emd_conformance._declaration.declaration import Declaration

COMMAND = "cmd:"
TIMEOUT = 10.0


def open_caller(loss: Loss | str, options: dict[str, Any], isolate: bool, timeout: float) -> tuple[Caller, str]:
    """Return what calls the implementation, and how far the report may trust that nothing can disturb it."""
    # The modules that start processes are imported by those who need them: they are half of the import time.
    if isinstance(loss, str) and loss.startswith(COMMAND):
        from emd_conformance._calling.harness import connect

        caller, name = connect(loss.removeprefix(COMMAND), options, timeout)
        return caller, f"{_limits(timeout)}; {name}"
    declared = Declaration(**options)
    if not isolate:
        return Caller(load(loss), declared), "none: a hang or a crash ends the run"
    from emd_conformance._calling.isolated import IsolatedCaller, obstacle_to_isolation
    from emd_conformance._calling.process import Limits

    reason = obstacle_to_isolation(loss, declared)
    if reason or not isinstance(loss, str):
        return Caller(load(loss), declared), f"not available: {reason}; a hang or a crash ends the run"
    return IsolatedCaller(load_in_worker, declared, limits=Limits(timeout), target=loss), _limits(timeout)


def load_in_worker(classes: int) -> Loss:
    """Stand for the loss where it is not: in this process."""
    raise NotImplementedError("the implementation lives in another process")


def _limits(timeout: float) -> str:
    return f"a process of its own, {timeout:g} s a call"
