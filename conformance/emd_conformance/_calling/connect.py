"""Choose how an implementation is called: in this process, in a process of its own, or through Protocol 1."""

from emd_conformance._calling.caller import Caller
from emd_conformance._calling.load import Loss, elsewhere, load
from emd_conformance._declaration.declaration import Declaration, Options

COMMAND = "cmd:"
TIMEOUT = 10.0


def open_caller(loss: Loss | str, options: Options, isolate: bool, timeout: float) -> tuple[Caller, str]:
    """Return the caller of the implementation, and what the report says about its isolation."""
    # The modules that start processes take half of the import time, so they are imported where they are needed.
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
    return IsolatedCaller(elsewhere, declared, limits=Limits(timeout), target=loss), _limits(timeout)


def _limits(timeout: float) -> str:
    return f"a process of its own, {timeout:g} s a call"
