"""The exact penalty of the cross-entropy and its gradients (specification 6.2, 6.4).

A power with a real exponent is not rational, so the answers are enclosures.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._exact import softmax
from emd_conformance._exact.grounds import Ground, distances
from emd_conformance._exact.interval import Interval, enclose, exp, log, sharpen, total
from emd_conformance._exact.numbers import Number


def value(p: Sequence[Number], k: int, ground: Ground, exponent: Number = 1, bias: Number = 0) -> Interval:
    """Return R = Σ_i p_i² (G_ik^ω + μ) (6.2) for any real exponent."""

    def value(bits: int) -> list[Interval]:
        return [
            total(
                [f * Fraction(x) ** 2 for x, f in zip(p, factors(k, len(p), ground, exponent, bias, bits), strict=True)]
            )
        ]

    return sharpen(value)[0]


def gradient(p: Sequence[Number], k: int, ground: Ground, exponent: Number = 1, bias: Number = 0) -> list[Interval]:
    """Return ∂R/∂p_i = 2 p_i (G_ik^ω + μ) (6.4)."""

    def gradient(bits: int) -> list[Interval]:
        return [f * (2 * Fraction(x)) for x, f in zip(p, factors(k, len(p), ground, exponent, bias, bits), strict=True)]

    return sharpen(gradient)


def value_of_logits(z: Sequence[Number], k: int, ground: Ground, exponent: Number = 1, bias: Number = 0) -> Interval:
    """Return R(softmax(z), k)."""

    def value(bits: int) -> list[Interval]:
        p = softmax.enclosed(z, bits)
        return [total([f * (x * x) for x, f in zip(p, factors(k, len(z), ground, exponent, bias, bits), strict=True)])]

    return sharpen(value)[0]


def gradient_of_logits(
    z: Sequence[Number], k: int, ground: Ground, exponent: Number = 1, bias: Number = 0
) -> list[Interval]:
    """Return ∂R/∂z (5.5, 6.4)."""

    def gradient(bits: int) -> list[Interval]:
        p = softmax.enclosed(z, bits)
        g = [f * x * 2 for x, f in zip(p, factors(k, len(z), ground, exponent, bias, bits), strict=True)]
        return softmax.chain(p, g)

    return sharpen(gradient)


def factors(k: int, classes: int, ground: Ground, exponent: Number, bias: Number, bits: int) -> list[Interval]:
    """Return G_ik^ω + μ."""
    return [_power(row[k], Fraction(exponent), bits) + Fraction(bias) for row in distances(ground, classes)]


def _power(x: Fraction, exponent: Fraction, bits: int) -> Interval:
    if exponent.denominator == 1 or x in (0, 1):
        return enclose(x ** int(exponent) if x not in (0, 1) else x)
    return exp(log(x, bits) * exponent, bits)


def rational_value(p: Sequence[Number], k: int, ground: Ground, exponent: int = 1, bias: Number = 0) -> Fraction:
    """Return R = Σ_i p_i² (G_ik^ω + μ) (6.2) for an integer exponent."""
    factors = _rational_factors(len(p), k, ground, exponent, bias)
    return sum((Fraction(p_i) ** 2 * f_i for p_i, f_i in zip(p, factors, strict=True)), Fraction(0))


def rational_gradient(
    p: Sequence[Number], k: int, ground: Ground, exponent: int = 1, bias: Number = 0
) -> list[Fraction]:
    """Return ∂R/∂p_i = 2 p_i (G_ik^ω + μ) (6.4) for an integer exponent."""
    factors = _rational_factors(len(p), k, ground, exponent, bias)
    return [2 * Fraction(p_i) * f_i for p_i, f_i in zip(p, factors, strict=True)]


def _rational_factors(classes: int, k: int, ground: Ground, exponent: int, bias: Number) -> list[Fraction]:
    mu = Fraction(bias)
    return [Fraction(row[k] ** exponent) + mu for row in distances(ground, classes)]
