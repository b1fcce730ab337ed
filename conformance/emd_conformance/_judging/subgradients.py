"""Gradients of expressions that name the EMD, which are judged by the optimality of its subgradient (3.6).

What the other quantities of an expression add to the gradient is known exactly, and is subtracted first. A gradient
with respect to logits is p_j (g_j - <p, g>), so dividing it by p_j gives a subgradient g but for a constant. The error
that the bounds allow in a gradient is allowed in g.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from emd_conformance import _bounds, _exact
from emd_conformance._declaration.expression import UNLIMITED, is_unlimited
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.interval import Interval
from emd_conformance._judging.allowed import FARTHEST, Allowed, allowed_gradient, slopes
from emd_conformance._judging.quantities import exact

DETERMINED = Fraction(1, 2**40)  # the relative width of the enclosure of a probability by which can be divided


@dataclass(frozen=True)
class Subgradient:
    """A vector g that should be a subgradient of the EMD at p, up to a constant and to an error of each entry.

    `drift` is the excess of a sum that must be 0: that of a gradient with respect to logits, whatever the constant.
    """

    g: list[Fraction]
    off: list[Fraction]
    p: list[Fraction]
    drift: Fraction = Fraction(0)


def optimality_gap(sample: Sample, row: Sequence[Fraction], roundings: int, times: int) -> tuple[float, float]:
    """Return the optimality gap of a gradient, which is `projected`, and its bound.

    The bound holds for one rounding of the result; `roundings` are those of its products with weights and shares, of
    numbers that were `times` smaller.
    """
    precision, largest = sample.declared.precision, 2 * Fraction(sample.ground.farthest(sample.case.classes))
    others, slope = allowed_gradient(sample.standard, "any"), slopes(sample.standard, "any")["W1"]
    if is_unlimited(slope):  # a root has no derivative at 0 (5.6)
        return 0.0, 1.0
    extra = [roundings * times * precision.half_step(abs(x) / times) for x in row]
    if slope.lo <= 0 <= slope.hi:  # the square of the EMD has a gradient near 0 where the EMD is near 0
        rooms = [slope.magnitude * largest + x for x in extra]
        wide = [Allowed(a.exact, Interval(a.range.lo - b, a.range.hi + b)) for a, b in zip(others, rooms, strict=True)]
        return max((a.ratio(x) for a, x in zip(wide, row, strict=True)), default=0.0), 1.0
    unsure = (slope.hi - slope.lo) / 2 * largest
    rest = [(x - a.exact.middle) / slope.middle for x, a in zip(row, others, strict=True)]
    off = [(_room(a) + unsure + b) / abs(slope.middle) for a, b in zip(others, extra, strict=True)]
    gap, bound = _gap(sample, _free(sample, rest, off))
    return float(min(gap / bound, Fraction(FARTHEST)) * bound), float(bound)


def _room(allowed: Allowed) -> Fraction:
    return max(allowed.range.hi - allowed.exact.middle, allowed.exact.middle - allowed.range.lo)


def _free(sample: Sample, h: list[Fraction], off: list[Fraction]) -> Subgradient:
    """Return the gradient with respect to p for a projected one with respect to the input."""
    if sample.encoding is not None:
        return _through_exponentials(sample, h, off)
    p = [Fraction(x) for x in sample.x]
    if sample.declared.form != "probabilities":
        h = h if sample.declared.input == "cdf" else [-x for x in h]
        off = [x + sample.declared.precision.half_step(abs(y)) for x, y in zip(off, h, strict=True)]
        h, off = _tails(h), _tails(off)
    return Subgradient(h, off, p)


def _tails(values: Sequence[Fraction]) -> list[Fraction]:
    """Return Σ_{k>=j} v_k, the inverse of g_k - g_{k+1} with g_C = 0."""
    return list(accumulate(reversed([*values, Fraction(0)])))[::-1]


def _through_exponentials(sample: Sample, h: list[Fraction], off: list[Fraction]) -> Subgradient:
    """Divide by p; where p_j underflows, g_j is not determined, and only p_j g_j = 0 can be judged."""
    precision, largest = sample.declared.precision, 2 * Fraction(sample.ground.farthest(sample.case.classes))
    rounding = _bounds.emd.gradient_of_logits(sample.x, sample.ground, precision, sample.encoding or "logits")
    off = [a + b + precision.half_step(abs(x)) for a, b, x in zip(off, rounding, h, strict=True)]
    drift = max(abs(sum(h, Fraction(0))) - sum(off, Fraction(0)), Fraction(0))
    p, result = _exact.softmax.probabilities(sample.x), Subgradient([], [], [], drift)
    for p_j, h_j, off_j in zip(p, h, off, strict=True):
        determined = p_j.lo > 0 and p_j.hi - p_j.lo <= DETERMINED * p_j.lo
        middle = p_j.middle if determined else Fraction(0)
        result.p.append(middle)
        result.g.append(h_j / middle if determined else max(abs(h_j) - off_j, Fraction(0)) * UNLIMITED)
        result.off.append(off_j / middle if determined else largest)
    return result


def _gap(sample: Sample, s: Subgradient) -> tuple[Fraction, Fraction]:
    """Return the optimality gap (3.6) and its bound."""
    centre = (max(s.g) + min(s.g)) / 2  # unequal masses would multiply a constant
    g, value = [x - centre for x in s.g], exact(sample.standard, "W1").middle
    gap = _exact.emd.subgradient_gap(g, s.p, sample.target, sample.case.ground, s.off, value)
    bound = _bounds.emd.subgradient_gap(s.p, sample.target, sample.ground, sample.declared.precision)
    if sample.encoding is not None:
        bound += _bounds.emd.carried(sample.x, sample.ground, sample.declared.precision, sample.encoding)
    return max(gap, Fraction(0)) + s.drift, bound
