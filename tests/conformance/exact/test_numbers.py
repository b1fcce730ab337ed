"""Numbers are taken exactly: floats and fractions of any size, as integers over a common denominator."""

from fractions import Fraction
from math import inf

import numpy as np
import pytest
from emd_conformance._exact.interval import Interval
from emd_conformance._exact.numbers import common, differences, dot, fractions, length, nearest_float, one_hot

F = Fraction


def test_values_become_integers_over_their_least_common_denominator():
    assert common([0.5, F(1, 3), 2, -0.75]) == ([6, 4, 24, -9], 12)
    assert common([3, -1]) == ([3, -1], 1)
    assert common([]) == ([], 1)


def test_numbers_of_numpy_are_fractions():
    assert fractions([np.float32(0.1), np.float64(0.1)]) == [F(13421773, 2**27), F(0.1)]


def test_differences_are_taken_class_by_class():
    assert differences([0.5, F(1, 3)], [0.25, 1]) == ([3, -8], 12)


def test_a_label_has_all_mass_on_its_class():
    assert one_hot(1, 3) == [0, 1, 0]


@pytest.mark.parametrize(
    ("a", "b", "product"),
    [
        ([3], [5], 15),
        ([3, 2], [5, -7], 1),
        ([F(1, 2), F(1, 3)], [1, 1], F(5, 6)),
        ([Interval(F(1), F(2)), Interval(F(-1), F(3))], [2, 1], Interval(F(1), F(7))),
    ],
)
def test_an_inner_product_has_the_type_of_its_terms(a, b, product):
    assert dot(a, b) == product


@pytest.mark.parametrize(("x", "nearest"), [(F(1, 3), 1 / 3), (F(0), 0.0), (F(10**400), inf), (-F(10**400), -inf)])
def test_a_number_beyond_all_floats_is_infinite(x, nearest):
    assert nearest_float(x) == nearest


def test_the_length_of_a_vector_is_found_without_overflow():
    assert length([F(3), F(-4)]) == 5
    assert length([F(3 * 10**200), F(4 * 10**200)]) == pytest.approx(5e200)
    assert length([F(10**400), F(1)]) == inf
