"""Rounding error bounds of the cross-entropy (specification 6.1, 7.3)."""

from fractions import Fraction
from math import inf

from emd_conformance._bounds import softmax
from emd_conformance._bounds.precision import Form, Precision, up
from emd_conformance._exact.interval import log
from emd_conformance._exact.numbers import Numbers


def value(p: Numbers, k: int, precision: Precision, form: Form = "any") -> Fraction:
    """Return the bound of -log p_k in any form; where p_k = 0 only infinity is right, and the bound is 0."""
    if p[k] == 0:
        return Fraction(0)
    return up(8 * precision.unit * float(log(Fraction(p[k]), 256).magnitude) + precision.tiny)


def simplex_gradient(p: Numbers, k: int, precision: Precision, form: Form = "any") -> Fraction:
    """Return the bound of every entry of g - mean(g), in any form."""
    return 8 * Fraction(precision.unit) / Fraction(p[k])


def gradient_size(p: Numbers, k: int, precision: Precision) -> Fraction:
    """Return 1 / p_k."""
    return 1 / Fraction(p[k])


def value_of_logits(z: Numbers, k: int, precision: Precision) -> Fraction:
    """Return the bound of log Σ e^{z_i} - z_k: η_k + e, and the rounding of numbers up to 2 max|z| + log C.

    Where z_k is -inf only infinity is right, and the bound is 0.
    """
    if z[k] == -inf:
        return Fraction(0)
    _, eta, e = softmax.probabilities(z, precision)
    size = softmax.largest_magnitude(z)
    return up(eta[k] + e + 4 * precision.unit * (2 * size + len(z)) + precision.tiny)


def gradient_of_logits(z: Numbers, k: int, precision: Precision) -> list[Fraction]:
    p, eta, _ = softmax.probabilities(z, precision)
    return [up(float(p_j) * eta_j + 2 * precision.unit + precision.tiny) for p_j, eta_j in zip(p, eta, strict=True)]
