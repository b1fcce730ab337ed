"""The worker: a process that imports an implementation and calls it, whatever that does to the standard streams.

Requests are pickles, replies are lines of JSON. Both use private copies of the standard streams, made before the
implementation is imported. It sees an empty standard input, and its standard output goes to a file.
"""

import contextlib
import faulthandler
import json
import os
import pickle
import sys
import tempfile
from typing import IO, Any

from emd_conformance._calling.answers import AnswerError, Want
from emd_conformance._calling.arrays import make_array
from emd_conformance._calling.caller import Caller
from emd_conformance._calling.contained import described
from emd_conformance._calling.load import Factory, load
from emd_conformance._calling.process import names_memory
from emd_conformance._calling.sharing import Kept
from emd_conformance._calling.versions import versions_here
from emd_conformance._calling.watch import Lost, Observations
from emd_conformance._cases.case import Case
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.errors import CannotExamineError, LoadError

REJECTIONS = (ValueError, TypeError, RuntimeError)


def main() -> None:
    """Load the implementation and answer requests until the input ends."""
    faulthandler.enable()
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    streams = Streams()
    with contextlib.suppress(EOFError):
        target, declared, limits = pickle.load(requests)
        factory, reply = _load(target, declared, limits.memory)
        streams.inspect(Observations(), "")  # what the import printed is not noted
        _send(replies, reply)
        kept = Kept()
        while factory is not None:
            declared, case, want = pickle.load(requests)
            faulthandler.dump_traceback_later(0.8 * limits.timeout)  # the report of a hang quotes the traceback
            reply = _answer(Caller(factory, declared, kept=kept), streams, case, want)
            faulthandler.cancel_dump_traceback_later()
            _send(replies, reply)
    os._exit(0)  # without waiting for threads and exit handlers of the implementation


def _send(replies: IO[str], reply: dict[str, Any]) -> None:
    replies.write(json.dumps(reply) + "\n")
    replies.flush()


class Streams:
    """The standard streams of the implementation: an empty input, and a file as output."""

    def __init__(self) -> None:
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
        self._nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(self._printed.fileno(), 1)
        self._open_input()

    def _open_input(self) -> None:
        os.dup2(self._nothing, 0)
        sys.stdin = os.fdopen(0, closefd=False)

    def inspect(self, seen: Observations, case: str) -> None:
        """Note whether a call printed or closed a stream, below Python's own objects too, and restore the streams."""
        with contextlib.suppress(ValueError):  # closed
            sys.stdout.flush()
        if sys.stdin.closed or not _is_open(0):
            seen.note("closes-stdin", case)
            self._open_input()
        if not _is_open(1):
            seen.note("closes-stdout", case)
            os.dup2(self._printed.fileno(), 1)
        if os.fstat(self._printed.fileno()).st_size:
            seen.note("print-to-stdout", case)
            os.ftruncate(self._printed.fileno(), 0)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _load(target: str, declared: Declaration, memory: int) -> tuple[Factory | None, dict[str, Any]]:
    """Import the implementation and its array library, and then limit the memory that calls may add."""
    try:
        factory = load(target)
        make_array(declared.array, [0.0], declared.dtype)
        _limit_memory(memory)
    except CannotExamineError as error:
        return None, _broken(error)
    except BaseException as error:
        return None, _broken(LoadError(f"{target!r} cannot be loaded: {described(error)}"))
    return factory, {"versions": versions_here(target)}


def _limit_memory(headroom: int) -> None:
    """Limit the data segment to its present size plus `headroom` bytes, where the system can tell and limit it.

    The address space is not limited: torch and JAX reserve more of it than any machine has memory, and use little.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            used = int(file.read().split()[5]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (used + headroom, hard))


def _answer(caller: Caller, streams: Streams, case: Case, want: Want) -> dict[str, Any]:
    try:
        reply: dict[str, Any] = {"answer": _plain(caller.ask(case, want))}
    except CannotExamineError as error:
        reply = _broken(error)
    except Lost as lost:
        reply = {"lost": [lost.id, str(lost)]}
    except BaseException as error:  # whatever the implementation raises is an answer
        message = described(error)
        name, _, text = message.partition(": ")
        base = next((base.__name__ for base in REJECTIONS if isinstance(error, base)), "Exception")
        reply = {"raised": [name, base, text]}
        if names_memory(message):
            reply = {"lost": ["memory", f"it raised {message}"]}
    streams.inspect(caller.seen, case.id)
    return reply | {"noted": {id: cases.get(case.id, "") for id, cases in caller.seen.noted.items()}}


def _broken(error: CannotExamineError) -> dict[str, Any]:
    return {"broken": [error.verdict, str(error)]}


def _plain(result: Any) -> Any:
    """Return nested lists of plain numbers, which can be read without the array library."""
    if isinstance(result, (list, tuple)):
        return [_plain(part) for part in result]
    try:
        return float(result)
    except (TypeError, ValueError):
        raise AnswerError(f"it returned an object of type {type(result).__name__}, wanted numbers") from None
