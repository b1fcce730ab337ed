"""The exact oracle: EMD and squared EMD of the given numbers as rationals (specification 3 to 5), and their gradients.

Floating-point numbers are integers over powers of two: every closed form runs in integers over a common denominator.
What is not rational (softmax, logarithms, real exponents) is in `_enclosures`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm
from typing import TypeVar

from emd_conformance import _transport
from emd_conformance._grounds import LINE, Circle, Ground, Line, Matrix, Number, Tree, distances, fractions, relax

__all__ = [
    "LINE",
    "Circle",
    "Ground",
    "Line",
    "Matrix",
    "Number",
    "Tree",
    "common",
    "differences",
    "emd",
    "one_hot",
    "simplex_gradient",
    "squared_emd",
    "squared_emd_gradient",
    "subgradient_gap",
    "xemd_penalty",
    "xemd_penalty_gradient",
]

R = TypeVar("R", int, Fraction)


def common(values: Iterable[Number]) -> tuple[list[int], int]:
    """Return integers n and a denominator m with values = n / m."""
    ratios = [x.as_integer_ratio() for x in values]
    m = lcm(*{d for _, d in ratios})
    factor = {d: m // d for _, d in ratios}
    return [n * factor[d] for n, d in ratios], m


def differences(p: Sequence[Number], t: Sequence[Number]) -> tuple[list[int], int]:
    """Return d = p - t (1.3) as integers over a common denominator."""
    if len(p) != len(t):
        raise ValueError(f"p has {len(p)} classes, t has {len(t)}")
    n, m = common([*p, *t])
    return [a - b for a, b in zip(n[: len(p)], n[len(p) :], strict=True)], m


def one_hot(k: int, classes: int) -> list[int]:
    """Return e_k (1.2)."""
    return [int(j == k) for j in range(classes)]


def squared_emd(p: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> Fraction:
    """Return E = Σ_S w_S d(S)² (4.1 to 4.5), or -½ dᵀ G d for a matrix (4.6)."""
    d, m = differences(p, t)
    if isinstance(ground, Matrix):
        Gd, n = _times(ground, d)
        return Fraction(-_dot(d, Gd), 2 * n * m * m)
    w, n = common(ground.weights(len(d)))
    return Fraction(sum(w_S * d_S * d_S for w_S, d_S in zip(w, ground.masses(d), strict=True)), n * m * m)


def squared_emd_gradient(p: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> list[Fraction]:
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


def emd(p: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> Fraction:
    """Return the EMD: closed forms (3.2 to 3.4), or the linear programme (3.1) for a matrix."""
    if isinstance(ground, Matrix):
        return _transport.solve(p, t, ground.rows).value
    d, m = differences(p, t)
    if isinstance(ground, Circle):
        D = sorted(Line().masses(d))
        return Fraction(sum(abs(x - D[len(D) // 2]) for x in D), m)
    weights = [*ground.weights(len(d))[:-1], 0] if isinstance(ground, Line) else ground.weights(len(d))
    w, n = common(weights)
    return Fraction(sum(w_S * abs(d_S) for w_S, d_S in zip(w, ground.masses(d), strict=True)), n * m)


def subgradient_gap(
    g: Sequence[Number],
    p: Sequence[Number],
    t: Sequence[Number],
    ground: Ground = LINE,
) -> Fraction:
    """Return EMD - <g, p> - <v, t> with v_j = min_i (G_ij - g_i) (3.6): 0 for a subgradient, else positive."""
    v = potentials(g, ground)
    return emd(p, t, ground) - _dot(fractions(g), fractions(p)) - _dot(v, fractions(t))


def potentials(g: Sequence[Number], ground: Ground) -> list[Fraction]:
    """Return v_j = min_i (G_ij - g_i) (3.6)."""
    start = [-x for x in fractions(g)]
    if isinstance(ground, Matrix):
        return [min(G_ij + s for G_ij, s in zip(column, start, strict=True)) for column in distances(ground, len(g))]
    inner = len(ground.parents) - len(g) if isinstance(ground, Tree) else 0
    best = relax([*start, *[None] * inner], ground.edges(len(g)))
    return [v for v in best[: len(g)] if v is not None]


def xemd_penalty(p: Sequence[Number], k: int, ground: Ground, exponent: int = 1, bias: Number = 0) -> Fraction:
    """Return R = Σ_i p_i² (G_ik^ω + μ) (6.2) for an integer exponent."""
    factors = _penalty_factors(len(p), k, ground, exponent, bias)
    return sum((Fraction(p_i) ** 2 * f_i for p_i, f_i in zip(p, factors, strict=True)), Fraction(0))


def xemd_penalty_gradient(
    p: Sequence[Number], k: int, ground: Ground, exponent: int = 1, bias: Number = 0
) -> list[Fraction]:
    """Return ∂R/∂p_i = 2 p_i (G_ik^ω + μ) (6.4) for an integer exponent."""
    factors = _penalty_factors(len(p), k, ground, exponent, bias)
    return [2 * Fraction(p_i) * f_i for p_i, f_i in zip(p, factors, strict=True)]


def _penalty_factors(classes: int, k: int, ground: Ground, exponent: int, bias: Number) -> list[Fraction]:
    mu = Fraction(bias)
    return [Fraction(row[k] ** exponent) + mu for row in distances(ground, classes)]


def _times(ground: Matrix, d: Sequence[int]) -> tuple[list[int], int]:
    """Return G d, both over their denominators, and that of G."""
    G, n = common(x for row in ground.rows for x in row)
    C = len(d)
    return [_dot(G[i * C : (i + 1) * C], d) for i in range(C)], n


def _dot(a: Sequence[R], b: Sequence[R]) -> R:
    return sum((x * y for x, y in zip(a, b, strict=True)), start=a[0] * 0)
