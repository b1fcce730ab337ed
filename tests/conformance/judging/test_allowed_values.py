"""The values that are allowed: those of 7.3, carried through the expression, the weights and the reduction."""

from fractions import Fraction

import pytest
from emd_conformance import _bounds
from emd_conformance._bounds.precision import FLOAT16, FLOAT64, PRECISIONS
from emd_conformance._exact.grounds import LINE
from emd_conformance._exact.interval import Interval, enclose
from emd_conformance._judging.allowed import Allowed, allowed_value, allowed_values, share, slopes, weighted
from small import P, T, case, labelled, sample, samples

NATIVE, U, TAU = FLOAT64.native(), Fraction(1, 2**53), Fraction(1, 2**1022)
E, W1 = Fraction(1, 8), Fraction(1, 2)
Q = (0.25, 0.5, 0.25)  # with T, D = (0, 1/4, 0)
FORMS = pytest.mark.parametrize("form", ["any", "scan"])


def bound(form, p=P, t=T):
    return _bounds.squared_emd.value(p, t, LINE, NATIVE, form)


def around(lo, hi, rounding):
    """The interval from lo to hi, and so many times its largest number further."""
    return Interval(lo - rounding * hi, hi + rounding * hi)


@FORMS
@pytest.mark.parametrize(("computes", "operations", "divisor"), [("E", 0, 1), ("E/C", 1, 3), ("E/(C - 1)", 2, 2)])
def test_each_operation_adds_two_roundings(computes, operations, divisor, form):
    found = allowed_value(sample(computes=computes), form)
    assert found.exact == enclose(E / divisor)
    b = bound(form)
    assert found.range == around((E - b) / divisor, (E + b) / divisor, 2 * operations * U)


@FORMS
def test_a_value_without_a_reduction_is_rounded_once_and_computed_once(form):
    three = samples(case((P, Q, P), (T,) * 3))
    first, other, again = allowed_values(three, three[0].declared, form)
    assert first.range == around(E - bound(form), E + bound(form), U)
    assert other.range == around(E / 2 - bound(form, Q), E / 2 + bound(form, Q), U)
    assert first is again
    assert allowed_values(three, three[0].declared, form)[1] is other


def reduced(of, **options):
    (found,) = allowed_values(samples(of, **options), sample(**options).declared, "any")
    return found


@pytest.mark.parametrize(("reduction", "N"), [("sum", 1), ("mean", 2)])
def test_a_sum_of_two_values_adds_four_roundings_and_that_of_the_result(reduction, N):
    found = reduced(case((P, Q), (T,) * 2), reduction=reduction)
    b = bound("any") + bound("any", Q)
    total = around(3 * E / 2 - b, 3 * E / 2 + b, 4 * U) * Fraction(1, N)
    assert found.exact == enclose(3 * E / 2 / N)
    assert found.range == around(total.lo, total.hi, U)


def test_one_sample_a_call_has_no_reduction():
    options = {"reduction": "mean", "batched": False}
    two = samples(case((P, Q), (T,) * 2), **options)
    assert [a.exact for a in allowed_values(two, two[0].declared, "any")] == [enclose(E), enclose(E / 2)]


def test_a_weighted_mean_adds_the_roundings_of_two_sums_and_of_each_product():
    """Labels 0 and 1 have the weights 1/2 and 3/2, and D = (-1/2, -1/4) and (1/2, -1/4): E is 5/16 for both."""
    options = {"target": "labels", "call": "p, k, class_weight", "reduction": "weighted-mean"}
    found = reduced(labelled(0, 1), **options)
    value, parts = Fraction(5, 16), []
    for w, t in ((Fraction(1, 2), (1.0, 0.0, 0.0)), (Fraction(3, 2), (0.0, 1.0, 0.0))):
        part = around(w * (value - bound("any", P, t)), w * (value + bound("any", P, t)), 4 * U)
        parts.append(Interval(part.lo - TAU, part.hi + TAU))
    lo, hi = sum(x.lo for x in parts), sum(x.hi for x in parts)
    mean = around(lo, hi, (2 * 2 + 2) * U) * Fraction(1, 2)
    assert found.exact == enclose(value)
    assert found.range == around(mean.lo, mean.hi, U)


@pytest.mark.parametrize(
    ("dtype", "compute", "u", "least"),
    [("float64", None, U, TAU), ("float16", "float64", U, Fraction(1, 2**24)), ("float16", None, 2**-11, 2**-14)],
)
@pytest.mark.parametrize("summed", [0, 7])
def test_a_product_with_weights_adds_four_roundings_and_one_for_each_that_is_summed(dtype, compute, u, least, summed):
    options = {"target": "labels", "call": "p, k, class_weight", "dtype": dtype, "compute_dtype": compute}
    value = Allowed(Interval(Fraction(-6), Fraction(2)), Interval(Fraction(-8), Fraction(4)))
    found = weighted(value, sample(labelled(1), **options), summed=summed)
    assert found.exact == Interval(Fraction(-9), Fraction(3))
    rounding = Fraction(u) * (4 + summed) * 12 + Fraction(least)
    assert found.range == Interval(-12 - rounding, 6 + rounding)


def test_a_weight_of_0_leaves_exactly_0_and_without_weights_nothing_changes():
    value = Allowed(enclose(3), Interval(Fraction(2), Fraction(4)))
    assert weighted(value, sample(case(checksums=(3,)), call="p, t, w")) == Allowed(enclose(0), enclose(0))
    assert weighted(value, sample(), summed=5) is value


@pytest.mark.parametrize(("value", "has_room"), [(65504, True), (Fraction(131009, 2), False)])
def test_beyond_the_largest_number_the_bound_is_of_no_use(value, has_room):
    of = case(expected={"E": (enclose(value),)})
    found = allowed_value(sample(of, dtype="float16"), "any")
    assert Fraction(FLOAT16.largest) == 65504
    assert (found.range.hi > found.exact.hi) == has_room


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_the_result_is_rounded_to_the_output_format(dtype):
    (plain,) = allowed_values([sample(dtype=dtype, compute_dtype="float64")], sample(dtype=dtype).declared, "any")
    before = allowed_value(sample(dtype=dtype, compute_dtype="float64"), "any").range
    unit = Fraction(PRECISIONS[dtype].output_unit)
    assert plain.range == around(before.lo, before.hi, unit)


def test_slopes_hold_for_all_values_that_are_allowed():
    b = _bounds.emd.value(P, T, LINE, NATIVE, "any")
    assert slopes(sample(computes="W1*W1"), "any") == {"W1": Interval(2 * (W1 - b), 2 * (W1 + b))}


def test_what_a_sum_is_divided_by():
    four = samples(case((P,) * 4, (T,) * 4), reduction="mean")
    assert share(four) == 4
    assert share(four[1:2]) == 1
    assert share([]) == 1
