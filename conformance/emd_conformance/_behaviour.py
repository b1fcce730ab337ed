"""What a call does besides answering (7.5), and what became of a process that gave no answer at all."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from emd_conformance._model import Case, Finding

Loss: TypeAlias = Literal["hang", "crash", "memory", "exits"]
Details: TypeAlias = dict[str, str]

MESSAGES = {
    "hang": ("it does not return", "look for a loop that this input never ends"),
    "crash": ("it ends its process with a signal", "run this case under a debugger; look for unchecked indices"),
    "memory": ("it asks for more memory than the limit allows", "look for a list or an array that only ever grows"),
    "exits": ("it ends the process that calls it", "raise an exception; leave exiting to the program"),
    "nondeterministic": (
        "two calls with the same input gave different answers",
        "look for randomness and counters",
    ),
    "state-between-calls": (
        "an answer depends on the calls before it",
        "look for a cache, or a global",
    ),
    "input-mutated": ("it changes the arrays that it is given", "it writes to its input: work on a copy"),
    "changes-numpy-state": ("it changes how NumPy treats floating-point errors", "use `with numpy.errstate(...)`"),
    "changes-random-state": ("it draws from, or seeds, a global random generator", "use a generator of its own"),
    "closes-stdin": ("it closes the standard input of the program", "close only what was opened"),
    "closes-stdout": ("it closes the standard output of the program", "close only what was opened"),
    "print-to-stdout": ("it prints while it computes", "remove the print"),
}
HARMLESS = ("print-to-stdout",)
LOSSES = ("hang", "crash", "memory", "exits")


class Lost(RuntimeError):  # noqa: N818  (the process is what was lost)
    """The process of an implementation gave no answer."""

    def __init__(self, id: Loss, message: str) -> None:
        super().__init__(message)
        self.id: Loss = id


class NotAskedError(RuntimeError):
    """The implementation was not asked, or says that it does not support what was asked."""


@dataclass
class Observations:
    """What calls did besides answering: for each id of a finding, the cases and a detail."""

    noted: dict[str, Details] = field(default_factory=dict[str, Details])
    answers: dict[str, str] = field(default_factory=dict[str, str])

    def note(self, id: str, case: str, detail: str = "") -> None:
        """Remember what a case showed."""
        self.noted.setdefault(id, {}).setdefault(case, detail)

    def violation(self, case: str) -> str:
        """Return the id of what a case showed against 7.5, or an empty string."""
        return next((id for id, cases in self.noted.items() if case in cases and id not in HARMLESS), "")

    @property
    def violations(self) -> set[str]:
        """The cases that showed anything against 7.5."""
        return {case for id, cases in self.noted.items() if id not in HARMLESS for case in cases}


def _random_state(module: Any) -> object:
    name, keys, *rest = module.get_state()
    return name, keys.tobytes(), rest


# What is read, and how it is put back so that every case that changes it shows. Generators are left where they are: a
# loss that draws the same number twice would look deterministic.
_STATES: tuple[tuple[str, str, Callable[[Any], Any], Callable[[Any, Any], object]], ...] = (
    ("changes-numpy-state", "numpy", lambda numpy: numpy.geterr(), lambda numpy, state: numpy.seterr(**state)),
    ("changes-random-state", "numpy.random", _random_state, lambda module, state: None),
    ("changes-random-state", "random", lambda random: random.getstate(), lambda module, state: None),
    ("changes-random-state", "torch", lambda torch: bytes(torch.get_rng_state().numpy()), lambda module, state: None),
)


@contextlib.contextmanager
def watch(seen: Observations, case: str) -> Iterator[None]:
    """Note what the body of the `with` prints, closes and changes."""
    before = {name: read(sys.modules[name]) for _, name, read, _ in _STATES if name in sys.modules}
    stdin, printed = sys.stdin, io.StringIO()
    was_open = not getattr(stdin, "closed", True)
    try:
        with contextlib.redirect_stdout(printed):
            yield
    finally:
        _note_streams(seen, case, printed, closed=was_open and bool(getattr(stdin, "closed", False)))
        for id, name, read, restore in _STATES:
            if name in before and read(sys.modules[name]) != before[name]:
                seen.note(id, case)
                restore(sys.modules[name], before[name])


def _note_streams(seen: Observations, case: str, printed: io.StringIO, *, closed: bool) -> None:
    if closed:
        seen.note("closes-stdin", case)
    if printed.closed:
        seen.note("closes-stdout", case)
    elif printed.getvalue():
        seen.note("print-to-stdout", case)


def findings(seen: Observations, cases: Sequence[Case], *, validates: bool) -> list[Finding]:
    """Return a finding for each kind of behaviour, with the smallest case that shows it."""
    known = {case.id: case for case in cases}
    return [
        _finding(id, [(known[case], detail) for case, detail in noted.items() if case in known], validates)
        for id, noted in seen.noted.items()
        if not known.keys().isdisjoint(noted)
    ]


def _finding(id: str, noted: list[tuple[Case, str]], validates: bool) -> Finding:
    """Harmless things, and what invalid input does to those who do not claim to check it, are only advice."""
    case, detail = min(noted, key=lambda pair: (bool(pair[0].invalid), pair[0].classes, len(pair[0].predicted)))
    advice = id in HARMLESS or (bool(case.invalid) and not validates)
    message, remedy = MESSAGES[id]
    evidence = f"case {case.id} (emd-conformance show {case.id})" + f": {detail}" * bool(detail)
    return Finding("advice" if advice else "defect", id, message, evidence, remedy)
