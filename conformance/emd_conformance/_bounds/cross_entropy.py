"""Rounding error bounds of the cross-entropy (specification 6.1, 7.3)."""

from fractions import Fraction

from emd_conformance._bounds import softmax
from emd_conformance._bounds.precision import Precision, up
from emd_conformance._exact.interval import log
from emd_conformance._exact.numbers import Numbers


def value(p: Numbers, k: int, precision: Precision) -> Fraction:
    """Return the bound of -log p_k; where p_k = 0 only infinity is right, and the bound is 0."""
    if p[k] == 0:
        return Fraction(0)
    return up(8 * precision.unit * float(log(Fraction(p[k]), 256).magnitude) + precision.tiny)


def value_of_logits(z: Numbers, k: int, precision: Precision) -> Fraction:
    """Return the bound of log Σ e^{z_i} - z_k: η_k + e, and the rounding of numbers up to 2 max|z| + log C."""
    _, eta, e = softmax.probabilities(z, precision)
    size = max(abs(float(x)) for x in z)
    return up(eta[k] + e + 4 * precision.unit * (2 * size + len(z)) + precision.tiny)


def gradient_of_logits(z: Numbers, k: int, precision: Precision) -> list[Fraction]:
    """Return the bound of p - e_k."""
    p, eta, _ = softmax.probabilities(z, precision)
    return [up(float(p_j) * eta_j + 2 * precision.unit + precision.tiny) for p_j, eta_j in zip(p, eta, strict=True)]
