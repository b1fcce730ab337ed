"""The error of an answer as a multiple of the bound on the side where it lies."""

from fractions import Fraction

from emd_conformance._exact.interval import Interval
from emd_conformance._judging.allowed import FARTHEST, Allowed


def allowed(lo, exact_lo, exact_hi, hi):
    return Allowed(Interval(Fraction(exact_lo), Fraction(exact_hi)), Interval(Fraction(lo), Fraction(hi)))


def test_each_side_has_a_bound_of_its_own():
    a = allowed(0, 2, 3, 7)
    assert [a.ratio(Fraction(x)) for x in (2, 3, 1, 0, -2, 5, 7, 11)] == [0.0, 0.0, 0.5, 1.0, 2.0, 0.5, 1.0, 2.0]


def test_without_room_every_error_is_infinite():
    a = allowed(2, 2, 2, 3)
    assert [a.ratio(Fraction(x)) for x in (2, 1, 4)] == [0.0, float("inf"), 2.0]


def test_the_largest_ratios_are_those_that_a_float_can_hold():
    tiny = Fraction(1, 2**1100)
    a = allowed(-tiny, 0, 0, tiny)
    assert [a.ratio(Fraction(x)) for x in (2**1000, -(2**1000))] == [FARTHEST, FARTHEST]
    assert a.ratio(tiny * 10**299) == 1e299
