"""Enclosures of the cross-entropy and of its gradient (specification 6.1, 6.4)."""

from fractions import Fraction

from emd_conformance._exact import softmax
from emd_conformance._exact.interval import Interval, enclose, log, sharpen
from emd_conformance._exact.numbers import Numbers, one_hot


def value(p: Numbers, k: int) -> Interval:
    """Return -log p_k for p_k > 0 (6.1)."""
    return sharpen(lambda bits: [-log(Fraction(p[k]), bits)])[0]


def gradient(p: Numbers, k: int) -> list[Interval]:
    """Return -e_k / p_k (6.4)."""
    return [enclose(-e / Fraction(p[k])) for e in one_hot(k, len(p))]


def value_of_logits(z: Numbers, k: int) -> Interval:
    """Return log Σ e^{z_i} - z_k, for a finite z_k."""
    return sharpen(lambda bits: [softmax.log_total(z, bits) + (softmax.largest(z) - Fraction(z[k]))])[0]


def gradient_of_logits(z: Numbers, k: int) -> list[Interval]:
    """Return p - e_k (6.4)."""
    return sharpen(lambda bits: [p_j - int(j == k) for j, p_j in enumerate(softmax.enclosed(z, bits))])
