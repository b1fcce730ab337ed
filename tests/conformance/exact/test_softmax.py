"""Softmax, and values and gradients that pass through it."""

from fractions import Fraction
from math import exp, inf, log

import pytest
from emd_conformance import _exact
from emd_conformance._exact.interval import Interval, enclose

F = Fraction
Z = [0.5, -2.0, 1.0]
TOTAL = sum(map(exp, Z))


def test_softmax_of_equal_logits_is_uniform():
    z = [0.0, 0.0, 0.0]
    for x in _exact.softmax.probabilities(z):
        assert x.lo <= F(1, 3) <= x.hi
        assert x.narrow


def test_softmax_divides_the_exponentials_by_their_sum():
    wanted = [exp(z) / TOTAL for z in Z]
    assert [float(x.middle) for x in _exact.softmax.probabilities(Z)] == pytest.approx(wanted, rel=1e-13)
    assert float(_exact.softmax.log_total(Z, 256).middle) == pytest.approx(
        log(TOTAL) - 1, rel=1e-13
    )  # over the largest
    assert _exact.softmax.largest(Z) == 1
    off = _exact.softmax.differences(Z, [0.5, 0.5, 0], 256)
    assert [float(x.middle) for x in off] == pytest.approx([wanted[0] - 0.5, wanted[1] - 0.5, wanted[2]], rel=1e-13)


def test_logarithms_of_probabilities_are_not_normalised():
    found = _exact.softmax.probabilities(Z, "log-probabilities")
    assert [float(x.middle) for x in found] == pytest.approx([exp(z) for z in Z], rel=1e-13)
    off = _exact.softmax.differences(Z, [0, 0, 1], 256, "log-probabilities")
    assert float(off[2].middle) == pytest.approx(exp(1) - 1, rel=1e-13)


def test_a_logit_of_minus_infinity_has_probability_0():
    zero, one, other = _exact.softmax.probabilities([-inf, 2.0, -inf])
    assert zero == other == enclose(0)
    assert one == enclose(1)


def test_probabilities_have_a_denominator_of_so_many_bits():
    for bits in (64, 256):
        for x in _exact.softmax.enclosed([0.0, 0.5, -1.0], bits):
            assert x.lo.denominator <= 2**bits >= x.hi.denominator
            assert x.hi - x.lo <= F(1, 2 ** (bits - 4))


def test_the_chain_rule_subtracts_the_mean_slope():
    p, g = [enclose(F(1, 4)), enclose(F(3, 4))], [enclose(8), enclose(4)]  # of mean 5
    assert _exact.softmax.chain(p, g) == [enclose(F(3, 4)), enclose(F(-3, 4))]
    p = [Interval(F(1, 4), F(1, 2)), enclose(F(1, 2))]
    assert _exact.softmax.chain(p, [enclose(2), enclose(0)]) == [  # of mean 1/2 to 1
        Interval(F(1, 4), F(3, 4)),
        Interval(F(-1, 2), F(-1, 4)),
    ]


def test_enclosures_of_huge_logits_are_narrow():
    gradient = _exact.squared_emd.gradient_of_logits([1e4, 0.0, -1e4], [F(1, 2), F(1, 4), F(1, 4)])
    assert all(x.narrow for x in gradient)
    distance = _exact.cross_entropy.value_of_logits([1e4, 0.0, -1e4], [0, 0, 1]) - 20000
    assert distance.magnitude < F(1, 2**200)  # log(1 + e^-10000 + e^-20000)
