"""Bounds of ground distances are the numbers that their formulas give: clause 7.3, and what `_bounds` states."""

from fractions import Fraction
from itertools import accumulate

import pytest
from bound_formulas import FORMATS, KINDS, UNEQUAL, WIDTH, P, T, close, energy, gamma, gradient, of_cuts, sizes
from emd_conformance import _bounds
from emd_conformance._bounds.analysis import analyse
from emd_conformance._exact.grounds import LINE, Circle, Line, Matrix, Tree

X = (0.0, 1.0, 1.5, 4.0)
LINES = pytest.mark.parametrize(
    ("ground", "w"), [(LINE, [1, 1, 1, 1]), (Line(X), [1, Fraction(1, 2), Fraction(5, 2), 0])], ids=["1", "positions"]
)


@LINES
@FORMATS
@KINDS
@pytest.mark.parametrize("p", [P, UNEQUAL, T, (0.0, 1.0, 0.0, 0.0)])
def test_the_squared_emd_on_a_line(p, ground, w, form, kind):
    close(_bounds.squared_emd.value(p, T, ground, form, kind), energy(p, T, w, form, kind))
    g = gradient(p, T, w, form, kind)
    for bound, formula in zip(_bounds.squared_emd.gradient(p, T, ground, form, kind), g, strict=True):
        close(bound, formula)
    W, delta = sum(w), abs(sum(map(Fraction, p)) - sum(map(Fraction, T)))
    close(_bounds.squared_emd.simplex_gradient(p, T, ground, form, kind), 4 * max(g) + 4 * (W + 1) * delta)
    D = accumulate(Fraction(a) - Fraction(b) for a, b in zip(p, T, strict=True))
    if p != T:
        size = 2 * sum(w_k * abs(D_k) for w_k, D_k in zip(w, D, strict=True))
        close(_bounds.squared_emd.gradient_size(p, T, ground, form), size)


@LINES
@FORMATS
@KINDS
@pytest.mark.parametrize("p", [P, UNEQUAL])
def test_the_emd_on_a_line(p, ground, w, form, kind):
    C, W, tau = len(p), sum(w), Fraction(form.tiny)
    _, m, e, _, _ = of_cuts(p, T, w, form, kind)
    formula = sum(w_k * e_k for w_k, e_k in zip(w, e, strict=True))
    formula += gamma(C + 3, form) * sum(w_k * (m_k + e_k) for w_k, m_k, e_k in zip(w, m, e, strict=True))
    close(_bounds.emd.value(p, T, ground, form, kind), formula + (C + 2) * (1 + W) * tau)


@FORMATS
def test_the_emd_on_a_circle_has_twice_the_bound_of_a_line(form):
    C, tau = len(P), Fraction(form.tiny)
    _, m, e, _, _ = of_cuts(P, T, [1] * C, form, "scan")
    formula = sum(e) + gamma(C + 3, form) * (sum(m) + sum(e))
    close(_bounds.emd.value(P, T, Circle(), form, "scan"), 2 * formula + (C + 2) * (1 + C) * tau)


@FORMATS
def test_the_optimality_gap(form):
    w, _, e, _, A = of_cuts(P, T, [1] * 4, form, "any")
    rounding = gamma(len(w) + 3, form) + Fraction(form.output_unit)
    close(_bounds.emd.subgradient_gap(P, T, LINE, form), 4 * sum(e) + rounding * sum(w) * A + Fraction(form.least))
    off = abs(sum(map(Fraction, UNEQUAL)) - 1)
    w, _, e, _, A = of_cuts(UNEQUAL, T, [1] * 4, form, "any")
    formula = 4 * sum(e) + rounding * sum(w) * A + Fraction(form.least) + 2 * off * 4  # W, the weight of all cuts
    close(_bounds.emd.subgradient_gap(UNEQUAL, T, LINE, form), formula)


