"""Softmax, and values and gradients that pass through it."""

from fractions import Fraction

from emd_conformance import _exact

F = Fraction


def test_softmax_of_equal_logits_is_uniform():
    z = [0.0, 0.0, 0.0]
    for x in _exact.softmax.probabilities(z):
        assert x.lo <= F(1, 3) <= x.hi
        assert x.narrow


def test_enclosures_of_huge_logits_are_narrow():
    gradient = _exact.squared_emd.gradient_of_logits([1e4, 0.0, -1e4], [F(1, 2), F(1, 4), F(1, 4)])
    assert all(x.narrow for x in gradient)
    distance = _exact.cross_entropy.value_of_logits([1e4, 0.0, -1e4], [0, 0, 1]) - 20000
    assert distance.magnitude < F(1, 2**200)  # log(1 + e^-10000 + e^-20000)
