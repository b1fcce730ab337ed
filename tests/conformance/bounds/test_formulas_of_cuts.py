"""Bounds of trees and circles are the numbers that the formulas of their cuts give (2.5, 7.3)."""

from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import pytest
from bound_formulas import (
    COARSE,
    FORMATS,
    KINDS,
    UNEQUAL,
    P,
    T,
    close,
    differences,
    gamma,
    gradient_terms,
    of_any_form,
    of_squares,
    of_work,
    sizes,
    sums,
)
from emd_conformance import _bounds
from emd_conformance._bounds import cuts
from emd_conformance._bounds.analysis import analyse
from emd_conformance._exact.grounds import LINE, Circle, Line, Tree

F = Fraction
STAR = Tree((4, 4, 4, 4, -1), (1.0, 0.5, 2.0, 0.25, 0.0)), [(1, {0}), (F(1, 2), {1}), (2, {2}), (F(1, 4), {3})]
DEEP = (
    Tree((4, 4, 5, -1, 3, 4), (1.0, 0.5, 2.0, 9.0, 3.0, 0.25)),  # class 3 is the root
    [(1, {0}), (F(1, 2), {1}), (2, {2}), (3, {0, 1, 2}), (F(1, 4), {2})],
)
ARCS = Circle(), [(F(1, 2), {0, 1}), (F(1, 2), {1, 2}), (F(1, 2), {2, 3}), (F(1, 2), {3, 0})]
ALL = {0, 1, 2, 3}
GROUNDS = pytest.mark.parametrize(
    ("ground", "sets"),
    [(tree, [*sets, (0, ALL)]) for tree, sets in (STAR, DEEP)] + [ARCS],  # the root of a tree is a cut of weight 0
    ids=["star", "deep", "circle"],
)


def of_sets(p, t, sets, form, kind, sums_of_an_arc, carried=0.0):
    """w, m and ε of every cut, δ and A."""
    C, d = len(p), differences(p, t)
    A, delta = sum(sums(p, t)), abs(sum(d))
    m = [abs(sum(d[j] for j in S)) for _, S in sets]
    rest = F(carried) + 2 * sums_of_an_arc * C * F(form.tiny)
    if kind == "any":
        m = [x + sums_of_an_arc * delta for x in m]
        e = [sums_of_an_arc * gamma(2 * C + 4, form) * (A + F(carried)) + rest] * len(sets)
    elif sums_of_an_arc == 2:
        e = [2 * gamma(C + 3, form) * sum(sizes(p, t)) + rest] * len(sets)
    else:
        e = [gamma(C, form) * sum(abs(d[j]) for j in S) + rest for _, S in sets]
    return [F(w) for w, _ in sets], m, e, delta, A


@GROUNDS
@FORMATS
@KINDS
@pytest.mark.parametrize("p", [P, UNEQUAL, T, (0.0, 1.0, 0.0, 0.0)])
def test_the_squared_emd(p, ground, sets, form, kind):
    C, S, tau = len(p), sums(p, T), F(form.tiny)
    w, m, e, delta, A = of_sets(p, T, sets, form, kind, ground.prefix_sums)
    B, a = of_squares(w, m, e, form), [sum(S[j] for j in cut) for _, cut in sets]
    B = B if kind == "scan" else of_any_form(B, w, m, a, A, delta, C, form)
    close(_bounds.squared_emd.value(p, T, ground, form, kind), B)
    terms = gradient_terms(w, m, e, C, form, kind)
    whole = kind == "any" or isinstance(ground, Circle)  # an arc may be that on either side
    g = [sum(x for x, (_, cut) in zip(terms, sets, strict=True) if whole or j in cut) + C * tau for j in range(C)]
    for bound, formula in zip(_bounds.squared_emd.gradient(p, T, ground, form, kind), g, strict=True):
        close(bound, formula)
    close(_bounds.squared_emd.simplex_gradient(p, T, ground, form, kind), 4 * max(g) + 4 * (sum(w) + 1) * delta)


@GROUNDS
@FORMATS
@pytest.mark.parametrize("p", [P, UNEQUAL])
def test_the_optimality_gap(p, ground, sets, form):
    w, _, e, delta, A = of_sets(p, T, sets, form, "any", ground.prefix_sums)
    rounding = gamma(len(w) + 3, form) + F(form.output_unit)
    formula = 4 * sum(a * b for a, b in zip(w, e, strict=True)) + rounding * sum(w) * A + F(form.least)
    close(_bounds.emd.subgradient_gap(p, T, ground, form), formula + 2 * delta * sum(w))


