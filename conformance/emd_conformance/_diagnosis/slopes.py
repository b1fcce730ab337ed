"""Finds what explains wrong gradients: a hypothesis must reproduce all of them, those that are right included."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._declaration.sample import Sample
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._diagnosis.fitted_gradients import fitted
from emd_conformance._diagnosis.gradients import Guess, Rows, guesses, matches
from emd_conformance._diagnosis.hypothesis import LARGEST, MISLEADING, UNDEFINED
from emd_conformance._diagnosis.terms import NotComparedError
from emd_conformance._diagnosis.traits import where
from emd_conformance._exact.numbers import fractions
from emd_conformance._judging.result import Finding, Result

ENOUGH = 3  # wrong gradients that a hypothesis must explain
LARGE = 3000  # numbers in a gradient that is not compared
MOST = 0.8  # of the gradients, which a hypothesis must explain at least
HIDDEN = MISLEADING | {"root-gradient-nan"}  # flags of cases whose gradients do not show the formula


@dataclass(frozen=True)
class Received:
    """A case, its result, and the gradients that were received, or None if they are not all finite numbers."""

    case: Case
    result: Result
    samples: list[Sample]
    rows: Rows | None

    @property
    def clear(self) -> bool:
        small = 1 < self.case.classes <= LARGEST and not self.case.passed
        return self.rows is not None and small and not HIDDEN & set(self.case.flags)


def explain_gradients(caller: Caller, cases: Sequence[Case], results: Sequence[Result]) -> Finding:
    """Return the finding that explains the wrong gradients."""
    by_id = {case.id: case for case in cases}
    asked = [(by_id[r.case], r) for r in results if r.case in by_id and r.status != "skip"]
    small = [(case, r) for case, r in asked if case.classes * len(case.predicted) <= LARGE]
    received = [Received(case, r, caller.samples(case), _ask(caller, case)) for case, r in small]
    wrong = [x for x in received if x.result.failed and x.clear]
    best: tuple[float, Finding] | None = None
    compared = [(x.samples, x.rows) for x in wrong if x.rows]
    for name, detail, guess in _all(caller, compared) if len(compared) >= ENOUGH else ():
        if any(_agrees(caller, guess, name, x) is False for x in wrong):
            continue
        agreed = [(x, agrees) for x in received if (agrees := _agrees(caller, guess, name, x)) is not None]
        if len(agreed) >= ENOUGH:
            missed = [x for x, agrees in agreed if not agrees]
            share = 1 - len(missed) / len(agreed)
            found = finding(name, _sentence(len(agreed), missed, len(asked)), detail=detail)
            if not missed:
                return found
            if share >= MOST and (best is None or share > best[0]):
                best = share, found
    return best[1] if best else finding("gradient", _unexplained(asked))


def _all(caller: Caller, compared: list[tuple[list[Sample], Rows]]) -> Iterator[tuple[str, str, Guess]]:
    known = [(name, "", guess) for name, guess in guesses(caller)]
    yield from (entry for entry in known if entry[0] != "gradient-low-precision")
    yield from fitted(caller, compared)
    yield from (entry for entry in known if entry[0] == "gradient-low-precision")


def _ask(caller: Caller, case: Case) -> Rows | None:
    try:
        rows = caller.gradients(case)
    except Exception:  # the check of the case has reported it
        return None
    return list(map(fractions, rows)) if all(isfinite(x) for row in rows for x in row) else None


def _agrees(caller: Caller, guess: Guess, name: str, answer: Received) -> bool | None:
    """Tell whether a hypothesis gives the gradients, or return None if it is not compared with them.

    At E = 0 a root has no gradient, and every finite one is right (5.6).
    """
    if answer.rows is None:
        return False
    if "root-gradient-nan" in answer.case.flags and not answer.result.failed:
        return True
    try:
        return matches(caller, answer.rows, guess(answer.samples), name)
    except NotComparedError:
        return None
    except UNDEFINED:
        return False


def _sentence(total: int, missed: Sequence[Received], asked: int) -> str:
    left_out = f" ({asked - total} others were not compared)" if asked > total else ""
    if not missed:
        return f"this reproduces all {total} gradients{left_out}"
    shown = ", ".join(x.case.id for x in missed[:3]) + (f" and {len(missed) - 3} more" if len(missed) > 3 else "")
    return f"this reproduces {total - len(missed)} of {total} gradients{left_out}, but not {shown}"


def _unexplained(asked: Sequence[tuple[Case, Result]]) -> str:
    wrong = [case for case, result in asked if result.failed]
    return where(wrong, [case for case, result in asked if not result.failed])
