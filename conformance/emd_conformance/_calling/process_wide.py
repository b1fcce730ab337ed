"""What all code of a process shares: variables, folder, locale, signal handlers, limits, garbage collector, hooks.

Each part is read from its module as a dictionary of what may change, and put back from it.
"""

import gc
import locale
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

State: TypeAlias = Mapping[str, Any]
Part: TypeAlias = tuple[Callable[[], State], Callable[[State], None]]
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGCHLD", "SIGPIPE", "SIGFPE", "SIGUSR1", "SIGUSR2")
LIMITS = ("RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CPU", "RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_CORE")
SYSTEM = {  # of `sys`: what is read, and how it is put back
    "recursion limit": ("getrecursionlimit", "setrecursionlimit"),
    "switch interval": ("getswitchinterval", "setswitchinterval"),
    "trace function": ("gettrace", "settrace"),
    "profile function": ("getprofile", "setprofile"),
}
HOOKS = ("stdin", "stderr", "excepthook", "displayhook")  # a call may print: `watch` itself replaces stdout


def _os() -> State:
    return {"variables": dict(os.environ), "working directory": os.getcwd()}


def _restore_os(state: State) -> None:
    os.chdir(state["working directory"])
    for name in os.environ.keys() - state["variables"].keys():
        del os.environ[name]
    os.environ.update(state["variables"])


def _locale() -> State:
    return {"locale": locale.setlocale(locale.LC_ALL)}


def _restore_locale(state: State) -> None:
    locale.setlocale(locale.LC_ALL, state["locale"])


def _sys() -> State:
    hooks = {f"sys.{name}": getattr(sys, name) for name in HOOKS}
    return hooks | {name: getattr(sys, read)() for name, (read, _) in SYSTEM.items()}


def _restore_sys(state: State) -> None:
    for name, (_, write) in SYSTEM.items():
        getattr(sys, write)(state[name])
    for name in HOOKS:
        setattr(sys, name, state[f"sys.{name}"])


def _signals() -> State:
    known = {name: getattr(signal, name) for name in SIGNALS if hasattr(signal, name)}
    return {f"handler of {name}": signal.getsignal(number) for name, number in known.items()}


def _restore_signals(state: State) -> None:
    for name, handler in state.items():
        signal.signal(getattr(signal, name.removeprefix("handler of ")), handler)


def _limits() -> State:
    import resource  # not on Windows

    return {name: resource.getrlimit(getattr(resource, name)) for name in LIMITS if hasattr(resource, name)}


def _restore_limits(state: State) -> None:
    import resource

    for name, limit in state.items():
        resource.setrlimit(getattr(resource, name), limit)


def _logging() -> State:
    return {"level of logging": logging.root.level, "logging": logging.root.manager.disable}


def _restore_logging(state: State) -> None:
    logging.root.setLevel(state["level of logging"])
    logging.disable(state["logging"])


def _collector() -> State:
    return {"garbage collection": gc.isenabled(), "thresholds of garbage collection": gc.get_threshold()}


def _restore_collector(state: State) -> None:
    (gc.enable if state["garbage collection"] else gc.disable)()
    gc.set_threshold(*state["thresholds of garbage collection"])


PARTS: tuple[Part, ...] = (
    (_os, _restore_os),
    (_locale, _restore_locale),
    (_sys, _restore_sys),
    (_signals, _restore_signals),
    (_limits, _restore_limits),
    (_logging, _restore_logging),
    (_collector, _restore_collector),
)