@GROUNDS
@FORMATS
def test_no_entry_of_a_gradient_is_larger(ground, sets, form):
    w, m, _, _, _ = of_sets(P, T, sets, form, "scan", ground.prefix_sums)
    size = 2 * sum(a * b for a, b in zip(w, m, strict=True))
    close(_bounds.squared_emd.gradient_size(P, T, ground, form), size)


@pytest.mark.parametrize(("ground", "sets"), [STAR, DEEP], ids=["star", "deep"])
@FORMATS
@KINDS
@pytest.mark.parametrize("p", [P, UNEQUAL])
def test_the_emd_on_a_tree(p, ground, sets, form, kind):
    w, m, e, _, _ = of_sets(p, T, [*sets, (0, ALL)], form, kind, 1)
    formula = of_work(w, m, e, form) + (len(w) + 2) * (1 + sum(w)) * F(form.tiny)
    close(_bounds.emd.value(p, T, ground, form, kind), formula)


@FORMATS
@KINDS
@pytest.mark.parametrize("p", [P, UNEQUAL])
def test_the_emd_on_a_circle_has_twice_the_bound_of_a_line(p, form, kind):
    errors = analyse(p, T, LINE, form, kind)
    w, m, e = ([F(x) for x in values] for values in (errors.w, errors.m, errors.e))
    formula = 2 * of_work(w, m, e, form) + (4 + 2) * (1 + 4) * F(form.tiny)
    close(_bounds.emd.value(p, T, Circle(), form, kind), formula)


@GROUNDS
@FORMATS
@KINDS
def test_an_error_of_p_moves_every_cut(ground, sets, form, kind):
    """By twice its sum, and every class of p may have underflowed."""
    errors = (0.001, 0.0, 0.002, 0.0005)
    w, m, e, delta, A = of_sets(P, T, sets, form, kind, ground.prefix_sums, 2 * (0.0035 + 4 * form.tiny))
    found = analyse(P, T, ground, form, kind, errors)
    triples, wanted = zip(found.w, found.m, found.e, strict=True), zip(w, m, e, strict=True)
    for triple, formulas in zip(sorted(triples), sorted(wanted), strict=True):
        assert triple == pytest.approx([float(x) for x in formulas], rel=1e-12, abs=0)
    assert (found.delta, found.mass) == (delta, A)


@FORMATS
@KINDS
def test_where_unequal_masses_are_valid_nothing_is_allowed_for_them(form, kind):
    errors = analyse(UNEQUAL, T, LINE, form, kind, unequal=True)
    D = [F(1, 16) * x for x in (7, 1, 5, 1)]
    assert errors.m == D
    assert errors.delta == 0
    B = of_squares([F(1)] * 4, D, [F(x) for x in errors.e], form)
    close(_bounds.squared_emd.value(UNEQUAL, T, LINE, form, kind, unequal=True), B)


def test_the_errors_of_a_sample_are_kept_and_cannot_be_changed():
    found = analyse(P, T, LINE, COARSE, "any")
    assert analyse([*P], [*T], LINE, COARSE, "any") is found
    with pytest.raises(FrozenInstanceError):
        found.delta = 0.0


@pytest.mark.parametrize(
    ("part", "lists"),
    [("energy", "wme"), ("gradient", "wme"), ("emd", "wme"), ("largest", "wm"), ("subgradient_gap", "we")],
)
def test_every_cut_has_a_weight_a_mass_and_an_error(part, lists):
    found = analyse(P, T, LINE, COARSE, "scan")
    for name in lists:
        spoilt = replace(found, **{name: getattr(found, name)[:-1]})
        with pytest.raises(ValueError, match="argument"):
            getattr(spoilt, part)


def test_predictions_and_targets_have_the_same_classes():
    for t in (T[:-1], (*T, 0.0)):
        with pytest.raises(ValueError, match="argument"):
            cuts.cut_errors(P, t, LINE, COARSE, "any", 0.0, unequal=False)
    with pytest.raises(ValueError, match="argument"):
        cuts.cut_errors(P, T, Line((0.0, 1.0, 3.0)), COARSE, "any", 0.0, unequal=False)
