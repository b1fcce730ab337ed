"""The error of an answer as a multiple of the bound on the side where it lies."""

from fractions import Fraction

import pytest
from emd_conformance._bounds.precision import PRECISIONS
from emd_conformance._exact.interval import Interval
from emd_conformance._judging.allowed import FARTHEST, Allowed


def allowed(lo, exact_lo, exact_hi, hi):
    return Allowed(Interval(Fraction(exact_lo), Fraction(exact_hi)), Interval(Fraction(lo), Fraction(hi)))


def test_each_side_has_a_bound_of_its_own():
    a = allowed(0, 2, 3, 7)
    assert [a.ratio(Fraction(x)) for x in (2, 3, 1, 0, -2, 5, 7, 11)] == [0.0, 0.0, 0.5, 1.0, 2.0, 0.5, 1.0, 2.0]
    assert (a.room(above=False), a.room(above=True)) == (2, 4)


def test_an_error_may_be_a_fraction_of_a_fraction():
    a = allowed(0, Fraction(1, 3), Fraction(2, 3), Fraction(4, 5))
    assert [a.ratio(Fraction(x)) for x in ("1/4", "-1/6", "11/15", "1")] == [0.25, 1.5, 0.5, 2.5]


@pytest.mark.parametrize("hi", [2, 1])
def test_without_room_every_error_is_infinite(hi):
    a = allowed(2, 2, 2, hi)
    assert [a.ratio(Fraction(x)) for x in (2, 1, 4)] == [0.0, float("inf"), float("inf")]
    assert allowed(2, 2, 2, 3).ratio(Fraction(4)) == 2.0


def test_the_largest_ratios_are_those_that_a_float_can_hold():
    tiny = Fraction(1, 2**1100)
    a = allowed(-tiny, 0, 0, tiny)
    assert [a.ratio(Fraction(x)) for x in (2**1000, -(2**1000))] == [FARTHEST, FARTHEST]
    assert a.ratio(tiny * 10**299) == 1e299


@pytest.mark.parametrize(("dtype", "half"), [("float16", Fraction(1, 2**25)), ("float64", Fraction(1, 2**1075))])
def test_a_product_with_a_power_of_2_rounds_only_the_smallest_numbers(dtype, half):
    """By half of the smallest number of the format."""
    product = allowed(0, 1, 2, 4).times(Fraction(-2), PRECISIONS[dtype])
    assert product == allowed(-8 - half, -4, -2, half)
