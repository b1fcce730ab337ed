"""The side effects of a call (7.5), and the ways in which a process ends without an answer."""

import contextlib
import io
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from emd_conformance._calling.surroundings import surroundings

Ending: TypeAlias = Literal["hang", "crash", "memory", "exits"]
Details: TypeAlias = dict[str, str]
HARMLESS = ("print-to-stdout", "result-dtype")
ASIDE = (
    *("changes-random-state", "changes-defaults", "changes-warnings", "changes-environment"),
    *("print-to-stdout", "result-dtype", "result-shared"),
)  # side effects that no answer follows from
ENDINGS: tuple[Ending, ...] = get_args(Ending)


class Lost(RuntimeError):  # noqa: N818  (the process is lost)
    """The process of an implementation ended, or was ended, without an answer."""

    def __init__(self, id: Ending, message: str) -> None:
        super().__init__(message)
        self.id: Ending = id


class NotAskedError(RuntimeError):
    """The implementation was not asked, or does not support what it was asked."""


@dataclass
class Endings:
    """The calls that gave no answer: by case and by what was asked, and how many there were in a row."""

    lost: dict[tuple[str, str], Lost] = field(default_factory=dict[tuple[str, str], Lost])
    in_a_row: Counter[str] = field(default_factory=Counter[str])


@dataclass
class Observations:
    """The side effects of calls: for each id of a finding, the cases that showed it and a detail."""

    noted: dict[str, Details] = field(default_factory=dict[str, Details])
    answers: dict[str, str] = field(default_factory=dict[str, str])

    def note(self, id: str, case: str, detail: str = "") -> None:
        """Note that a case showed what a finding is about."""
        self.noted.setdefault(id, {}).setdefault(case, detail)

    def violation(self, case: str) -> str:
        """Return the id of a side effect of this case that 7.5 forbids, or an empty string."""
        return next((id for id, cases in self.noted.items() if case in cases and id not in HARMLESS), "")

    @property
    def misled(self) -> set[str]:
        """The cases with a side effect that may be why their answers are wrong."""
        return {case for id, cases in self.noted.items() if id not in ASIDE for case in cases}

    @property
    def violations(self) -> set[str]:
        """The cases with a side effect that 7.5 forbids."""
        return {case for id, cases in self.noted.items() if id not in HARMLESS for case in cases}


@contextlib.contextmanager
def watch(seen: Observations, case: str) -> Iterator[None]:
    """Note what is printed, closed and changed inside the `with`."""
    before = surroundings()
    stdin, printed = sys.stdin, io.StringIO()
    was_open = not getattr(stdin, "closed", True)
    try:
        with contextlib.redirect_stdout(printed):
            yield
    finally:
        _note_streams(seen, case, printed, closed=was_open and bool(getattr(stdin, "closed", False)))
        for id, detail in before.changes().items():
            seen.note(id, case, detail)


def _note_streams(seen: Observations, case: str, printed: io.StringIO, *, closed: bool) -> None:
    if closed:
        seen.note("closes-stdin", case)
    if printed.closed:
        seen.note("closes-stdout", case)
    elif printed.getvalue():
        seen.note("print-to-stdout", case)
