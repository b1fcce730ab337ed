"""The values from which formulas are made, by hand."""

from fractions import Fraction

import pytest
from emd_conformance._diagnosis.terms import (
    NotComparedError,
    centred,
    cumulative,
    differences,
    mean,
    require_few,
    specified,
)
from emd_conformance._exact.grounds import Circle, Line


def test_values_are_differences_and_their_sums():
    assert differences([5, 1, 2], [1, 3, 2]) == [4, -2, 0]
    assert cumulative([5, 1, 2], [1, 3, 2]) == [4, 2, 2]
    assert (mean([1, 2, 6]), centred([1, 2, 6])) == (3, [-2, -1, 3])


@pytest.mark.parametrize("t", [[1], [1, 2, 3]])
def test_a_prediction_and_a_target_have_the_same_classes(t):
    with pytest.raises(ValueError, match="zip"):
        differences([1, 2], t)


def test_formulas_of_all_pairs_are_for_at_most_100_classes():
    require_few(100)
    with pytest.raises(NotComparedError):
        require_few(101)


def test_the_specified_terms_are_the_weights_and_masses_of_cuts():
    p, t = [Fraction(3), Fraction(1), Fraction(0)], [Fraction(1), Fraction(1), Fraction(2)]
    assert specified(p, t, Line()) == [(1, 2), (1, 2), (1, 0)]
    assert specified(p, t, Line((0, 3, 4))) == [(3, 2), (1, 2), (0, 0)]
    assert specified(p, t, Circle()) == [(Fraction(1, 2), 2), (Fraction(1, 2), 0), (Fraction(1, 2), -2)]
    assert specified([0.5, 0.5], [0.0, 1.0], Line()) == [(1, 0.5), (1, 0.0)]
