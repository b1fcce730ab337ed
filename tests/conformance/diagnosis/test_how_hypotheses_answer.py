"""What is declared is a hypothesis, which others change; its answers are intervals, in which those in floats lie."""

from fractions import Fraction
from math import inf, isnan, nan

import pytest
from emd_conformance import Declaration
from emd_conformance._diagnosis.changes import changed
from emd_conformance._diagnosis.hypothesis import (
    LARGEST,
    UNDEFINED,
    Change,
    Hypothesis,
    Inputs,
    Slack,
    _fraction,
    _wider,
    declared,
)
from emd_conformance._diagnosis.reductions import DEFECTS, _over
from emd_conformance._exact.interval import Interval
from small import P, T, case, samples

U = 2.0**-53


def test_what_hypotheses_are_tried_with():
    assert LARGEST == 12
    assert {*UNDEFINED} == {ZeroDivisionError, KeyError, ValueError, OverflowError, IndexError}


def test_what_is_not_finite_stays_what_it_is():
    assert _fraction(0.75) == Fraction(3, 4)
    assert _fraction(-inf) == -inf
    assert isnan(_fraction(nan))


def test_an_interval_is_widened_on_both_sides():
    assert _wider(Interval(Fraction(1), Fraction(2)), Fraction(1, 4)) == Interval(Fraction(3, 4), Fraction(9, 4))


def answers(of, guess=None, **options):
    guess = guess or declared(Declaration(**options))
    exact = guess.answer(samples(of, **options), Slack(U))
    rough = guess.estimate(Inputs(samples(of, **options), False))
    assert all(x.lo <= Fraction(y) <= x.hi for x, y in zip(exact, rough, strict=True))
    return rough


def test_the_declaration_is_a_hypothesis_of_its_own():
    two = case((P, T), (T, T))
    assert answers(two) == [0.125, 0.0]
    assert answers(two, computes="W1") == [0.5, 0.0]
    assert answers(two, reduction="mean") == [0.0625]
    assert answers(two, reduction="sum") == [0.125]
    assert answers(two, reduction="mean", batched=False) == [0.125, 0.0]
    assert declared(Declaration()).changes == ()


def test_further_changes_are_added_to_those_before():
    base, first, second = declared(Declaration()), Change("a", {"coupled": True}), Change("b", {"coupled": False})
    one = changed(base, first)
    assert isinstance(one, Hypothesis)
    assert (one.coupled, one.changes) == (True, (first,))
    assert (changed(one, second).coupled, changed(one, second).changes) == (False, (first, second))
    assert changed(base, first, second).coupled is False
    assert answers(case((P, T), (T, T)), one) == [0.0625]
    falling = changed(base, Change("c", {"after": lambda ratio: 1 - ratio}))
    assert answers(case(), falling) == [0.875]


@pytest.mark.parametrize("values", [[0.0, 2.0**-40], [0.0, 2.0**-41]])
def test_numbers_up_to_2_to_the_minus_40_count_as_zeros(values):
    assert DEFECTS["mean-of-nonzero"]([*values, 3.0]) == [3.0]
    assert DEFECTS["mean-of-nonzero"](values) == [pytest.approx(values[1] / 2, rel=1e-12, abs=0)]
    assert DEFECTS["mean-of-nonzero"]([2.0**-39, 0.0]) == [2.0**-39]


def test_a_sum_over_a_number_is_an_interval_of_intervals():
    assert _over([1.0, 2.0], 4) == 0.75
    assert _over([Interval(Fraction(1), Fraction(2)), Interval(Fraction(0), Fraction(4))], 2) == Interval(
        Fraction(1, 2), Fraction(3)
    )
    assert _over([], 4) == 0
