"""Rounding error bounds of the cross-entropy (specification 6.1, 7.3).

A label is a sum of one term. The sum of a soft target adds its own roundings, γ_C, and formulas that count the mass of
the target as 1 differ by its error.
"""

from fractions import Fraction
from math import inf

from emd_conformance._bounds import softmax
from emd_conformance._bounds.precision import Form, Precision, up
from emd_conformance._exact.interval import log
from emd_conformance._exact.numbers import Numbers, fractions
from emd_conformance._exact.softmax import Encoding


def value(p: Numbers, t: Numbers, precision: Precision, form: Form = "any") -> Fraction:
    """Return (8 u + γ_C) Σ t_j |log p_j| in any form; where the value is infinite, it is 0."""
    pairs = [(p_j, t_j) for p_j, t_j in zip(p, t, strict=True) if t_j]
    if any(p_j == 0 for p_j, _ in pairs):
        return Fraction(0)
    size = sum(float(t_j) * float(log(Fraction(p_j), 64).magnitude) for p_j, t_j in pairs)
    return up((8 * precision.unit + _summation(t, precision)) * size + len(pairs) * precision.tiny)


def simplex_gradient(p: Numbers, t: Numbers, precision: Precision, form: Form = "any") -> Fraction:
    """Return the bound of every entry of g - mean(g), in any form."""
    return 8 * Fraction(precision.unit) * gradient_size(p, t, precision)


def gradient_size(p: Numbers, t: Numbers, precision: Precision) -> Fraction:
    """Return max t_j / p_j."""
    return max(Fraction(t_j) / Fraction(p_j) for p_j, t_j in zip(p, t, strict=True) if t_j)


def value_of_logits(x: Numbers, t: Numbers, precision: Precision, encoding: Encoding = "logits") -> Fraction:
    """Return the bound of Σ t_j (log Σ e^{x_i} - x_j): Σ t η + e, and roundings of 2 max|x| + log C.

    Where the value is infinite, the bound is 0.
    """
    if any(x_j == -inf and t_j for x_j, t_j in zip(x, t, strict=True)):
        return Fraction(0)
    q = softmax.probabilities(x, precision, encoding)
    carried = sum(float(t_j) * eta_j for t_j, eta_j in zip(t, q.eta, strict=True)) + q.e + q.mismatch
    rounding = 4 * precision.unit + _summation(t, precision) + (softmax.mass_error(t) if _soft(t) else 0.0)
    size = 2 * softmax.largest_magnitude(x) + len(x)
    return up(carried + rounding * size + precision.tiny)


def gradient_of_logits(x: Numbers, t: Numbers, precision: Precision, encoding: Encoding = "logits") -> list[Fraction]:
    """Return the bound of p_j Σ t - t_j; for logarithms of probabilities also that of -t_j + p_j Σ t (5.7)."""
    q = softmax.probabilities(x, precision, encoding)
    shared = _summation(t, precision) + (softmax.mass_error(t) if _soft(t) else 0.0)
    if encoding == "log-probabilities":
        shared += q.e + q.left + 8 * precision.unit
    return [
        up(error + float(p_j) * shared + q.left * float(t_j) + 2 * precision.unit + precision.tiny)
        for error, p_j, t_j in zip(q.errors, q.p, t, strict=True)
    ]


def _summation(t: Numbers, precision: Precision) -> float:
    return precision.gamma(len(t)) if _soft(t) else 0.0


def _soft(t: Numbers) -> bool:
    return [x for x in fractions(t) if x] != [1]
