"""Enclosures of softmax and of exponentials, and the chain rule through them (specification 5.5, 5.7).

A logit of -inf is a class of probability exactly 0 (8.2).
"""

from collections.abc import Sequence
from fractions import Fraction
from math import inf
from typing import Literal, TypeAlias

from emd_conformance._exact import ordinal
from emd_conformance._exact.interval import Interval, enclose, exp, log, sharpen, total
from emd_conformance._exact.numbers import Numbers

# How numbers of any sign stand for probabilities.
Encoding: TypeAlias = Literal["logits", "log-probabilities", "cumulative-logits", "conditional-logits"]


def probabilities(z: Numbers, encoding: Encoding = "logits") -> list[Interval]:
    """Return e^{z_j} / Σ e^{z_i}, or e^{z_j} where z holds the logarithms of probabilities."""
    return sharpen(lambda bits: enclosed(z, bits, encoding))


def chain(p: Sequence[Interval], g: Sequence[Interval]) -> list[Interval]:
    """Return p_j (g_j - <p, g>), the gradient with respect to the logits for a gradient g with respect to p (5.5)."""
    pairs = list(zip(p, g, strict=True))
    mean = total([p_j * g_j for p_j, g_j in pairs])
    return [p_j * (g_j - mean) for p_j, g_j in pairs]


def enclosed(z: Numbers, bits: int, encoding: Encoding = "logits") -> list[Interval]:
    """Return softmax(z) or exp(z), computed with this many bits."""
    if encoding == "cumulative-logits" or encoding == "conditional-logits":
        return ordinal.probabilities(z, bits, encoding)
    if encoding == "log-probabilities":
        return [exp(Fraction(x), bits) for x in z]
    powers = _powers(z, bits)
    mass = total(powers)
    return [(x / mass).rounded(bits) for x in powers]


def log_total(z: Numbers, bits: int) -> Interval:
    """Return log Σ e^{z_i - max z}."""
    return log(total(_powers(z, bits)), bits)


def largest(z: Numbers) -> Fraction:
    """Return max z, which is finite."""
    return Fraction(max(z))


def _powers(z: Numbers, bits: int) -> list[Interval]:
    """Return e^{z_j - max z}."""
    top = largest(z)
    return [enclose(0) if x == -inf else exp(Fraction(x) - top, bits) for x in z]


def differences(z: Numbers, t: Numbers, bits: int, encoding: Encoding = "logits") -> list[Interval]:
    return [p_j - Fraction(t_j) for p_j, t_j in zip(enclosed(z, bits, encoding), t, strict=True)]
