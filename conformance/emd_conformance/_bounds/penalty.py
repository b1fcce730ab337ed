"""Rounding error bounds of the penalty of the cross-entropy (specification 6.2, 7.3)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance import _exact
from emd_conformance._bounds import softmax
from emd_conformance._bounds.cuts import up
from emd_conformance._bounds.precision import Precision
from emd_conformance._exact.grounds import Ground
from emd_conformance._exact.interval import log
from emd_conformance._exact.numbers import Number, fractions


def value(
    p: Sequence[Number], k: int, ground: Ground, precision: Precision, exponent: Number = 1, bias: Number = 0
) -> Fraction:
    """Return γ_{C+24+4ω|log G|} Σ p_i² (G_ik^ω + |μ|): the power of a library may round ω log G on the way."""
    size = _exact.penalty.value(p, k, ground, exponent, abs(Fraction(bias))).hi
    return up(precision.gamma(_operations(k, len(p), ground, exponent)) * float(size) + 4 * len(p) * precision.tiny)


def gradient(
    p: Sequence[Number], k: int, ground: Ground, precision: Precision, exponent: Number = 1, bias: Number = 0
) -> list[Fraction]:
    """Return γ_{24+log} 2 p_i (G_ik^ω + |μ|)."""
    sizes = [x.hi for x in _exact.penalty.factors(k, len(p), ground, exponent, abs(Fraction(bias)), 256)]
    rounding = precision.gamma(_operations(k, len(p), ground, exponent))
    return [up(rounding * 2 * float(p_i) * float(f) + 4 * precision.tiny) for p_i, f in zip(p, sizes, strict=True)]


def gradient_size(p: Sequence[Number], k: int, ground: Ground, exponent: Number = 1, bias: Number = 0) -> Fraction:
    """Return max 2 p_i (G_ik^ω + |μ|)."""
    sizes = _exact.penalty.factors(k, len(p), ground, exponent, abs(Fraction(bias)), 256)
    return max(2 * p_i * f.hi for p_i, f in zip(fractions(p), sizes, strict=True))


def value_of_logits(
    z: Sequence[Number], k: int, ground: Ground, precision: Precision, exponent: Number = 1, bias: Number = 0
) -> Fraction:
    """Return the bound of R(softmax(z), k): twice the relative error of p_i in each term, and its rounding."""
    p, eta, _ = softmax.probabilities(z, precision)
    sizes = [x.hi for x in _exact.penalty.factors(k, len(p), ground, exponent, abs(Fraction(bias)), 256)]
    carried = sum(3 * h * float(x) ** 2 * float(f) for h, x, f in zip(eta, p, sizes, strict=True))
    return value(p, k, ground, precision, exponent, bias) + up(carried)


def gradient_of_logits(
    z: Sequence[Number], k: int, ground: Ground, precision: Precision, exponent: Number = 1, bias: Number = 0
) -> list[Fraction]:
    """Return the bound of ∂R/∂z, as for the squared EMD with g = ∂R/∂p."""
    p, eta, e = softmax.probabilities(z, precision)
    sizes = [
        2 * float(x * f.hi)
        for x, f in zip(p, _exact.penalty.factors(k, len(p), ground, exponent, abs(Fraction(bias)), 256), strict=True)
    ]
    rounding = precision.gamma(_operations(k, len(p), ground, exponent))
    error = max(size * (rounding + 2 * h) for size, h in zip(sizes, eta, strict=True))
    return softmax.chained(p, eta, e, error, max(sizes) + error, precision)


def _operations(k: int, classes: int, ground: Ground, exponent: Number) -> int:
    logs = [abs(float(log(f, 64).middle)) for f in _column(k, classes, ground) if f > 0]
    return classes + 24 + int(4 * abs(float(exponent)) * max(logs, default=0.0))


def _column(k: int, classes: int, ground: Ground) -> list[Fraction]:
    return [x.lo for x in _exact.penalty.factors(k, classes, ground, 1, 0, 64)]
