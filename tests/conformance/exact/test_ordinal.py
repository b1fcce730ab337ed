"""The outputs of ordinal models (1.9): exact probabilities, and gradients against differences (5.10)."""

from fractions import Fraction
from math import exp, prod

import emd_conformance
import pytest
from emd_conformance._exact import ordinal, squared_emd
from emd_conformance._exact.interval import enclose
from emd_conformance._exact.ordinal import OUTPUTS

Z, T = [0.75, -0.5, -1.25], [0.125, 0.25, 0.5, 0.125]


def sigmoid(z):
    return 1 / (1 + exp(-z))


def test_the_probabilities_are_differences_of_exceedance_probabilities():
    S = {
        "cumulative-logits": [sigmoid(z) for z in Z],
        "conditional-logits": [prod(map(sigmoid, Z[: k + 1])) for k in range(3)],
    }
    for output, exceeding in S.items():
        p = [float(x.middle) for x in ordinal.probabilities(Z, 256, output)]
        assert sum(p) == pytest.approx(1, abs=1e-15)
        assert [sum(p[k + 1 :]) for k in range(3)] == pytest.approx(exceeding, rel=1e-14)


def test_there_is_one_class_more_than_logits():
    assert OUTPUTS == ("cumulative-logits", "conditional-logits")
    for output in OUTPUTS:
        assert [x.middle for x in ordinal.probabilities([0.0], 256, output)] == [Fraction(1, 2)] * 2


def test_a_sigmoid_is_enclosed():
    for z in (Fraction(-3), Fraction(0), Fraction(7, 2)):
        below, above = ordinal.sigmoid(z, 256), ordinal.sigmoid(-z, 256)
        assert below.lo + above.lo <= 1 <= below.hi + above.hi
        assert float(below.middle) == pytest.approx(sigmoid(z), rel=1e-14)
        assert below.narrow


def test_products_of_sigmoids_keep_twice_the_bits():
    for bits in (64, 256):
        found = ordinal.exceedances(Z, bits, "conditional-logits")
        assert max(x.lo.denominator for x in found) == 2 ** (2 * bits)
        assert all(x.hi - x.lo < Fraction(1, 2 ** (bits - 3)) for x in found)


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_chain_rule_is_that_of_the_specification(output):
    g, s = [2, -1, 0.5, 3], [sigmoid(z) for z in Z]
    S = s if output == "cumulative-logits" else [prod(s[: k + 1]) for k in range(3)]
    slopes = [S[k] * (g[k + 1] - g[k]) for k in range(3)]
    wanted = [(1 - s[i]) * (slopes[i] if output == "cumulative-logits" else sum(slopes[i:])) for i in range(3)]
    found = ordinal.chain(Z, [enclose(Fraction(x)) for x in g], 256, output)
    assert [float(x.middle) for x in found] == pytest.approx(wanted, rel=1e-13)


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_gradient_is_the_limit_of_differences(output):
    step = Fraction(1, 2**60)
    g = squared_emd.gradient_of_logits(Z, T, encoding=output)
    for i in range(3):
        ends = [[Fraction(z) + sign * step * (j == i) for j, z in enumerate(Z)] for sign in (1, -1)]
        up, down = (squared_emd.value_of_logits(z, T, encoding=output).middle for z in ends)
        assert abs((up - down) / (2 * step) - g[i].middle) < Fraction(1, 10**30)


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_cases_are_asked_of_ordinal_models_alone(output):
    cases = emd_conformance.vectors(output)
    assert {len(row) for case in cases for row in case.predicted} == {case.classes - 1 for case in cases}
    if output == "cumulative-logits":
        assert all([*row] == sorted(row, reverse=True) for case in cases for row in case.predicted)
