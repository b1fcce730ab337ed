"""The cross-entropy of probabilities, logits and logarithms, and its gradients (6.1, 6.4)."""

from fractions import Fraction
from math import exp, inf, log, log1p

import pytest
from emd_conformance import _exact
from emd_conformance._exact.interval import INFINITY, Interval, enclose

F = Fraction
P, T = [0.5, 0.125, 0.375], [0.25, 0.75, 0.0]
Z = [0.5, -2.0, 1.0]
TOTAL = sum(map(exp, Z))


def near(enclosures, values):
    assert all(x.narrow for x in enclosures)
    assert [float(x.middle) for x in enclosures] == pytest.approx(values, rel=1e-13)


def test_cross_entropy_of_a_certain_label_is_zero():
    assert _exact.cross_entropy.value([1.0, 0.0], [1, 0]) == Interval(F(0), F(0))


def test_the_value_is_the_mean_of_negative_logarithms():
    near([_exact.cross_entropy.value(P, T)], [0.25 * log(2) + 0.75 * log(8)])
    near([_exact.cross_entropy.value([0.5, 0, 0.5], [0.5, 0, 0.5])], [log(2)])  # 0 log 0 = 0


def test_a_target_of_probability_0_costs_infinitely_much():
    assert _exact.cross_entropy.value([1, 0], [0.5, 0.5]) == INFINITY
    for encoding in ("logits", "log-probabilities"):
        assert _exact.cross_entropy.value_of_logits([0.0, -inf], [0.5, 0.5], encoding) == INFINITY
        assert _exact.cross_entropy.value_of_logits([0.0, -inf], [1, 0], encoding) == Interval(F(0), F(0))


def test_the_gradient_is_exact():
    assert _exact.cross_entropy.gradient(P, T) == [enclose(x) for x in (F(-1, 2), -6, 0)]
    assert _exact.cross_entropy.gradient([1, 0], [1, 0]) == [enclose(-1), enclose(0)]


@pytest.mark.parametrize("mass", [1.0, 0.75])
def test_of_logits(mass):
    t = [0.25 * mass, 0.75 * mass, 0.0]
    value = _exact.cross_entropy.value_of_logits(Z, t)
    near([value], [mass * log(TOTAL) - sum(a * b for a, b in zip(Z, t, strict=True))])
    g = _exact.cross_entropy.gradient_of_logits(Z, t)
    near(g, [mass * exp(z) / TOTAL - t_j for z, t_j in zip(Z, t, strict=True)])


@pytest.mark.parametrize("mass", [1.0, 0.75])
def test_of_logarithms_of_probabilities(mass):
    x, t = [-0.5, -1.25, -1.0], [0.25 * mass, 0.75 * mass, 0.0]
    value = _exact.cross_entropy.value_of_logits(x, t, "log-probabilities")
    assert value == enclose(F(mass) * (F(1, 8) + F(15, 16)))
    g = _exact.cross_entropy.gradient_of_logits(x, t, "log-probabilities")
    near(g, [mass * exp(x_j) - t_j for x_j, t_j in zip(x, t, strict=True)])


def test_the_smallest_differences_are_not_lost():
    near([_exact.cross_entropy.value_of_logits([0.0, -600.0], [1, 0])], [log1p(exp(-600))])
