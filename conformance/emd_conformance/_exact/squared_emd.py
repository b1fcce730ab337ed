"""The exact squared EMD and its gradients (specification 4 and 5): rational, or enclosed where softmax or exp enter."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._exact import softmax
from emd_conformance._exact.grounds import LINE, Ground, Matrix
from emd_conformance._exact.interval import Interval, exp, sharpen, total
from emd_conformance._exact.numbers import Number, common, differences, dot, fractions


def value(p: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> Fraction:
    """Return E = Σ_S w_S d(S)² (4.1 to 4.5), or -½ dᵀ G d for a matrix (4.6)."""
    d, m = differences(p, t)
    if isinstance(ground, Matrix):
        Gd, n = _times(ground, d)
        return Fraction(-dot(d, Gd), 2 * n * m * m)
    w, n = common(ground.weights(len(d)))
    return Fraction(sum(w_S * d_S * d_S for w_S, d_S in zip(w, ground.masses(d), strict=True)), n * m * m)


def gradient(p: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> list[Fraction]:
    """Return the free gradient: 2 Σ_{S∋j} w_S d(S) (5.1, 5.2), or -G d for a matrix (5.3)."""
    d, m = differences(p, t)
    if isinstance(ground, Matrix):
        Gd, n = _times(ground, d)
        return [Fraction(-x, n * m) for x in Gd]
    w, n = common(ground.weights(len(d)))
    terms = [2 * w_S * d_S for w_S, d_S in zip(w, ground.masses(d), strict=True)]
    return [Fraction(x, n * m) for x in ground.containing(terms, len(d))]


def simplex_gradient(g: Sequence[Number]) -> list[Fraction]:
    """Return g - mean(g) (5.4)."""
    n, m = common(g)
    total, C = sum(n), len(n)
    return [Fraction(C * x - total, C * m) for x in n]


def value_of_logits(z: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> Interval:
    """Return E(softmax(z), t)."""
    return sharpen(lambda bits: [_energy(softmax.differences(z, t, bits), ground)])[0]


def gradient_of_logits(
    z: Sequence[Number],
    t: Sequence[Number],
    ground: Ground = LINE,
) -> list[Interval]:
    """Return ∂E/∂z_j = p_j (g_j - <p, g>) (5.5)."""

    def gradient(bits: int) -> list[Interval]:
        g = _energy_gradient(softmax.differences(z, t, bits), ground)
        return softmax.chain(softmax.enclosed(z, bits), g)

    return sharpen(gradient)


def value_of_log(x: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> Interval:
    """Return E(exp(x), t), for predictions that are given as the logarithms of probabilities."""

    def value(bits: int) -> list[Interval]:
        d = [exp(x_j, bits) - t_j for x_j, t_j in zip(fractions(x), fractions(t), strict=True)]
        return [_energy(d, ground)]

    return sharpen(value)[0]


def _times(ground: Matrix, d: Sequence[int]) -> tuple[list[int], int]:
    """Return G d, both over their denominators, and that of G."""
    G, n = common(x for row in ground.rows for x in row)
    C = len(d)
    return [dot(G[i * C : (i + 1) * C], d) for i in range(C)], n


def _energy(d: Sequence[Interval], ground: Ground) -> Interval:
    if isinstance(ground, Matrix):
        return total([x * y for x, y in zip(d, _enclosed_times(ground, d), strict=True)]) * Fraction(-1, 2)
    w = ground.weights(len(d))
    return total([d_S * d_S * Fraction(w_S) for d_S, w_S in zip(ground.masses(d), w, strict=True)])


def _energy_gradient(d: Sequence[Interval], ground: Ground) -> list[Interval]:
    if isinstance(ground, Matrix):
        return [-x for x in _enclosed_times(ground, d)]
    w = ground.weights(len(d))
    terms = [d_S * (2 * Fraction(w_S)) for d_S, w_S in zip(ground.masses(d), w, strict=True)]
    return ground.containing(terms, len(d))


def _enclosed_times(ground: Matrix, d: Sequence[Interval]) -> list[Interval]:
    return [total([x * Fraction(G_ij) for x, G_ij in zip(d, row, strict=True)]) for row in ground.rows]
