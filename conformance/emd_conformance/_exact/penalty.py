"""The exact penalty of the cross-entropy and its gradients (specification 6.2, 6.4).

A power with a real exponent is not rational, so the answers are intervals; an integer exponent gives intervals of one
point, unless softmax enters.
"""

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._exact import softmax
from emd_conformance._exact.grounds import Ground
from emd_conformance._exact.interval import Interval, enclose, exp, log, sharpen, total
from emd_conformance._exact.numbers import Number, Numbers, fractions
from emd_conformance._exact.softmax import Encoding


def value(p: Numbers, t: Numbers, ground: Ground, exponent: Number = 1, bias: Number = 0) -> Interval:
    """Return R = Σ_i p_i² Σ_k t_k (G_ik^ω + μ) (6.2)."""
    P = [enclose(x) for x in fractions(p)]
    return sharpen(lambda bits: [_sum(P, factors(t, ground, exponent, bias, bits))])[0]


def gradient(p: Numbers, t: Numbers, ground: Ground, exponent: Number = 1, bias: Number = 0) -> list[Interval]:
    """Return ∂R/∂p_i = 2 p_i Σ_k t_k (G_ik^ω + μ) (6.4)."""
    P = [enclose(x) for x in fractions(p)]
    return sharpen(lambda bits: _slopes(P, factors(t, ground, exponent, bias, bits)))


def value_of_logits(
    x: Numbers, t: Numbers, ground: Ground, exponent: Number = 1, bias: Number = 0, encoding: Encoding = "logits"
) -> Interval:
    """Return R(softmax(x), t), or R(exp(x), t)."""

    def value(bits: int) -> list[Interval]:
        return [_sum(softmax.enclosed(x, bits, encoding), factors(t, ground, exponent, bias, bits))]

    return sharpen(value)[0]


def gradient_of_logits(
    x: Numbers, t: Numbers, ground: Ground, exponent: Number = 1, bias: Number = 0, encoding: Encoding = "logits"
) -> list[Interval]:
    """Return p_i (g_i - <p, g>) for g = ∂R/∂p (5.5, 6.4)."""

    def gradient(bits: int) -> list[Interval]:
        p = softmax.enclosed(x, bits, encoding)
        return softmax.chain(p, _slopes(p, factors(t, ground, exponent, bias, bits)))

    return sharpen(gradient)


def factors(t: Numbers, ground: Ground, exponent: Number, bias: Number, bits: int = 256) -> list[Interval]:
    """Return Σ_k t_k (G_ik^ω + μ)."""
    masses = fractions(t)
    shift = Fraction(bias) * sum(masses, Fraction(0))
    if exponent == 1:
        costs, n = ground.times(masses)
        return [enclose(x / n + shift) for x in costs]
    columns = [
        [_power(x, Fraction(exponent), bits) * mass for x in ground.nearest({k: Fraction(0)}, len(masses))]
        for k, mass in enumerate(masses)
        if mass
    ]
    return [total(row) + shift for row in zip(*columns, strict=True)]


def _sum(p: Sequence[Interval], factors: Sequence[Interval]) -> Interval:
    return total([f * (x * x) for x, f in zip(p, factors, strict=True)])


def _slopes(p: Sequence[Interval], factors: Sequence[Interval]) -> list[Interval]:
    return [f * x * 2 for x, f in zip(p, factors, strict=True)]


def _power(x: Fraction, exponent: Fraction, bits: int) -> Interval:
    if not x:
        return enclose(x)
    if exponent.denominator == 1:
        return enclose(x ** int(exponent))
    return exp(log(x, bits) * exponent, bits)
