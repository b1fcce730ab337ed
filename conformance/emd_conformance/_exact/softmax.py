"""Enclosures of softmax, and the chain rule through it (specification 5.5)."""

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._exact.interval import Interval, exp, log, sharpen, total
from emd_conformance._exact.numbers import Numbers, fractions


def probabilities(z: Numbers) -> list[Interval]:
    """Return e^{z_j} / Σ e^{z_i}."""
    return sharpen(lambda bits: enclosed(z, bits))


def chain(p: Sequence[Interval], g: Sequence[Interval]) -> list[Interval]:
    """Return p_j (g_j - <p, g>), the gradient with respect to the logits for a gradient g with respect to p (5.5)."""
    mean = total([p_j * g_j for p_j, g_j in zip(p, g, strict=True)])
    return [p_j * (g_j - mean) for p_j, g_j in zip(p, g, strict=True)]


def enclosed(z: Numbers, bits: int) -> list[Interval]:
    """Return softmax(z), computed with this many bits."""
    top = max(fractions(z))
    powers = [exp(Fraction(x) - top, bits) for x in z]
    mass = total(powers)
    return [(x / mass).rounded(bits) for x in powers]


def log_total(z: Numbers, bits: int) -> Interval:
    """Return log Σ e^{z_i - max z}."""
    top = max(fractions(z))
    return log(total([exp(Fraction(x) - top, bits) for x in z]), bits)


def differences(z: Numbers, t: Numbers, bits: int) -> list[Interval]:
    return [p_j - Fraction(t_j) for p_j, t_j in zip(enclosed(z, bits), t, strict=True)]
