"""Wrong formulas are what the words of their findings say: the same numbers as NumPy finds from the words."""

from fractions import Fraction

import numpy as np
import pytest
from emd_conformance._diagnosis.catalogue import CATALOGUE
from emd_conformance._diagnosis.formulas import GROUND_FORMULAS
from emd_conformance._diagnosis.terms import NotComparedError
from emd_conformance._exact.grounds import Circle, Line, Matrix, Tree

P = np.array([8, 1, 6, 2, 15]) / 32
TARGETS = {"of the same mass": np.array([1, 16, 3, 10, 2]) / 32, "of less mass": np.array([1, 10, 3, 10, 2]) / 32}
X = np.array([0, 1, 1.5, 4, 7])
W = np.append(np.diff(X), 0)
LENGTHS = np.array([1, 2, 0.5, 3, 1, 2, 0])
PARENTS = 5, 5, 6, 6, 6, 6, -1  # the first two classes under node 5, the others and node 5 under the root
G = np.array([[0, 1, 3, 2, 5], [1, 0, 2, 1, 4], [3, 2, 0, 3, 2], [2, 1, 3, 0, 3], [5, 4, 2, 3, 0]]) / 4
ON_LINE = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))


def half(d, G):
    """-½ dᵀ G d, the squared form of any ground distance."""
    return -d @ G @ d / 2


def energy(D):
    return (D**2).sum()


def cut(p, t, x):
    """Σ mass · distance² of the monotone coupling, by the quantile functions between all levels."""
    levels = np.union1d(np.cumsum(p), np.cumsum(t))
    levels = levels[levels <= min(p.sum(), t.sum())]  # more than that does not move
    places = [x[np.searchsorted(np.cumsum(q), levels, side="left")] for q in (p, t)]
    return (np.diff(levels, prepend=0) * (places[0] - places[1]) ** 2).sum()


def far(G):
    return np.maximum(G, 1e-4)


def interpolated(D):
    """∫ D² of straight lines between the D_k, by Simpson's rule, which is exact for squares."""
    a, b = D[:-1], D[1:]
    return ((a**2 + 4 * ((a + b) / 2) ** 2 + b**2) / 6).sum()


def of_distances(T, G):
    """Parts of the energy, and its ratio to that of a uniform prediction."""
    return {
        "expected-distance": P @ G @ T,
        "energy-of-target-missing": P @ G @ T - P @ G @ P / 2,
        "energy-of-prediction-missing": P @ G @ T - T @ G @ T / 2,
        "skill-score": half(P - T, G) / half(1 / 5 - T, G),
    }


def on_a_line(T):
    D, CP, CT = np.cumsum(P - T), np.cumsum(P), np.cumsum(T)
    return {
        "missing-cumsum": energy(P - T),
        "abs-inside-sum": energy(np.cumsum(np.abs(P - T))),
        "square-inside-sum": energy(np.cumsum((P - T) ** 2)),
        "cumsum-twice": energy(np.cumsum(D)),
        "cdf-one-behind": energy(CP - P - CT),
        "last-bins-dropped": energy(D[:3]),
        "first-bin-dropped": energy(D[1:]),
        "first-class-left-out": energy(np.cumsum((P - T)[1:])),
        "last-class-left-out": energy(D[:4]),
        "classes-reversed": energy(np.cumsum(P[::-1] - T)),
        "missing-square": D.sum(),
        "means-compared": D.sum() ** 2,
        "largest-for-sum": np.abs(D).max() ** 2,
        "one-sided": energy(np.maximum(D, 0)),
        "centred-cdf": energy(D - D.mean()),
        "values-for-weights": energy(np.sort(P) - np.sort(T)),
        "renormalised": energy(CP / P.sum() - CT / T.sum()),
        "w2-for-l2": cut(P, T, np.arange(5.0)),
        "distance-to-itself": half(P - T, far(ON_LINE)),
        "target-not-accumulated": energy(CP - T),
        "prediction-not-accumulated": energy(P - CT),
        "one-sum-from-the-end": energy(CP - np.cumsum(T[::-1])[::-1]),
        "trapezoids": np.trapezoid(D**2),
        "sums-of-trapezoids": energy(np.cumsum((P - T)[1:] + (P - T)[:-1]) / 2),
        "straight-lines": interpolated(D),
        "straight-lines, from 0": interpolated(np.append(0, D)),
        "log-cosh": np.log(np.cosh(D)).sum(),
        "cdf-weighted": (D**2 / (CP + CT)).sum(),
        "cross-entropy-for-emd": -(T * np.log(P)).sum(),
        "divergence-for-emd": (T * np.log(T / P)).sum(),
    }


ON_X = np.abs(np.subtract.outer(X, X))
ROUND = np.minimum(ON_LINE, 5 - ON_LINE)
PATHS = np.array(  # along the edges: classes 0 and 1 have node 5 between them and the root
    [
        [0 if i == j else LENGTHS[i] + LENGTHS[j] + 2 * (i < 2) + 2 * (j < 2) - 4 * (i < 2 and j < 2) for j in range(5)]
        for i in range(5)
    ]
)


