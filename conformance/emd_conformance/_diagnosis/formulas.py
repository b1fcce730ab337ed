"""Wrong formulas that losses are known to use instead of the D_k of the specification, as hypotheses in fractions.

A formula returns the weighted values (w, v) of one sample. Its squared form Σ w v² replaces E, and its absolute form
Σ w |v| replaces the EMD: a loss that leaves out the cumulative sum does so in both.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import TypeAlias

from emd_conformance._exact.grounds import LINE, Ground, Line, Matrix, Tree, distances

Vector: TypeAlias = Sequence[Fraction]
Terms: TypeAlias = list[tuple[Fraction, Fraction]]
Formula: TypeAlias = Callable[[Vector, Vector, Ground], Terms]


def differences(p: Vector, t: Vector) -> list[Fraction]:
    """Return d = p - t."""
    return [a - b for a, b in zip(p, t, strict=True)]


def cumulative(p: Vector, t: Vector) -> list[Fraction]:
    """Return the D_k: the cumulative sums of p - t."""
    return list(accumulate(differences(p, t)))


def mean(values: Vector) -> Fraction:
    """Return the mean."""
    return sum(values, Fraction(0)) / len(values)


def centred(values: Vector) -> list[Fraction]:
    """Return the values less their mean."""
    m = mean(values)
    return [x - m for x in values]


def specified(p: Vector, t: Vector, ground: Ground) -> Terms:
    """Return the weights and masses of the cuts (4.3), or squares that sum to -½ dᵀ G d (4.6)."""
    return ground.squares(differences(p, t))


def _each(values: Callable[[Vector, Vector], Sequence[Fraction]]) -> Formula:
    """Return the formula of values with weight 1."""
    return lambda p, t, ground: [(Fraction(1), v) for v in values(p, t)]


def _scaled_to_one(p: Vector, t: Vector) -> list[Fraction]:
    return cumulative([x / (sum(p) or 1) for x in p], [x / (sum(t) or 1) for x in t])


def _coupling(p: Vector, t: Vector, ground: Ground) -> Terms:
    """Return the monotone coupling of p and t: the mass that moves, and the distance."""
    P, T = list(accumulate(p)), list(accumulate(t))
    x = ground.positions if isinstance(ground, Line) and ground.positions else range(len(P))
    terms: Terms = []
    i, j, done = 0, 0, Fraction(0)
    while i < len(P) and j < len(T):
        upto = min(P[i], T[j])
        terms.append((upto - done, Fraction(x[i]) - Fraction(x[j])))
        done, i, j = upto, i + (P[i] <= upto), j + (T[j] <= upto)
    return terms


def _far_from_itself(p: Vector, t: Vector, ground: Ground) -> Terms:
    """Return -½ dᵀ G d, with every distance at least 1e-4, even from a class to itself."""
    least, d = Fraction(1, 10_000), differences(p, t)
    G = Matrix(tuple(tuple(max(Fraction(x), least) for x in row) for row in distances(ground, len(d))))
    return [*G.squares(d), *((-least / 2, d_j) for d_j in d)]


FORMULAS: dict[str, Formula] = {
    "missing-cumsum": _each(differences),
    "abs-inside-sum": _each(lambda p, t: list(accumulate(map(abs, differences(p, t))))),
    "square-inside-sum": _each(lambda p, t: list(accumulate(x * x for x in differences(p, t)))),
    "cumsum-twice": _each(lambda p, t: list(accumulate(cumulative(p, t)))),
    "cdf-one-behind": _each(lambda p, t: differences([Fraction(0), *accumulate(p[:-1])], list(accumulate(t)))),
    "last-bins-dropped": _each(lambda p, t: cumulative(p, t)[:-2]),
    "first-bin-dropped": _each(lambda p, t: cumulative(p, t)[1:]),
    "first-class-left-out": _each(lambda p, t: cumulative(p[1:], t[1:])),
    "last-class-left-out": _each(lambda p, t: cumulative(p, t)[:-1]),
    "classes-reversed": _each(lambda p, t: cumulative(p[::-1], t)),
    "missing-square": lambda p, t, ground: [(sum(cumulative(p, t), Fraction(0)), Fraction(1))],
    "means-compared": _each(lambda p, t: [sum(cumulative(p, t), Fraction(0))]),
    "largest-for-sum": _each(lambda p, t: [max(map(abs, cumulative(p, t)))]),
    "one-sided": _each(lambda p, t: [max(x, Fraction(0)) for x in cumulative(p, t)]),
    "centred-cdf": _each(lambda p, t: centred(cumulative(p, t))),
    "values-for-weights": _each(lambda p, t: differences(sorted(p), sorted(t))),
    "renormalised": _each(_scaled_to_one),
    "w2-for-l2": _coupling,
    "distance-to-itself": _far_from_itself,
}


def _on(other: Callable[[Ground], Ground]) -> Formula:
    """Return the specified formula for another ground distance."""
    return lambda p, t, ground: specified(p, t, other(ground))


def _reweighted(weights: Callable[[list[Fraction]], list[Fraction]]) -> Formula:
    """Return the specified formula with other intervals between the positions."""

    def formula(p: Vector, t: Vector, ground: Ground) -> Terms:
        w = [Fraction(x) for x in ground.weights(len(p))] if isinstance(ground, Line) else []
        return list(zip(weights(w), cumulative(p, t), strict=False))

    return formula


def _squared(ground: Ground) -> Ground:
    rows = ground.rows if isinstance(ground, Matrix) else ()
    return Matrix(tuple(tuple(Fraction(x) ** 2 for x in row) for row in rows))


def _leaves(p: Vector, t: Vector, ground: Ground) -> Terms:
    lengths = (ground.lengths if isinstance(ground, Tree) else None) or (1,) * len(p)
    return [(Fraction(w), v) for w, v in zip(lengths, differences(p, t), strict=False)]


def _long_arcs(p: Vector, t: Vector, ground: Ground) -> Terms:
    d, h = differences(p, t), len(p) // 2 + 1
    return [(Fraction(1, 2), sum([*d, *d][m : m + h], Fraction(0))) for m in range(len(d))]


GROUND_FORMULAS: dict[str, dict[str, Formula]] = {
    "line": FORMULAS,
    "positions": {
        "positions-ignored": _on(lambda ground: LINE),
        "intervals-one-behind": _reweighted(lambda w: [w[-1], *w[:-1]]),
        "intervals-squared": _reweighted(lambda w: [x * x for x in w]),
        **{name: FORMULAS[name] for name in ("missing-cumsum", "abs-inside-sum", "w2-for-l2", "distance-to-itself")},
    },
    "circle": {
        "line-for-circle": _on(lambda ground: LINE),
        "centred-cdf": FORMULAS["centred-cdf"],
        "missing-cumsum": FORMULAS["missing-cumsum"],
        "arc-too-long": _long_arcs,
    },
    "tree": {
        "lengths-ignored": _on(lambda ground: Tree(ground.parents) if isinstance(ground, Tree) else ground),
        "leaves-only": _leaves,
        "line-for-tree": _on(lambda ground: LINE),
    },
    "matrix": {
        "matrix-ignored": _on(lambda ground: LINE),
        "matrix-squared": _on(_squared),
        "missing-cumsum": FORMULAS["missing-cumsum"],
    },
}
