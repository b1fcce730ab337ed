"""Rounding error bounds of the penalty of the cross-entropy (specification 6.2, 7.3)."""

from fractions import Fraction

from emd_conformance import _exact
from emd_conformance._bounds import softmax
from emd_conformance._bounds.precision import Form, Precision, up
from emd_conformance._exact.grounds import Ground, distances
from emd_conformance._exact.interval import log
from emd_conformance._exact.numbers import Number, Numbers, fractions


def value(
    p: Numbers, k: int, ground: Ground, exponent: Number, bias: Number, precision: Precision, form: Form = "any"
) -> Fraction:
    """Return γ_{C+24+4ω|log G|} Σ p_i² (G_ik^ω + |μ|): the power of a library may round ω log G on the way."""
    size = _exact.penalty.value(p, k, ground, exponent, abs(Fraction(bias))).hi
    return up(_relative_error(k, len(p), ground, exponent, precision) * float(size) + 4 * len(p) * precision.tiny)


def gradient(
    p: Numbers, k: int, ground: Ground, exponent: Number, bias: Number, precision: Precision
) -> list[Fraction]:
    """Return γ_{C+24+4ω|log G|} 2 p_i (G_ik^ω + |μ|)."""
    factors = _largest_factors(k, len(p), ground, exponent, bias)
    rounding = _relative_error(k, len(p), ground, exponent, precision)
    return [up(rounding * 2 * float(p_i) * float(f) + 4 * precision.tiny) for p_i, f in zip(p, factors, strict=True)]


def simplex_gradient(
    p: Numbers, k: int, ground: Ground, exponent: Number, bias: Number, precision: Precision, form: Form = "any"
) -> Fraction:
    """Return the bound of every entry of g - mean(g), in any form."""
    return 4 * max(gradient(p, k, ground, exponent, bias, precision))


def gradient_size(p: Numbers, k: int, ground: Ground, exponent: Number, bias: Number, precision: Precision) -> Fraction:
    """Return max 2 p_i (G_ik^ω + |μ|)."""
    factors = _largest_factors(k, len(p), ground, exponent, bias)
    return max(2 * p_i * f for p_i, f in zip(fractions(p), factors, strict=True))


def value_of_logits(
    z: Numbers, k: int, ground: Ground, exponent: Number, bias: Number, precision: Precision
) -> Fraction:
    """Return the bound of R(softmax(z), k): twice the relative error of p_i in each term, and its rounding."""
    p, eta, _ = softmax.probabilities(z, precision)
    factors = _largest_factors(k, len(p), ground, exponent, bias)
    carried = sum(3 * h * float(x) ** 2 * float(f) for h, x, f in zip(eta, p, factors, strict=True))
    return value(p, k, ground, exponent, bias, precision) + up(carried)


def gradient_of_logits(
    z: Numbers, k: int, ground: Ground, exponent: Number, bias: Number, precision: Precision
) -> list[Fraction]:
    """Return the bound of ∂R/∂z, as for the squared EMD with g = ∂R/∂p."""
    p, eta, e = softmax.probabilities(z, precision)
    factors = _largest_factors(k, len(p), ground, exponent, bias)
    sizes = [2 * float(x * f) for x, f in zip(p, factors, strict=True)]
    rounding = _relative_error(k, len(p), ground, exponent, precision)
    error = max(size * (rounding + 2 * h) for size, h in zip(sizes, eta, strict=True))
    return softmax.chained(p, eta, e, error, max(sizes) + error, precision)


def _largest_factors(k: int, classes: int, ground: Ground, exponent: Number, bias: Number) -> list[Fraction]:
    """Return G_ik^ω + |μ|, rounded up."""
    return [f.hi for f in _exact.penalty.factors(k, classes, ground, exponent, abs(Fraction(bias)))]


def _relative_error(k: int, classes: int, ground: Ground, exponent: Number, precision: Precision) -> float:
    logs = [abs(float(log(row[k], 64).middle)) for row in distances(ground, classes) if row[k] > 0]
    return precision.gamma(classes + 24 + int(4 * abs(float(exponent)) * max(logs, default=0.0)))
