"""Choose how an implementation is called: in this process, in a process of its own, or through Protocol 1."""

from emd_conformance._calling.alarm import obstacle_to_interruption
from emd_conformance._calling.caller import Caller
from emd_conformance._calling.load import Loss, elsewhere, load
from emd_conformance._declaration.declaration import Declaration, Options

COMMAND = "cmd:"
TIMEOUT, TIMEOUT_HERE = 10.0, 60.0  # seconds for a call


def open_caller(loss: Loss | str, options: Options, isolate: bool, timeout: float | None) -> tuple[Caller, str]:
    """Return the caller of the implementation, and what the report says about its isolation.

    Without a timeout, a call takes 10 s in a process of its own, and 60 s in this process, where it may compile first.
    """
    apart, here = (TIMEOUT, TIMEOUT_HERE) if timeout is None else (timeout, timeout)
    # The modules that start processes take half of the import time, so they are imported where they are needed.
    if isinstance(loss, str) and loss.startswith(COMMAND):
        from emd_conformance._calling.harness import connect

        caller, name = connect(loss.removeprefix(COMMAND), options, apart)
        return caller, f"{_limits(apart)}; {name}"
    declared = Declaration(**options)
    if not isolate:
        return Caller(load(loss), declared, seconds=here), f"none: {_unlimited(here)}"
    from emd_conformance._calling.isolated import IsolatedCaller, obstacle_to_isolation
    from emd_conformance._calling.process import Limits

    reason = obstacle_to_isolation(loss, declared)
    if reason or not isinstance(loss, str):
        return Caller(load(loss), declared, seconds=here), f"not available: {reason}; {_unlimited(here)}"
    return IsolatedCaller(elsewhere, declared, limits=Limits(apart), target=loss), _limits(apart)


def _unlimited(timeout: float) -> str:
    """Return what a call in this process may still do to the run."""
    reason = obstacle_to_interruption()
    return f"a hang or a crash ends the run, as {reason}" if reason else f"a crash ends the run; {timeout:g} s a call"


def _limits(timeout: float) -> str:
    return f"a process of its own, {timeout:g} s a call"
