"""The cross-entropy of probabilities."""

from fractions import Fraction

from emd_conformance import _exact
from emd_conformance._exact.interval import Interval

F = Fraction


def test_cross_entropy_of_a_certain_label_is_zero():
    assert _exact.cross_entropy.value([1.0, 0.0], [1, 0]) == Interval(F(0), F(0))
