"""The exact judgement of a row: how many error bounds an answer is off (specification, 7.3); wrong is more than 1."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, isfinite, isinf

from emd_conformance._declaration.expression import is_unlimited
from emd_conformance._exact.interval import Interval
from emd_conformance._judging.allowed import (
    FARTHEST,
    Allowed,
    allowed_gradient,
    allowed_value,
    allowed_values,
)
from emd_conformance._judging.conventions import completed, projected, undefined
from emd_conformance._judging.subgradients import optimality_gap
from emd_conformance._right.samples import Question


@dataclass(frozen=True)
class Verdict:
    """An answer beside the exact one, with the error bound; `off` is the error in bounds."""

    row: int
    place: str
    got: float
    exact: float
    bound: float
    off: float


def value(question: Question, i: int, received: float) -> Verdict:
    """Judge the value of a row."""
    (allowed,) = allowed_values([question.sample(i)], question.declared, "any")
    return _verdict(question, i, "", received, allowed)


def total(question: Question, received: float) -> Verdict:
    """Judge the mean or the sum of the values of all rows."""
    samples = [question.sample(i) for i in range(len(question.predicted))]
    (allowed,) = allowed_values(samples, question.declared, "any")
    return _verdict(question, 0, "", received, allowed)


def gradient(question: Question, i: int, received: Sequence[float]) -> Verdict:
    """Judge the gradient of a row: the entry that is most bounds off, or its optimality if it names the EMD."""
    sample, times = question.sample(i), len(question.predicted) if question.declared.reduction == "mean" else 1
    if allowed_value(sample.standard, "any").exact.magnitude > 2**2000:  # an infinite value has no gradient
        return Verdict(i, "", 0.0, 0.0, 0.0, 0.0)
    missing = [j for j, x in enumerate(received) if not isfinite(x)]
    allowed = [_scaled(a, times, question) for a in allowed_gradient(sample.standard, "any")]
    for j in missing:
        if j not in undefined(sample) and not _overflows(received[j], allowed[j], times, question):
            return Verdict(i, f", class {j},", received[j], _float(allowed[j].exact.middle / times), 0.0, inf)
    complete = completed(sample, received, (a.exact.middle / times for a in allowed))
    g = [x * times for x in projected(sample, complete)]
    if "W1" in question.declared.expression.names:
        gap, bound = (0.0, 1.0) if missing else optimality_gap(sample, g, roundings=int(times > 1), times=times)
        return Verdict(i, " (its optimality gap, 3.6)", gap, 0.0, bound, min(gap / bound, FARTHEST))
    if any(is_unlimited(a.range) for a in allowed):  # at a root of 0
        return Verdict(i, "", 0.0, 0.0, 0.0, 0.0)
    less = "" if question.from_logits else ", less its mean,"  # 5.4
    each = [_verdict(question, i, f", class {j}{less}", x, a) for j, (x, a) in enumerate(zip(g, allowed, strict=True))]
    return max(each, key=lambda verdict: verdict.off)


def _overflows(received: float, allowed: Allowed, times: int, question: Question) -> bool:
    """Whether an entry may be infinite, as the exact one is beyond the range (7.4).

    With respect to probabilities the exact gradient is less its mean, which takes up to a C-th of an entry.
    """
    C, exact, least = question.predicted.classes, allowed.exact.middle / times, question.declared.precision.largest
    if not question.from_logits:
        exact *= Fraction(C, C - 1) if C > 1 else 0
    return isinf(received) and abs(exact) >= least and (received > 0) == (exact > 0)


def _scaled(allowed: Allowed, times: int, question: Question) -> Allowed:
    """Allow a gradient that was divided by N, and rounded, as much again as that rounding, times N."""
    if times == 1:
        return allowed
    precision, size = question.declared.precision, allowed.range.magnitude
    room = 2 * max(Fraction(precision.output_unit) * size, times * Fraction(precision.least) / 2)
    return Allowed(allowed.exact, Interval(allowed.range.lo - room, allowed.range.hi + room))


def _verdict(question: Question, i: int, place: str, received: float | Fraction, allowed: Allowed) -> Verdict:
    middle, largest = allowed.exact.middle, Fraction(question.declared.precision.largest)
    room = max(allowed.range.hi - middle, middle - allowed.range.lo)
    if isfinite(received):
        off = allowed.ratio(Fraction(received))
    else:
        off = 0.0 if isinf(received) and received > 0 and allowed.range.hi > largest else inf
    return Verdict(i, place, _float(received), _float(middle), _float(room), off)


def _float(x: float | Fraction) -> float:
    try:
        return float(x)
    except OverflowError:
        return inf if x > 0 else -inf
