"""Wrong formulas that losses are known to use instead of the D_k of the specification.

A formula returns the weighted values (w, v) of one sample. Its squared form Σ w v² replaces E, and its absolute form
Σ w |v| replaces the EMD: a loss that leaves out the cumulative sum does so in both. Formulas take fractions, in which a
hypothesis is verified, and floats, in which it is tried first.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate

from emd_conformance._diagnosis.other_formulas import OF_DISTANCES, OF_POSITIONS, ON_A_LINE
from emd_conformance._diagnosis.terms import (
    Formula,
    Real,
    Terms,
    Vector,
    centred,
    cumulative,
    differences,
    require_few,
    specified,
)
from emd_conformance._exact.grounds import LINE, Ground, Line, Matrix, Tree, distances


def _each(values: Callable[[Vector, Vector], Vector]) -> Formula:
    """Return the formula of values with weight 1."""
    return lambda p, t, ground: [(1, v) for v in values(p, t)]


def _scaled_to_one(p: Vector, t: Vector) -> list[Real]:
    return cumulative([x / (sum(p) or 1) for x in p], [x / (sum(t) or 1) for x in t])


def _coupling(p: Vector, t: Vector, ground: Ground) -> Terms:
    """Return the monotone coupling of p and t: the mass that moves, and the distance."""
    P, T = list(accumulate(p)), list(accumulate(t))
    x = ground.positions if isinstance(ground, Line) and ground.positions else range(len(P))
    terms: Terms = []
    i, j, done = 0, 0, 0
    while i < len(P) and j < len(T):
        upto = min(P[i], T[j])
        terms.append((upto - done, Fraction(x[i]) - Fraction(x[j])))
        done, i, j = upto, i + (P[i] <= upto), j + (T[j] <= upto)
    return terms


def _far_from_itself(p: Vector, t: Vector, ground: Ground) -> Terms:
    """Return -½ dᵀ G d, with every distance at least 1e-4, even from a class to itself."""
    require_few(len(p))
    least, d = Fraction(1, 10_000), differences(p, t)
    G = Matrix(tuple(tuple(max(Fraction(x), least) for x in row) for row in distances(ground, len(d))))
    return [*G.squares(d), *((-least / 2, d_j) for d_j in d)]


FORMULAS: dict[str, Formula] = {
    "missing-cumsum": _each(differences),
    "abs-inside-sum": _each(lambda p, t: list(accumulate(map(abs, differences(p, t))))),
    "square-inside-sum": _each(lambda p, t: list(accumulate(x * x for x in differences(p, t)))),
    "cumsum-twice": _each(lambda p, t: list(accumulate(cumulative(p, t)))),
    "cdf-one-behind": _each(lambda p, t: differences([0, *accumulate(p[:-1])], list(accumulate(t)))),
    "last-bins-dropped": _each(lambda p, t: cumulative(p, t)[:-2]),
    "first-bin-dropped": _each(lambda p, t: cumulative(p, t)[1:]),
    "first-class-left-out": _each(lambda p, t: cumulative(p[1:], t[1:])),
    "last-class-left-out": _each(lambda p, t: cumulative(p, t)[:-1]),
    "classes-reversed": _each(lambda p, t: cumulative(p[::-1], t)),
    "missing-square": lambda p, t, ground: [(sum(cumulative(p, t)), 1)],
    "means-compared": _each(lambda p, t: [sum(cumulative(p, t))]),
    "largest-for-sum": _each(lambda p, t: [max(map(abs, cumulative(p, t)))]),
    "one-sided": _each(lambda p, t: [max(x, 0) for x in cumulative(p, t)]),
    "centred-cdf": _each(lambda p, t: centred(cumulative(p, t))),
    "values-for-weights": _each(lambda p, t: differences(sorted(p), sorted(t))),
    "renormalised": _each(_scaled_to_one),
    "w2-for-l2": _coupling,
    "distance-to-itself": _far_from_itself,
    **ON_A_LINE,
    **OF_DISTANCES,
}


MASSES = (_coupling,)  # formulas whose weights are masses


def _on(other: Callable[[Ground], Ground]) -> Formula:
    """Return the specified formula for another ground distance."""
    return lambda p, t, ground: specified(p, t, other(ground))


def _reweighted(weights: Callable[[list[Real]], list[Real]]) -> Formula:
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
    return [(Fraction(1, 2), sum([*d, *d][m : m + h])) for m in range(len(d))]


GROUND_FORMULAS: dict[str, dict[str, Formula]] = {
    "line": FORMULAS,
    "positions": {
        "positions-ignored": _on(lambda ground: LINE),
        "intervals-one-behind": _reweighted(lambda w: [w[-1], *w[:-1]]),
        "intervals-squared": _reweighted(lambda w: [x * x for x in w]),
        **{name: FORMULAS[name] for name in ("missing-cumsum", "abs-inside-sum", "w2-for-l2", "distance-to-itself")},
        "positions-scaled": _reweighted(lambda w: [x / (sum(w) or 1) for x in w]),
        **OF_POSITIONS,
        **OF_DISTANCES,
    },
    "circle": {
        "line-for-circle": _on(lambda ground: LINE),
        "centred-cdf": FORMULAS["centred-cdf"],
        "missing-cumsum": FORMULAS["missing-cumsum"],
        "arc-too-long": _long_arcs,
        **OF_DISTANCES,
    },
    "tree": {
        "lengths-ignored": _on(lambda ground: Tree(ground.parents) if isinstance(ground, Tree) else ground),
        "leaves-only": _leaves,
        "line-for-tree": _on(lambda ground: LINE),
        "missing-cumsum": FORMULAS["missing-cumsum"],
        **OF_DISTANCES,
    },
    "matrix": {
        "matrix-ignored": _on(lambda ground: LINE),
        "matrix-squared": _on(_squared),
        "missing-cumsum": FORMULAS["missing-cumsum"],
        **OF_DISTANCES,
    },
}
