"""Callers of an implementation in another process: whatever ends that process is a result of its case."""

import builtins
import json
import pickle
import sys
import weakref
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from emd_conformance._calling.answers import AnswerError, Want
from emd_conformance._calling.arrays import Nested
from emd_conformance._calling.caller import Caller
from emd_conformance._calling.process import Limits, Process
from emd_conformance._calling.versions import LIBRARIES
from emd_conformance._calling.watch import Lost
from emd_conformance._cases.case import Case
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.errors import IMPEDIMENTS, CannotExamineError, LoadError

BOOT = """import os, sys
os.environ.update({environment!r})
sys.path[:] = {path!r}
from emd_conformance._calling.worker import main
main()"""


@dataclass
class Session:
    """The running process, if there is one."""

    process: Process | None = None
    farewell: bytes = b""
    owned: bool = False
    versions: dict[str, str] = field(default_factory=dict[str, str])

    def close(self, *, politely: bool = True) -> None:
        """End the process, after a farewell if it still answers."""
        if self.process is not None:
            self.process.close(self.farewell if politely else b"")
        self.process = None


@dataclass(frozen=True)
class RemoteCaller(Caller):
    """An implementation in another process, which starts at the first call and again after a call ended it."""

    limits: Limits = field(default_factory=Limits)
    session: Session = field(default_factory=Session)

    is_here: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.session.owned:  # copies of this caller share the session, and must not end it
            weakref.finalize(self, self.session.close)  # also at the end of an interrupted program
            self.session.owned = True

    def abandon(self) -> None:
        self.session.close(politely=False)

    def versions(self, implementation: object) -> dict[str, str]:
        """Return what the process reported at its start."""
        self.running()
        return self.session.versions

    def libraries(self) -> list[str]:
        """Return what the process reported at its start."""
        return [name for name in LIBRARIES if name in self.session.versions]

    def close(self) -> None:
        self.session.close()

    def ask(self, case: Case, want: Want) -> Nested:
        """Send a case and return the answer, or raise Lost."""
        raise NotImplementedError

    def running(self) -> Process:
        if self.session.process is None:
            self.session.process = self.start()
        return self.session.process

    def start(self) -> Process:
        """Start a process and return it when it is ready, or raise CannotExamineError."""
        raise NotImplementedError


@dataclass(frozen=True)
class IsolatedCaller(RemoteCaller):
    """A Python implementation that a worker process imports by its name."""

    target: str = ""

    def start(self) -> Process:
        path = [folder for folder in sys.path if isinstance(folder, str)]  # an import ignores others, such as a Path
        jax = sys.modules.get("jax")
        environment = {"JAX_ENABLE_X64": "1"} if jax is not None and jax.config.jax_enable_x64 else {}
        process = Process([sys.executable, "-c", BOOT.format(path=path, environment=environment)])
        try:
            reply = self._exchange(process, (self.target, self.declared, self.limits), self.limits.start)
            self.session.versions |= reply["versions"]
        except CannotExamineError:
            process.close()
            raise
        except Lost as lost:
            process.close()
            raise LoadError(f"{self.target!r} cannot be loaded: {lost}") from lost
        return process

    def ask(self, case: Case, want: Want) -> Nested:
        inputs = replace(case, expected={}, gradient={}, certificates=())
        reply = self._exchange(self.running(), (self.declared, inputs, want), self.limits.timeout)
        for id, detail in reply["noted"].items():
            self.seen.note(id, case.id, detail)
        if "lost" in reply:
            raise Lost(*reply["lost"])
        if "raised" in reply:
            raise _exception(*reply["raised"])
        return reply["answer"]

    def _exchange(self, process: Process, request: object, timeout: float) -> dict[str, Any]:
        reply: dict[str, Any] = json.loads(process.ask(pickle.dumps(request), timeout))
        if "broken" in reply:
            verdict, message = reply["broken"]
            raise IMPEDIMENTS[verdict](message)
        return reply


def obstacle_to_isolation(target: object, declared: Declaration) -> str:
    """Return why an implementation cannot be run in a process of its own, or an empty string."""
    if not isinstance(target, str):
        return "it was given as a callable, not by its name"
    if target.partition(":")[0] == "__main__":
        return "the program that runs cannot be imported by another process"
    if callable(declared.grad):
        return "its gradient was given as a callable, not by its name"
    return ""


def _exception(name: str, base: str, message: str) -> Exception:
    """Return an exception with the name of the original one, which is a rejection if that was one."""
    if name == AnswerError.__name__:
        return AnswerError(message)
    made: type[Exception] = type(name, (getattr(builtins, base),), {})
    return made(message)