def expected(T):
    line, D = on_a_line(T), np.cumsum(P - T)
    above = np.append(P - T, [(P - T)[:2].sum(), 0])  # the mass above each edge
    return {
        "line": line | of_distances(T, ON_LINE),
        "positions": {
            "positions-ignored": energy(D),
            "intervals-one-behind": (np.roll(W, 1) * D**2).sum(),
            "intervals-squared": (W**2 * D**2).sum(),
            "missing-cumsum": line["missing-cumsum"],
            "abs-inside-sum": line["abs-inside-sum"],
            "w2-for-l2": cut(P, T, X),
            "distance-to-itself": half(P - T, far(ON_X)),
            "positions-scaled": (W * D**2).sum() / 7,
            "trapezoids": np.trapezoid(D**2, X),
            **of_distances(T, ON_X),
        },
        "circle": {
            "line-for-circle": energy(D),
            "centred-cdf": line["centred-cdf"],
            "missing-cumsum": line["missing-cumsum"],
            "arc-too-long": sum((P - T)[np.arange(m, m + 3) % 5].sum() ** 2 for m in range(5)) / 2,
            **of_distances(T, ROUND),
        },
        "tree": {
            "lengths-ignored": (above**2)[:-1].sum(),
            "leaves-only": (LENGTHS[:5] * (P - T) ** 2).sum(),
            "line-for-tree": energy(D),
            "missing-cumsum": line["missing-cumsum"],
            **of_distances(T, PATHS),
        },
        "matrix": {
            "matrix-ignored": energy(D),
            "matrix-squared": half(P - T, G**2),
            "missing-cumsum": line["missing-cumsum"],
            **of_distances(T, G),
        },
    }


GROUNDS = {
    "line": Line(),
    "positions": Line(tuple(X)),
    "circle": Circle(),
    "tree": Tree(PARENTS, tuple(LENGTHS)),
    "matrix": Matrix(tuple(map(tuple, G))),
}
EXPECTED = {words: expected(T) for words, T in TARGETS.items()}


def test_the_table_has_every_formula():
    assert all(
        {g: {*x} for g, x in table.items()} == {g: {*x} for g, x in GROUND_FORMULAS.items()}
        for table in EXPECTED.values()
    )
    assert {name.split(",")[0] for names in GROUND_FORMULAS.values() for name in names} <= CATALOGUE.keys()


def both(ground, name, T):
    """The squared form of a formula, in fractions and in floats."""
    formula = GROUND_FORMULAS[ground][name]
    for numbers in (Fraction, float):
        yield float(sum(w * v * v for w, v in formula([*map(numbers, P)], [*map(numbers, T)], GROUNDS[ground])))


@pytest.mark.parametrize("words", TARGETS)
def test_a_formula_is_what_it_is_called(words):
    for ground, names in EXPECTED[words].items():
        for name, value in names.items():
            if name == "skill-score" and words == "of less mass":
                continue  # -½ dᵀ G d is not the sum over cuts then (4.7)
            assert [*both(ground, name, TARGETS[words])] == pytest.approx([value] * 2, rel=1e-13), (ground, name)


T = TARGETS["of the same mass"]
D = np.cumsum(P - T)
ABSOLUTE = {  # Σ |v| in the place of the EMD
    "missing-cumsum": np.abs(P - T).sum(),
    "cumsum-twice": np.abs(np.cumsum(D)).sum(),
    "largest-for-sum": np.abs(D).max(),
    "means-compared": np.abs(D.sum()),
    "one-sided": np.maximum(D, 0).sum(),
    "w2-for-l2": np.abs(D).sum(),  # the mass times the distance
    "trapezoids": np.trapezoid(np.abs(D)),
}


def test_the_absolute_form_replaces_the_emd():
    for name, expected in ABSOLUTE.items():
        terms = GROUND_FORMULAS["line"][name]([*map(Fraction, P)], [*map(Fraction, T)], Line())
        assert float(sum(abs(w * v) for w, v in terms)) == pytest.approx(expected, rel=1e-14), name


def test_a_prediction_without_mass_is_not_divided():
    terms = GROUND_FORMULAS["line"]["renormalised"]([0, 0], [Fraction(1, 4), Fraction(1, 4)], Line())
    assert [*terms] == [(1, Fraction(-1, 2)), (1, -1)]


@pytest.mark.parametrize(("ground", "name"), [("line", "expected-distance"), ("line", "distance-to-itself")])
def test_formulas_of_all_pairs_of_classes_are_compared_up_to_100_classes(ground, name):
    formula, p = GROUND_FORMULAS[ground][name], [Fraction(1), *[Fraction(0)] * 99]
    formula(p, p, Line())
    with pytest.raises(NotComparedError):
        formula([*p, Fraction(0)], [*p, Fraction(0)], Line())
