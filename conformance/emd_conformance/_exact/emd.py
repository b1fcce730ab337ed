"""The exact EMD, and the optimality of its gradients (specification 3)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._exact import softmax, transport
from emd_conformance._exact.grounds import LINE, Circle, Ground, Line, Matrix, Tree, distances, relax
from emd_conformance._exact.interval import Interval, sharpen, total
from emd_conformance._exact.numbers import Number, common, differences, dot, fractions


def value(p: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> Fraction:
    """Return the EMD: closed forms (3.2 to 3.4), or the linear programme (3.1) for a matrix."""
    if isinstance(ground, Matrix):
        return transport.solve(p, t, ground.rows).value
    d, m = differences(p, t)
    if isinstance(ground, Circle):
        D = sorted(Line().masses(d))
        return Fraction(sum(abs(x - D[len(D) // 2]) for x in D), m)
    weights = [*ground.weights(len(d))[:-1], 0] if isinstance(ground, Line) else ground.weights(len(d))
    w, n = common(weights)
    return Fraction(sum(w_S * abs(d_S) for w_S, d_S in zip(w, ground.masses(d), strict=True)), n * m)


def value_of_logits(z: Sequence[Number], t: Sequence[Number], ground: Line = LINE) -> Interval:
    """Return the EMD of softmax(z) and t on a line (3.2)."""

    def distance(bits: int) -> list[Interval]:
        D = ground.masses(softmax.differences(z, t, bits))
        w = ground.weights(len(z))
        return [total([abs(D_k) * Fraction(w_k) for D_k, w_k in zip(D[:-1], w[:-1], strict=True)])]

    return sharpen(distance)[0]


def subgradient_gap(
    g: Sequence[Number],
    p: Sequence[Number],
    t: Sequence[Number],
    ground: Ground = LINE,
) -> Fraction:
    """Return EMD - <g, p> - <v, t> with v_j = min_i (G_ij - g_i) (3.6): 0 for a subgradient, else positive."""
    v = potentials(g, ground)
    return value(p, t, ground) - dot(fractions(g), fractions(p)) - dot(v, fractions(t))


def potentials(g: Sequence[Number], ground: Ground) -> list[Fraction]:
    """Return v_j = min_i (G_ij - g_i) (3.6)."""
    start = [-x for x in fractions(g)]
    if isinstance(ground, Matrix):
        return [min(G_ij + s for G_ij, s in zip(column, start, strict=True)) for column in distances(ground, len(g))]
    inner = len(ground.parents) - len(g) if isinstance(ground, Tree) else 0
    best = relax([*start, *[None] * inner], ground.edges(len(g)))
    return [v for v in best[: len(g)] if v is not None]
