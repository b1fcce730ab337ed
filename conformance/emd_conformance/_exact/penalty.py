"""The exact penalty of the cross-entropy and its gradients (specification 6.2, 6.4).

A power with a real exponent is not rational, so the answers are intervals; an integer exponent gives intervals of one
point, unless softmax enters.
"""

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._exact import softmax
from emd_conformance._exact.grounds import Ground, distances
from emd_conformance._exact.interval import Interval, enclose, exp, log, sharpen, total
from emd_conformance._exact.numbers import Number, Numbers, fractions


def value(p: Numbers, k: int, ground: Ground, exponent: Number = 1, bias: Number = 0) -> Interval:
    """Return R = Σ_i p_i² (G_ik^ω + μ) (6.2)."""
    P = [enclose(x) for x in fractions(p)]
    return sharpen(lambda bits: [_sum(P, factors(k, len(p), ground, exponent, bias, bits))])[0]


def gradient(p: Numbers, k: int, ground: Ground, exponent: Number = 1, bias: Number = 0) -> list[Interval]:
    """Return ∂R/∂p_i = 2 p_i (G_ik^ω + μ) (6.4)."""
    P = [enclose(x) for x in fractions(p)]
    return sharpen(lambda bits: _slopes(P, factors(k, len(p), ground, exponent, bias, bits)))


def value_of_logits(z: Numbers, k: int, ground: Ground, exponent: Number = 1, bias: Number = 0) -> Interval:
    """Return R(softmax(z), k)."""
    return sharpen(lambda bits: [_sum(softmax.enclosed(z, bits), factors(k, len(z), ground, exponent, bias, bits))])[0]


def gradient_of_logits(z: Numbers, k: int, ground: Ground, exponent: Number = 1, bias: Number = 0) -> list[Interval]:
    """Return ∂R/∂z (5.5, 6.4)."""

    def gradient(bits: int) -> list[Interval]:
        p = softmax.enclosed(z, bits)
        return softmax.chain(p, _slopes(p, factors(k, len(z), ground, exponent, bias, bits)))

    return sharpen(gradient)


def factors(k: int, classes: int, ground: Ground, exponent: Number, bias: Number, bits: int = 256) -> list[Interval]:
    """Return G_ik^ω + μ."""
    return [_power(row[k], Fraction(exponent), bits) + Fraction(bias) for row in distances(ground, classes)]


def _sum(p: Sequence[Interval], factors: Sequence[Interval]) -> Interval:
    return total([f * (x * x) for x, f in zip(p, factors, strict=True)])


def _slopes(p: Sequence[Interval], factors: Sequence[Interval]) -> list[Interval]:
    return [f * x * 2 for x, f in zip(p, factors, strict=True)]


def _power(x: Fraction, exponent: Fraction, bits: int) -> Interval:
    if x in (0, 1):
        return enclose(x)
    if exponent.denominator == 1:
        return enclose(x ** int(exponent))
    return exp(log(x, bits) * exponent, bits)
