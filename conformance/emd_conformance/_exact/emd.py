"""The exact EMD, and the optimality of its gradients (specification 3)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._exact import softmax
from emd_conformance._exact.grounds import LINE, Ground
from emd_conformance._exact.interval import Interval, sharpen
from emd_conformance._exact.numbers import Number, dot, fractions


def value(p: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> Fraction:
    """Return the EMD: the closed form of the ground distance (3.2 to 3.4), or the linear programme (3.1)."""
    return ground.emd(p, t)


def value_of_logits(z: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> Interval:
    """Return the EMD of softmax(z) and t."""
    return sharpen(lambda bits: [ground.enclosed_emd(softmax.enclosed(z, bits), fractions(t))])[0]


def subgradient_gap(g: Sequence[Number], p: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> Fraction:
    """Return EMD - <g, p> - <v, t> with v_j = min_i (G_ij - g_i) (3.6): 0 for a subgradient, else positive."""
    v = ground.nearest([-x for x in fractions(g)])
    return value(p, t, ground) - dot(fractions(g), fractions(p)) - dot(v, fractions(t))