@FORMATS
@KINDS
def test_a_tree_whose_edges_are_the_cuts_of_its_classes(form, kind):
    """A star: the cuts are the classes, which the root is not."""
    C, tau = len(P), Fraction(form.tiny)
    lengths = (1.0, 0.5, 2.0, 0.25)
    ground = Tree((4, 4, 4, 4, -1), (*lengths, 0.0))
    d, A = sizes(P, T), Fraction(2)
    if kind == "scan":
        e, m = [gamma(C, form) * x + 2 * C * tau for x in d], d
    else:
        e, m = [gamma(2 * C + 4, form) * A + 2 * C * tau] * C, d
    w, n = [Fraction(x) for x in lengths], len(list(ground.weights(C)))
    B = sum(w_k * (2 * m_k * e_k + e_k**2) for w_k, m_k, e_k in zip(w, m, e, strict=True))
    B += gamma(n + 4, form) * sum(w_k * (m_k + e_k) ** 2 for w_k, m_k, e_k in zip(w, m, e, strict=True))
    B += (n + 2) * (1 + sum(w)) * tau
    if kind == "any":
        a = [Fraction(x) + Fraction(y) for x, y in zip(P, T, strict=True)]
        B = max(B, gamma(2 * C + 4, form) * sum(w_k * a_k * (A - a_k) for w_k, a_k in zip(w, a, strict=True)))
    close(_bounds.squared_emd.value(P, T, ground, form, kind), B)


@FORMATS
def test_a_circle(form):
    C, tau = len(P), Fraction(form.tiny)
    e = 2 * gamma(C + 3, form) * sum(sizes(P, T)) + 4 * C * tau
    ground = Circle()
    weights = [Fraction(x) for x in ground.weights(C)]
    D = [*accumulate(Fraction(a) - Fraction(b) for a, b in zip(P, T, strict=True))]
    found = analyse(P, T, ground, form, "scan")
    assert all(abs(x - e) <= WIDTH * e for x in map(Fraction, found.e))
    rounding = gamma(C + 3, form)
    terms = [2 * w * (e + rounding * (Fraction(m) + e)) for w, m in zip(weights, found.m, strict=True)]
    for bound in _bounds.squared_emd.gradient(P, T, ground, form, "scan"):
        close(bound, sum(terms) + C * tau)  # an arc may be that on either side
    assert {float(abs(x - y)) for x in D for y in D} >= {*found.m}


G = ((0.0, 1.0, 3.0, 4.0), (1.0, 0.0, 2.0, 3.0), (3.0, 2.0, 0.0, 1.5), (4.0, 3.0, 1.5, 0.0))


@FORMATS
@KINDS
def test_a_matrix(form, kind):
    C, tau = len(P), Fraction(form.tiny)
    s = sizes(P, T) if kind == "scan" else [Fraction(a) + Fraction(b) for a, b in zip(P, T, strict=True)]
    times = [sum(Fraction(x) * y for x, y in zip(row, s, strict=True)) for row in G]
    underflow = 2 * C * C * (1 + 4) * tau
    half = sum(x * y for x, y in zip(s, times, strict=True)) / 2
    close(_bounds.squared_emd.value(P, T, Matrix(G), form, kind), gamma(2 * C + 4, form) * half + underflow)
    rounding = gamma(C + 2 if kind == "scan" else 2 * C + 4, form)
    for bound, x in zip(_bounds.squared_emd.gradient(P, T, Matrix(G), form, kind), times, strict=True):
        close(bound, rounding * x + underflow)
    programme = Fraction(2) * 4 * (Fraction(1e-12) + gamma(2 * C + 4, form)) + C * tau
    close(_bounds.emd.value(P, T, Matrix(G), form, kind), programme)
    gap = 2 * programme + Fraction(form.output_unit) * 2 * 4
    close(_bounds.emd.subgradient_gap(P, T, Matrix(G), form), gap)


@FORMATS
def test_a_matrix_of_the_smallest_distances_is_within_underflow(form):
    C, tau = len(P), Fraction(form.tiny)
    tiny = tuple(tuple(x * 2.0**-1040 for x in row) for row in G)
    bound = _bounds.squared_emd.value(P, T, Matrix(tiny), form, "scan")
    assert 2 * C * C * tau <= Fraction(bound) <= Fraction(9, 4) * C * C * tau
