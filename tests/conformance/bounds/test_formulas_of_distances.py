"""Bounds of ordered classes are the numbers that their formulas give: clause 7.3, and what `_bounds` states."""

from fractions import Fraction
from itertools import accumulate

import pytest
from bound_formulas import FORMATS, KINDS, UNEQUAL, P, T, close, differences, energy, gamma, gradient, of_cuts, of_work
from emd_conformance import _bounds
from emd_conformance._exact.grounds import LINE, Line

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
    D = accumulate(differences(p, T))
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
    close(_bounds.emd.value(p, T, ground, form, kind), of_work(w, m, e, form) + (C + 2) * (1 + W) * tau)


@FORMATS
def test_the_optimality_gap(form):
    w, _, e, _, A = of_cuts(P, T, [1] * 4, form, "any")
    rounding = gamma(len(w) + 3, form) + Fraction(form.output_unit)
    close(_bounds.emd.subgradient_gap(P, T, LINE, form), 4 * sum(e) + rounding * sum(w) * A + Fraction(form.least))
    off = abs(sum(map(Fraction, UNEQUAL)) - 1)
    w, _, e, _, A = of_cuts(UNEQUAL, T, [1] * 4, form, "any")
    formula = 4 * sum(e) + rounding * sum(w) * A + Fraction(form.least) + 2 * off * 4  # W, the weight of all cuts
    close(_bounds.emd.subgradient_gap(UNEQUAL, T, LINE, form), formula)
