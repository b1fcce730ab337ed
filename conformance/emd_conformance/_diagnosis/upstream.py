"""What a backward pass does with the gradient from above, if the gradient is right only where that is 1."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import isfinite
from typing import TypeAlias

from emd_conformance._calling.caller import Caller, Recorded
from emd_conformance._cases.case import Case
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._diagnosis.terms import centred, mean
from emd_conformance._exact.numbers import fractions
from emd_conformance._judging.check import FROM_ABOVE, RECORDED
from emd_conformance._judging.result import Finding, Result

Factors: TypeAlias = list[Fraction]
AVERAGE = "every sample gets their mean"
USES: dict[str, Callable[[Factors], Factors]] = {
    AVERAGE: lambda u: [mean(u)] * len(u),
    "every sample gets their sum": lambda u: [sum(u, Fraction(0))] * len(u),
    "every sample gets the first of them": lambda u: [u[0]] * len(u),
    "every sample gets the last of them": lambda u: [u[-1]] * len(u),
    "every sample gets the largest of them": lambda u: [max(u)] * len(u),
    "the samples get them in reverse order": lambda u: u[::-1],
    "they are squared": lambda u: [x * x for x in u],
    "they lose their signs": lambda u: [abs(x) for x in u],
    "only their signs are used": lambda u: [Fraction((x > 0) - (x < 0)) for x in u],
    "negative ones are taken for 0": lambda u: [max(x, Fraction(0)) for x in u],
    "they are clipped to [-1, 1]": lambda u: [min(max(x, Fraction(-1)), Fraction(1)) for x in u],
}


def explain_from_above(caller: Caller, cases: Sequence[Case], results: Sequence[Result]) -> Finding | None:
    """Return the finding for gradients of which none is wrong with 1 from above, or None if there are others."""
    failed = {result.case: result for result in results if result.failed}
    if not failed or not caller.differentiates:
        return None
    if all(_value_differs(caller, case) for case in cases if case.id in failed):
        return finding("value-while-recorded")
    messages = [result.message for result in failed.values()]
    if all(message.startswith(RECORDED) for message in messages):
        return finding("value-while-recorded")
    if not all(message.startswith(FROM_ABOVE) for message in messages):
        return _their_sum(caller, [case for case in cases if case.id in failed])
    asked = [_ask(caller, case) for case in cases if case.id in failed]
    if all(answers and all(_matches(caller, *answer, lambda u: u) for answer in answers) for answers in asked):
        return finding("gradient-of-another-call")
    for id, note, use in (
        ("gradient-upstream-ignored", "", lambda u: [Fraction(1)] * len(u)),
        *(("gradient-upstream-wrong", note, use) for note, use in USES.items()),
    ):
        if all(answers and all(_matches(caller, *answer, use) for answer in answers) for answers in asked):
            return finding(id, note)
    return finding("gradient-upstream-wrong")


def _their_sum(caller: Caller, cases: Sequence[Case]) -> Finding | None:
    """Return the finding that each sample gets the sum of those from above, which is their number where they are 1."""
    if caller.declared.reduction != "none" or not any(len(case.predicted) > 1 for case in cases):
        return None
    asked = [_ask(caller, case) for case in cases if len(case.predicted) > 1]
    nothing = not any(x for answers in asked for _, rows in answers for row in rows for x in row)
    if not nothing and all(
        answers and all(_matches(caller, *answer, USES[AVERAGE]) for answer in answers) for answers in asked
    ):
        return finding("gradient-upstream-summed")
    return None


def _value_differs(caller: Caller, case: Case) -> bool:
    """Tell whether the value of a recorded call is not that of a plain one."""
    try:
        pairs = zip([x for a in caller.recorded_alone(case) for x in a.values], caller.values(case), strict=True)
        return any(abs(x - y) > 64 * caller.declared.precision.coarser * (1 + abs(y)) for x, y in pairs)
    except Exception:  # the check of the case has reported it
        return False


def _ask(caller: Caller, case: Case) -> list[tuple[Recorded, list[list[float]]]]:
    """Return what every call of a case gives when it is recorded, and the gradients with 1 from above."""
    try:
        parts = caller.calls(case)
        return [(caller.recorded_alone(part)[0], caller.gradients(part)) for part in parts]
    except Exception:  # the check of the case has reported it
        return []


def _matches(caller: Caller, answer: Recorded, rows: list[list[float]], use: Callable[[Factors], Factors]) -> bool:
    """Tell whether the recorded gradients are the plain ones, multiplied by what is made of those from above."""
    if not all(isfinite(x) for row in (*answer.gradients, *rows) for x in row):
        return False
    above = [Fraction(answer.above_of(i)) for i in range(len(rows))]
    wanted = [[factor * x for x in fractions(row)] for factor, row in zip(use(above), rows, strict=True)]
    received = [fractions(row) for row in answer.gradients]
    if caller.declared.input == "probabilities":
        wanted, received = list(map(centred, wanted)), list(map(centred, received))
    pairs = [(a, b) for x, y in zip(wanted, received, strict=True) for a, b in zip(x, y, strict=True)]
    room = Fraction(caller.declared.precision.output_unit) * 64 * max((abs(a) for a, _ in pairs), default=Fraction(0))
    return all(abs(a - b) <= room for a, b in pairs)
