"""The penalty R = Σ p_i² (G_ik^ω + μ) and its gradient."""

from fractions import Fraction

from emd_conformance import _exact
from emd_conformance._exact.grounds import Matrix
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
