"""The gradients that are allowed: the chain rule over the quantities, each with its bound (5.9, 7.3)."""

from fractions import Fraction

import pytest
from emd_conformance import _bounds
from emd_conformance._bounds.precision import FLOAT64, PRECISIONS
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.grounds import LINE
from emd_conformance._exact.interval import Interval, enclose
from emd_conformance._judging.allowed import allowed_gradient
from emd_conformance._judging.quantities import bound, exact, exact_gradient, gradient_bound
from small import P, T, case, sample

NATIVE, U = FLOAT64.native(), Fraction(1, 2**53)
CENTRED = [Fraction(1, 2), Fraction(0), Fraction(-1, 2)]
LEAST = Fraction(1, 2**1075)  # half of the smallest number


def rounded(lo, hi):
    magnitude = max(abs(lo), abs(hi))
    by = max(U * magnitude, LEAST)
    return Interval(lo - by, hi + by)


@pytest.mark.parametrize("form", ["any", "scan"])
@pytest.mark.parametrize(("computes", "operations", "divisor"), [("E", 0, 1), ("E/C", 1, 3), ("E/(C - 1)", 2, 2)])
def test_each_operation_adds_two_roundings_and_the_classes_one_each(computes, operations, divisor, form):
    found = allowed_gradient(sample(computes=computes), form)
    (off,) = {*gradient_bound(sample(), "E", form)}
    unit = (2 * operations + 3 * (operations > 0)) * U
    for allowed, g in zip(found, CENTRED, strict=True):
        assert allowed.exact == enclose(g / divisor)
        lo, hi = (g - off) / divisor, (g + off) / divisor
        magnitude = unit * max(abs(lo), abs(hi))
        assert allowed.range == rounded(lo - magnitude, hi + magnitude)


def test_a_product_of_two_quantities_has_the_slopes_of_both():
    """E = 1/8 and R = 13/32, with the gradients (1, 1/2, 0) and 2 p_i f_i = (5/4, 3/8, 3/8)."""
    of = sample(computes="E*R")
    mean = Fraction(2, 3)
    R = [Fraction(5, 4) - mean, Fraction(3, 8) - mean, Fraction(3, 8) - mean]
    found = [a.exact for a in allowed_gradient(of, "any")]
    assert found == [enclose(Fraction(13, 32) * e + Fraction(1, 8) * r) for e, r in zip(CENTRED, R, strict=True)]


@pytest.mark.parametrize(
    ("input", "entries"), [("probabilities", 3), ("logits", 3), ("cdf", 2), ("cumulative", 2), ("log-probabilities", 3)]
)
def test_the_emd_is_left_out(input, entries):
    of = sample(case(input="logits" if input == "logits" else "probabilities"), input=input, computes="W1")
    found = allowed_gradient(of, "any")
    assert [(a.exact, a.range) for a in found] == [(enclose(0), Interval(-LEAST, LEAST))] * entries


@pytest.mark.parametrize(("form", "unequal"), [("any", False), ("scan", False), ("any", True)])
def test_unequal_masses_have_a_bound_of_their_own(form, unequal):
    p = (0.5, 0.25, 0.375)
    of = sample(case((p,), needs=("off-simplex",) if unequal else ()))
    assert bound(of, "E", form) == _bounds.squared_emd.value(p, T, LINE, NATIVE, form, unequal)


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize(("input", "entries"), [("probabilities", 3), ("cdf", 2), ("cumulative", 2)])
def test_an_entry_is_rounded_before_its_mean_is_subtracted(dtype, input, entries):
    """So is the mean: two roundings of the largest entry, 2 Σ |D_k| = 1, in the output format."""
    form = PRECISIONS[dtype].native()
    rounding = 2 * Fraction(form.output_unit) * _bounds.squared_emd.gradient_size(P, T, LINE, form)
    entry = _bounds.squared_emd.simplex_gradient(P, T, LINE, form, "any") + rounding
    assert gradient_bound(sample(input=input, dtype=dtype), "E", "any") == [entry] * entries


def test_what_a_case_states_is_not_computed_again():
    stated = {"E": (enclose(7),)}, {"E": ((enclose(6), enclose(0), enclose(0)),)}
    of = case(expected=stated[0], gradient=stated[1])
    assert (exact(sample(of), "E"), exact(sample(of), "W1")) == (enclose(7), enclose(Fraction(1, 2)))
    assert exact_gradient(sample(of), "E") == [enclose(4), enclose(-2), enclose(-2)]
    logits = case(input="logits", expected=stated[0], gradient=stated[1])
    assert exact_gradient(sample(logits, input="logits"), "E") == [enclose(6), enclose(0), enclose(0)]
    assert exact(sample(of, input="log-probabilities"), "E") != enclose(7)


def test_the_quotients_of_a_cross_entropy_are_enclosed_to_400_bits():
    """-t_j / p_j is -1/3 for p_0 = 3/4 and t_0 = 1/4, and -3 for the other; the mean of both is -5/3."""
    first, second = exact_gradient(sample(case(((0.75, 0.25),), ((0.25, 0.75),), classes=2), computes="XE"), "XE")
    assert first.lo <= Fraction(4, 3) <= first.hi
    assert second.lo <= Fraction(-4, 3) <= second.hi
    assert first.hi - first.lo == Fraction(1, 2**400) + Fraction(1, 2**401)  # of the entry and of half of it


LOGS, INVERSE = (-1.0, -1.0), Fraction("0.3678794411714423216")  # 1/e


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("E", (INVERSE - 1) ** 2 + (2 * INVERSE - 1) ** 2),
        ("W1", Fraction(1, 2)),
        ("XE", 1),
        ("R", INVERSE**2),
    ],
)
def test_logarithms_are_of_probabilities_but_the_emd_compares_equal_masses(name, value):
    """With e^-1 twice, and label 0, E = (1/e - 1)² + (2/e - 1)², XE = 1 and R = e^-2 (5.7)."""
    declared = Declaration(input="log-probabilities", target="labels", computes=name)
    of = Sample(case((LOGS,), None, labels=(0,), classes=2), 0, LOGS, declared)
    assert abs(exact(of, name).middle - value) < Fraction(1, 10**16)
