"""The reasons for which a run cannot begin, or ends before it has a verdict."""

from pathlib import Path
from traceback import extract_tb
from typing import ClassVar, Literal, TypeAlias

Impediment: TypeAlias = Literal["could-not-load", "could-not-call", "harness-broken", "interrupted", "suite-failed"]


class DeclarationError(ValueError):
    """An option of a declaration is not understood."""


class ReportError(OSError):
    """A report cannot be written to a file."""


class CannotExamineError(RuntimeError):
    """The implementation cannot be examined; `verdict` is the verdict of the report."""

    verdict: ClassVar[Impediment]


class LoadError(CannotExamineError):
    """The implementation, its harness or its array library cannot be loaded."""

    verdict = "could-not-load"


class CallError(CannotExamineError):
    """The implementation is loaded, but cannot be called as it is declared."""

    verdict = "could-not-call"


class HarnessError(CannotExamineError):
    """A harness does not follow Protocol 1."""

    verdict = "harness-broken"


IMPEDIMENTS: dict[str, type[CannotExamineError]] = {e.verdict: e for e in (LoadError, CallError, HarnessError)}


def located(error: BaseException) -> str:
    """Return an error of the suite in words: its type, its place in the suite and its text."""
    frames = [frame for frame in extract_tb(error.__traceback__) if "emd_conformance" in Path(frame.filename).parts]
    place = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}"
    return f"{type(error).__name__} in {place}: {error}"
