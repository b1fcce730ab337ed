"""The sums of terms, as intervals: with weights that are fractions, or negative."""

from fractions import Fraction

import pytest
from emd_conformance._diagnosis.norms import SMALL, estimates, norms

ERROR = Fraction(1, 1000)
HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


@pytest.mark.parametrize(
    ("terms", "squared", "absolute", "weight", "size", "squares"),
    [
        ([(HALF, QUARTER), (3 * HALF, -HALF)], Fraction(13, 32), Fraction(7, 8), 2, Fraction(7, 8), Fraction(13, 32)),
        ([(-HALF, QUARTER)], Fraction(-1, 32), Fraction(-1, 8), HALF, Fraction(1, 8), Fraction(1, 32)),
        ([(1, Fraction(1))], 1, 1, 1, 1, 1),
        ([], 0, 0, 0, 0, 0),
    ],
)
def test_each_value_has_an_error(terms, squared, absolute, weight, size, squares):
    found = norms(terms, ERROR, None)
    off = 2 * ERROR * size + ERROR**2 * weight + ERROR * squares
    away = ERROR * weight + ERROR * abs(absolute)
    assert (found["E"].lo, found["E"].hi) == (squared - off, squared + off)
    assert (found["W1"].lo, found["W1"].hi) == (absolute - away, absolute + away)


def test_only_an_integer_1_stands_in_the_place_of_a_weight():
    assert norms([(1, 2)], ERROR, None) == norms([(1, Fraction(2))], ERROR, None)
    assert norms([(1, 1)], ERROR, None) != norms([(1, Fraction(1))], ERROR, None)


def test_six_hundred_terms_are_few():
    assert SMALL == 600


def test_a_weight_is_that_of_each_estimate():
    terms = [(HALF, QUARTER), (-1, -HALF)]
    assert estimates(terms, None) == {"E": 1 / 32 - 1 / 4, "W1": 1 / 8 - 1 / 2}
    assert estimates(terms, lambda v: v + 1) == {"E": 5 / 8 - 3 / 2, "W1": 1 / 8 - 1 / 2}
