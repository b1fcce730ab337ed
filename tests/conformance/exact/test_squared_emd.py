"""The squared EMD of logits and logarithms: exact values, and gradients that are slopes (5.4 to 5.7)."""

from fractions import Fraction
from math import exp, log

import pytest
from emd_conformance._exact import squared_emd
from emd_conformance._exact.grounds import LINE, Circle, Line, Matrix, Tree

F = Fraction
GROUNDS = [
    LINE,
    Line((0, F(1, 2), 3)),
    Circle(),
    Tree((3, 3, 1, -1), (2, 1, F(1, 2), 0)),
    Matrix(((0, 3, 1), (3, 0, 2), (1, 2, 0))),
]
X, T = [0.5, -1.25, 2.0], [F(1, 4), F(1, 8), F(5, 8)]


def test_the_simplex_gradient_has_mean_0():
    assert squared_emd.simplex_gradient([1, 2, F(9, 2)]) == [F(-3, 2), F(-1, 2), 2]
    assert squared_emd.simplex_gradient([F(7, 3)]) == [0]


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("encoding", ["logits", "log-probabilities"])
def test_the_value_is_that_of_the_probabilities(ground, encoding):
    p = [exp(x) for x in X]
    p = p if encoding == "log-probabilities" else [p_j / sum(p) for p_j in p]
    enclosure = squared_emd.value_of_logits(X, T, ground, encoding)
    assert enclosure.narrow
    assert float(enclosure.middle) == pytest.approx(float(squared_emd.value(p, T, ground)), rel=1e-13)


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_gradient_with_respect_to_logits_is_the_slope(ground):
    step = F(1, 2**60)
    g = squared_emd.gradient_of_logits(X, T, ground)
    for j in range(3):
        ends = [[F(x) + sign * step * (i == j) for i, x in enumerate(X)] for sign in (1, -1)]
        up, down = (squared_emd.value_of_logits(x, T, ground).middle for x in ends)
        assert abs((up - down) / (2 * step) - g[j].middle) < F(1, 10**30)
        assert g[j].narrow


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_gradient_with_respect_to_logarithms_is_projected(ground):
    p = [0.5, 0.125, 0.375]
    h = squared_emd.gradient_of_logits([log(x) for x in p], T, ground, "log-probabilities")
    g = squared_emd.gradient(p, T, ground)
    mean = sum(a * F(b) for a, b in zip(g, p, strict=True))
    for h_j, p_j, g_j in zip(h, p, g, strict=True):
        assert float(h_j.middle) == pytest.approx(float(F(p_j) * (g_j - mean)), rel=1e-13, abs=1e-15)
