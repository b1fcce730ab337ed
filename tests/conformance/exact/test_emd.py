"""The exact EMD of probabilities and of logits, and how far a gradient is from being one (3.1 to 3.6)."""

from fractions import Fraction

import pytest
from emd_conformance._exact import emd
from emd_conformance._exact.grounds import LINE, Circle, Line, Matrix, Tree
from emd_conformance._exact.interval import Interval

F = Fraction
CLOCK = Matrix(((0, 1, 2, 1), (1, 0, 1, 2), (2, 1, 0, 1), (1, 2, 1, 0)))
GROUNDS = [LINE, Line((0, 1, 3, 4)), Circle(), Tree((3, 3, 1, -1), (2, 1, F(1, 2), 0)), CLOCK]
P, T = [F(1, 8), F(1, 2), F(1, 8), F(1, 4)], [F(1, 4), F(1, 8), F(1, 2), F(1, 8)]


@pytest.mark.parametrize("ground", GROUNDS)
def test_equal_logits_have_the_emd_of_the_uniform_distribution(ground):
    enclosure, value = emd.value_of_logits([3.0] * 4, T, ground), emd.value([F(1, 4)] * 4, T, ground)
    assert enclosure.lo <= value <= enclosure.hi
    assert enclosure.narrow


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_class_of_probability_0_has_the_emd_without_it(ground):
    enclosure = emd.value_of_logits([1.0, float("-inf"), 1.0, float("-inf")], T, ground)
    value = emd.value([F(1, 2), 0, F(1, 2), 0], T, ground)
    assert enclosure.lo <= value <= enclosure.hi
    assert enclosure.narrow


@pytest.mark.parametrize("ground", [Circle(), CLOCK])
def test_the_enclosure_is_as_wide_as_the_diameter_times_the_error(ground):
    p = [Interval(F(1, 4), F(3, 8)), Interval(F(1, 4), F(1, 4)), Interval(F(1, 8), F(1, 4)), Interval(F(1, 4), F(1, 4))]
    near = [
        F(5, 16),
        F(1, 4),
        F(3, 16),
        F(1, 4),
    ]  # the middles; 1/16 may be misplaced in two classes, by a distance of 2
    value = emd.value(near, T, ground)
    assert emd._nearby(p, T, ground) == Interval(value - F(1, 4), value + F(1, 4))


@pytest.mark.parametrize("ground", [Circle(), CLOCK])
def test_the_last_class_has_what_is_left_of_the_mass(ground):
    p = [Interval(F(1, 4), F(1, 4))] * 3 + [Interval(F(1, 4), F(1, 2))]
    value = emd.value([F(1, 4)] * 4, T, ground)
    assert emd._nearby(p, T, ground) == Interval(value - F(1, 2), value + F(1, 2))


def test_the_gap_is_that_computed_by_hand():
    """On a line the potentials of all mass on the left are -x_i: G_ij - g_i is least at i = j."""
    assert emd.subgradient_gap([2, 1, 0], [1, 0, 0], [0, 0, 1]) == 0
    assert emd.subgradient_gap([7, 6, 5], [1, 0, 0], [0, 0, 1]) == 0
    assert emd.subgradient_gap([0, 0, 0], [1, 0, 0], [0, 0, 1]) == 2
    assert emd.subgradient_gap([0, 1, 2], [1, 0, 0], [0, 0, 1]) == 2 - 0 + 2  # v_3 = min(2, 1 - 1, 0 - 2)
    assert emd.subgradient_gap([2, 0, 0], [F(1, 2), F(1, 2), 0], [0, 0, 1]) == F(3, 2) - 1  # v_3 = 0
    assert emd.subgradient_gap([0, 0, 0], [1, 0, 0], [0, 0, 1], emd=F(5)) == 5


def test_slopes_within_their_error_of_a_subgradient_have_no_gap():
    g, off, p, t = [F(5, 2), F(3, 4), 0], [F(1, 2), F(1, 4), 0], [F(1, 2), F(1, 2), 0], [0, 0, 1]
    assert emd.subgradient_gap(g, p, t) == F(3, 2) - F(13, 8) + F(1, 2)  # v_3 = 2 - 5/2
    assert emd.subgradient_gap(g, p, t, off=off) == F(3, 2) - 2 - 0  # <g + off, p> = 2, and v_3 = min(0, 1/2, 0)
