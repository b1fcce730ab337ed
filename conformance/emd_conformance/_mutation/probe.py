"""Whether a mutant differs from its original beyond rounding, on inputs that no stored case shares."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import isfinite, nan
from typing import Any, TypeAlias

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case, Row
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.layouts import ALL_INTEGERS
from emd_conformance._exploration.cases import drawn
from emd_conformance._exploration.solve import solved
from emd_conformance._judging.allowed import Allowed, allowed_gradient, allowed_values

Loss: TypeAlias = Callable[..., Any]
FIRST, NUMBERS = 10**6, 40  # fresh cases that are drawn; large ones are left out
SMALL = 400  # numbers in the predictions of a case
SECONDS = 10.0  # for a call: a mutant may loop for ever


@dataclass(frozen=True)
class Answer:
    """What a loss answers to a case: its values, its gradients, and those of a recorded call, as one row each."""

    values: list[float]
    gradients: list[float]
    shape: str


@dataclass(frozen=True)
class Probe:
    """Fresh cases of a declaration, and the answers of the original."""

    original: Loss
    declared: Declaration

    @cached_property
    def cases(self) -> list[Case]:
        """The fresh cases, with their exact answers."""
        names = frozenset(self.declared.expression.names)
        found: list[Case] = []
        for number in range(FIRST, FIRST + NUMBERS):
            case = drawn(number, self.declared)
            unanswered = replace(case, expected=dict.fromkeys(("E", "W1", "XE", "R"), ()))
            if case.passed in ALL_INTEGERS:  # the original may refuse labels of some dtypes (8.1)
                continue
            if len(case.predicted) * case.classes <= SMALL and not obstacle(self.declared, unanswered, "value"):
                found.append(solved(case, names, gradients=self.declared.grad is not None))
        return found

    @cached_property
    def rooms(self) -> list[tuple[list[Fraction], list[Fraction]]]:
        """How far two right answers to each case may be apart."""
        return [_rooms(case, Caller(lambda classes: self.original, self.declared)) for case in self.cases]

    @cached_property
    def answers(self) -> list[Answer]:
        """The answers of the original, whose first calls may import more of a library, and are not limited."""
        return [_answer(self.original, self.declared, case, None) for case in self.cases]

    def difference(self, mutant: Loss) -> str:
        """Return in which case a mutant differs from the original, and how; an empty string if it does not."""
        for case, room, right in zip(self.cases, self.rooms, self.answers, strict=True):
            try:
                answer = _answer(mutant, self.declared, case, SECONDS)
            except Exception as error:
                return f"{case.id}: {type(error).__name__}: {error}"
            if words := _differ(answer, right, room):
                return f"{case.id}: {words}"
        return self._accepts(mutant)

    def _accepts(self, mutant: Loss) -> str:
        """Return which invalid input a mutant accepts though the original, which validates, does not."""
        if not self.declared.validates:
            return ""
        for name, case in _spoiled(self.cases[0]):
            if _raises(self.original, self.declared, case) and not _raises(mutant, self.declared, case):
                return f"it accepts {name}"
        return ""


def _answer(loss: Loss, declared: Declaration, case: Case, seconds: float | None) -> Answer:
    caller = Caller(lambda classes: loss, declared, seconds=seconds)
    values, rows = caller.values(case), list[list[float]]()
    if declared.grad is not None and case.gradient:
        rows = caller.gradients(case)
        if caller.differentiates:
            rows = [*rows, *(row for answer in caller.recorded(case) for row in answer.gradients)]
    if case.input == "probabilities":  # a constant is a convention (5.4)
        rows = [[x - sum(row) / len(row) for x in row] for row in rows]
    return Answer(values, [x for row in rows for x in row], f"{len(values)}, {len(rows)}")


def _rooms(case: Case, caller: Caller) -> tuple[list[Fraction], list[Fraction]]:
    samples = caller.samples(case)
    values = [_width(a) for a in allowed_values(samples, caller.declared, "any")]
    if not case.gradient or set(case.gradient) != caller.declared.expression.names:
        return values, []
    rows = [[_width(a) for a in allowed_gradient(sample.standard, "any")] for sample in samples]
    return values, [x for row in rows for x in row]


def _width(allowed: Allowed) -> Fraction:
    return allowed.range.hi - allowed.range.lo


def _differ(answer: Answer, right: Answer, rooms: tuple[list[Fraction], list[Fraction]]) -> str:
    """Return how two answers differ by more than both may err, or an empty string."""
    if answer.shape != right.shape:
        return f"shape {answer.shape}, not {right.shape}"
    if words := _apart(answer.values, right.values, rooms[0], 1):
        return f"value {words}"
    # Recorded calls repeat the rows, multiplied by gradients from above of at most this size.
    return (words := _apart(answer.gradients, right.gradients, rooms[1] * 2, 8)) and f"gradient {words}"


def _apart(a: list[float], b: list[float], rooms: list[Fraction], factor: int) -> str:
    for x, y, room in zip(a, b, rooms, strict=False):
        if isfinite(x) != isfinite(y) or (isfinite(x) and abs(Fraction(x) - Fraction(y)) > factor * room):
            return f"{x!r}, not {y!r}"
    return ""


def _spoiled(case: Case) -> Iterator[tuple[str, Case]]:
    """Yield invalid forms of a case."""
    first, *rest = case.predicted[0]
    rows: dict[str, Row] = {
        "NaN": (nan, *rest),
        "a negative number": (first - 2, *rest[:-1], *(x + 2 for x in rest[-1:])),
        "a sum of 2": (2 * first, *(2 * x for x in rest)),
        "a sum of 1 + 2^-8": (first + 2.0**-8, *rest),
    }
    for name, spoiled in rows.items():
        yield f"{name} in a prediction", replace(case, predicted=(spoiled, *case.predicted[1:]))
        if case.target:
            yield f"{name} in a target", replace(case, target=(spoiled, *case.target[1:]))


def _raises(loss: Loss, declared: Declaration, case: Case) -> bool:
    try:
        Caller(lambda classes: loss, declared).raw(case)
    except Exception:
        return True
    return False
