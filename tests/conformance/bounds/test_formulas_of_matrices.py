"""Bounds of a ground distance that is a matrix are the numbers that their formulas give (4.6, 5.3, 7.3)."""

from dataclasses import FrozenInstanceError
from fractions import Fraction

import pytest
from bound_formulas import COARSE, FORMATS, KINDS, UNEQUAL, P, T, close, gamma, sizes, sums
from emd_conformance import _bounds
from emd_conformance._bounds.analysis import analyse
from emd_conformance._exact.grounds import Matrix

F = Fraction
G = ((0.0, 1.0, 3.0, 4.0), (1.0, 0.0, 2.0, 3.0), (3.0, 2.0, 0.0, 1.5), (4.0, 3.0, 1.5, 0.0))
GROUND = Matrix(G)


def times(x):
    return [sum(F(a) * b for a, b in zip(row, x, strict=True)) for row in G]


def dot(x, y):
    return sum(a * b for a, b in zip(x, y, strict=True))


def underflow(form):
    return 2 * 4 * 4 * (1 + 4) * F(form.tiny)  # four classes, and a largest distance of 4


@FORMATS
@KINDS
@pytest.mark.parametrize("p", [P, UNEQUAL])
def test_the_squared_emd(p, form, kind):
    C, s = len(p), sizes(p, T) if kind == "scan" else sums(p, T)
    value = gamma(2 * C + 4, form) * dot(s, times(s)) / 2 + underflow(form)
    close(_bounds.squared_emd.value(p, T, GROUND, form, kind), value)
    rounding = gamma(C + 2 if kind == "scan" else 2 * C + 4, form)
    g = [rounding * x + underflow(form) for x in times(s)]
    for bound, formula in zip(_bounds.squared_emd.gradient(p, T, GROUND, form, kind), g, strict=True):
        close(bound, formula)
    close(_bounds.squared_emd.simplex_gradient(p, T, GROUND, form, kind), 4 * max(g))
    close(_bounds.squared_emd.gradient_size(p, T, GROUND, form), max(times(sizes(p, T))))


@FORMATS
@KINDS
@pytest.mark.parametrize(("p", "mass"), [(P, 2), (UNEQUAL, F(33, 16))])
def test_the_emd(p, mass, form, kind):
    C, tau = len(p), F(form.tiny)
    programme = mass * 4 * (F(1e-12) + gamma(2 * C + 4, form)) + C * tau
    close(_bounds.emd.value(p, T, GROUND, form, kind), programme)
    gap = 2 * programme + F(form.output_unit) * mass * 4
    close(_bounds.emd.subgradient_gap(p, T, GROUND, form), gap + 2 * (mass - 2) * 4)


@FORMATS
@KINDS
def test_an_error_of_p_passes_through_the_matrix(form, kind):
    errors = (0.001, 0.0, 0.002, 0.0005)
    found, without = analyse(P, T, GROUND, form, kind, errors), analyse(P, T, GROUND, form, kind)
    moved, s = [F(x) + F(form.tiny) for x in errors], sizes(P, T) if kind == "scan" else sums(P, T)
    added = 2 * (dot(moved, times(s)) + dot(moved, times(moved)))
    assert found.energy == pytest.approx(without.energy + float(added), rel=1e-12)
    wanted = [a + 2 * float(b) for a, b in zip(without.gradient, times([F(x) for x in errors]), strict=True)]
    assert found.gradient == pytest.approx(wanted, rel=1e-12)
    assert found.largest == without.largest
    assert found.constant == 0


@FORMATS
def test_the_smallest_distances_are_within_underflow(form):
    C, tau = len(P), F(form.tiny)
    tiny = tuple(tuple(x * 2.0**-1040 for x in row) for row in G)
    bound = _bounds.squared_emd.value(P, T, Matrix(tiny), form, "scan")
    assert 2 * C * C * tau <= F(bound) <= F(9, 4) * C * C * tau


def test_a_sample_has_the_classes_of_its_matrix_and_cannot_be_changed():
    found = analyse(P, T, GROUND, COARSE, "any")
    with pytest.raises(FrozenInstanceError):
        found.form = "scan"
    for p, t in ((P[:-1], T), (P, T[:-1]), (P[:-1], T[:-1])):
        with pytest.raises(ValueError, match="argument"):
            _bounds.squared_emd.value(p, t, GROUND, COARSE, "any")
    for part in ("energy", "gradient"):
        with pytest.raises(ValueError, match="argument"):
            getattr(analyse(P, T, GROUND, COARSE, "any", (0.5, 0.5)), part)
