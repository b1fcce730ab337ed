"""The penalty R = Σ p_i² (G_ik^ω + μ) and its gradient."""

from fractions import Fraction
from math import exp

import pytest
from emd_conformance import _exact
from emd_conformance._exact.grounds import LINE, Circle, Line, Matrix, Tree
from emd_conformance._exact.interval import enclose

F = Fraction


def test_the_penalty_is_that_computed_by_hand():
    p, rows = [F(1, 2), F(1, 4), F(1, 4)], Matrix(((0, F(1, 2), 1), (F(1, 2), 0, F(1, 2)), (1, F(1, 2), 0)))
    assert _exact.penalty.value(p, [1, 0, 0], rows) == enclose(F(1, 16) * (F(1, 2) + 1))
    assert _exact.penalty.value(p, [1, 0, 0], rows, exponent=2, bias=F(-1, 4)) == enclose(F(-1, 16) + F(3, 64))
    assert _exact.penalty.gradient(p, [1, 0, 0], rows) == [enclose(x) for x in (0, F(1, 4), F(1, 2))]
    for exponent in (1, 2, 3):
        by_hand = (F(1, 4) + F(1, 16)) * (F(1, 2) ** exponent + F(1, 4)) + F(1, 16) * F(1, 4)
        assert _exact.penalty.value(p, [0, 1, 0], rows, exponent, F(1, 4)) == enclose(by_hand)


def test_half_power_is_a_square_root():
    rows = Matrix(((0, 2), (2, 0)))
    enclosure = _exact.penalty.value([0, 1], [1, 0], rows, exponent=0.5)
    assert enclosure.narrow
    assert enclosure.lo**2 <= 2 <= enclosure.hi**2


X = (0.0, 1.0, 3.5, 4.0)
GROUNDS = {
    "line": (LINE, lambda i, k: abs(i - k)),
    "positions": (Line(X), lambda i, k: abs(X[i] - X[k])),
    "circle": (Circle(), lambda i, k: min(abs(i - k), 4 - abs(i - k))),
    "star": (
        Tree((4, 4, 4, 4, -1), (1, 2, 0.5, 3, 0)),
        lambda i, k: (i != k) * ((1, 2, 0.5, 3)[i] + (1, 2, 0.5, 3)[k]),
    ),
}
Z, T = (0.5, -1.0, 0.25, 1.5), (0.25, 0.0, 0.5, 0.1875)  # of mass 0.9375


@pytest.mark.parametrize(("ground", "distance"), GROUNDS.values(), ids=GROUNDS)
@pytest.mark.parametrize("exponent", [0.5, 1, 1.5, 2, 3])
@pytest.mark.parametrize("bias", [-0.25, 0, 0.5])
def test_every_target_takes_its_share(ground, distance, exponent, bias):
    """The values of 6.2 and 6.4, evaluated in floats."""
    f = [sum(t_k * (distance(i, k) ** exponent + bias) for k, t_k in enumerate(T)) for i in range(4)]
    given = (T, ground, exponent, bias)
    p = (0.5, 0.125, 0.25, 0.125)
    R, g = sum(x * x * f_i for x, f_i in zip(p, f, strict=True)), [2 * x * f_i for x, f_i in zip(p, f, strict=True)]
    assert float(_exact.penalty.value(p, *given).middle) == pytest.approx(R, rel=1e-13)
    assert [float(x.middle) for x in _exact.penalty.gradient(p, *given)] == pytest.approx(g, rel=1e-13)
    for encoding in ("logits", "log-probabilities"):
        powers = [exp(z) for z in Z]
        p = [x / sum(powers) for x in powers] if encoding == "logits" else powers
        R = sum(x * x * f_i for x, f_i in zip(p, f, strict=True))
        g = [2 * x * f_i for x, f_i in zip(p, f, strict=True)]
        mean = sum(a * b for a, b in zip(p, g, strict=True))
        h = [p_i * (g_i - mean) for p_i, g_i in zip(p, g, strict=True)]
        assert float(_exact.penalty.value_of_logits(Z, *given, encoding).middle) == pytest.approx(R, rel=1e-13)
        found = _exact.penalty.gradient_of_logits(Z, *given, encoding)
        assert [float(x.middle) for x in found] == pytest.approx(h, rel=1e-12)
        assert all(x.narrow for x in found)


def test_without_options_the_exponent_is_1_and_the_bias_0():
    p, t = (0.5, 0.125, 0.25, 0.125), (0, 1, 0, 0)
    assert _exact.penalty.value(p, t, LINE) == enclose(F(1, 4) + F(1, 16) + F(2, 64))
    assert _exact.penalty.gradient(p, t, LINE) == [enclose(x) for x in (1, 0, F(1, 2), F(1, 2))]
    for function in (_exact.penalty.value_of_logits, _exact.penalty.gradient_of_logits):
        assert function(Z, t, LINE) == function(Z, t, LINE, 1, 0)


def test_whole_powers_are_exact():
    found = _exact.penalty.factors((0, 0, 1, 0), LINE, 3, F(1, 2))
    assert found == [enclose(x + F(1, 2)) for x in (8, 1, 0, 1)]
    half = _exact.penalty.factors((0.5, 0, 0, 0), Line(X), 2, F(1, 2))
    assert half == [enclose(x / 2 + F(1, 4)) for x in (F(0), F(1), F(49, 4), F(16))]
