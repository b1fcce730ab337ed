"""Enclosures of the cross-entropy of a distribution t, and of its gradient (specification 6.1, 6.4)."""

from collections.abc import Sequence
from fractions import Fraction
from math import inf

from emd_conformance._exact import softmax
from emd_conformance._exact.interval import INFINITY, Interval, enclose, log, sharpen, total
from emd_conformance._exact.numbers import Number, Numbers
from emd_conformance._exact.softmax import Encoding


def value(p: Numbers, t: Numbers) -> Interval:
    """Return -Σ t_j log p_j with 0 log 0 = 0: infinite where p_j = 0 < t_j (6.1)."""
    pairs = _counted(p, t)
    if any(p_j == 0 for p_j, _ in pairs):
        return INFINITY
    return sharpen(lambda bits: [total([-log(Fraction(p_j), bits) * Fraction(t_j) for p_j, t_j in pairs])])[0]


def gradient(p: Numbers, t: Numbers) -> list[Interval]:
    """Return -t_j / p_j, and 0 where t_j = 0 (6.4)."""
    return [enclose(-Fraction(t_j) / Fraction(p_j) if t_j else 0) for p_j, t_j in zip(p, t, strict=True)]


def value_of_logits(x: Numbers, t: Numbers, encoding: Encoding = "logits") -> Interval:
    """Return Σ t_j (log Σ e^{x_i} - x_j); for logarithms of probabilities -Σ t_j x_j."""
    pairs = _counted(x, t)
    if any(x_j == -inf for x_j, _ in pairs):
        return INFINITY
    shared = sum((Fraction(t_j) * Fraction(x_j) for x_j, t_j in pairs), Fraction(0))
    if encoding == "log-probabilities":
        return enclose(-shared)
    mass, top = sum((Fraction(t_j) for _, t_j in pairs), Fraction(0)), Fraction(max(x))
    return sharpen(lambda bits: [softmax.log_total(x, bits) * mass + (top * mass - shared)])[0]


def gradient_of_logits(x: Numbers, t: Numbers, encoding: Encoding = "logits") -> list[Interval]:
    """Return p_j Σ t - t_j (6.4)."""
    mass = sum((Fraction(t_j) for t_j in t), Fraction(0))
    rows = list(zip(range(len(x)), t, strict=True))

    def gradient(bits: int) -> list[Interval]:
        p = softmax.enclosed(x, bits, encoding)
        return [p[j] * mass - Fraction(t_j) for j, t_j in rows]

    return sharpen(gradient)


def _counted(x: Numbers, t: Numbers) -> Sequence[tuple[Number, Number]]:
    """Return the pairs (x_j, t_j) that the sum over t_j counts."""
    return [(x_j, t_j) for x_j, t_j in zip(x, t, strict=True) if t_j]
