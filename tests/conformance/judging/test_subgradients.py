"""A gradient of the EMD is judged by its optimality gap, with the error that each of its entries may have (3.6)."""

from fractions import Fraction
from math import inf

import pytest
from emd_conformance import _bounds
from emd_conformance._bounds.precision import FLOAT64
from emd_conformance._declaration.expression import UNLIMITED
from emd_conformance._exact.grounds import LINE
from emd_conformance._judging import subgradients
from emd_conformance._judging.allowed import FARTHEST, allowed_gradient
from emd_conformance._judging.subgradients import Subgradient, optimality_gap
from small import P, T, case, sample

NATIVE, U = FLOAT64.native(), Fraction(1, 2**53)
LEAST = Fraction(1, 2**1075)  # half of the smallest number
FARTHEST_CLASSES = 3  # Σ w of three ordered classes, which no distance exceeds
LARGEST = 2 * FARTHEST_CLASSES
CENTRED = [Fraction(1, 2), Fraction(0), Fraction(-1, 2)]  # the gradient of E
HALF = Fraction(1, 2)


def row(*numbers):
    return [Fraction(x) for x in numbers]


def judged(of, h, roundings=0, times=1):
    """The gap of a gradient and its bound; it was not multiplied, unless it is said."""
    return optimality_gap(of, h, roundings, times)


@pytest.fixture
def taken(monkeypatch):
    """The vectors that are taken for subgradients."""
    kept = []
    monkeypatch.setattr(subgradients, "_gap", lambda of, s: kept.append(s) or (Fraction(0), Fraction(1)))
    return kept


def room(of, j):
    """The error that is allowed in what the other quantities add to an entry."""
    a = allowed_gradient(of.standard, "any")[j]
    return max(a.range.hi - a.exact.middle, a.exact.middle - a.range.lo)


@pytest.mark.parametrize(
    ("g", "gap"), [((1, 0, -1), 0.0), ((0, 0, 0), 0.5), ((HALF, 0, -HALF), 0.25), ((2, 0, -2), 0.75)]
)
def test_the_gap_of_four_vectors(g, gap):
    """W1 = 1/2, less <g, p> = 0, 0, 1/8, 1/2 and <v, t> with v_j = min_i (|i - j| - g_i)."""
    assert judged(sample(computes="W1"), row(*g)) == (
        gap,
        float(_bounds.emd.subgradient_gap(P, T, LINE, NATIVE)),
    )


@pytest.mark.parametrize(("computes", "slope"), [("W1/2 + E", HALF), ("E - W1/4", Fraction(-1, 4))])
def test_what_other_quantities_add_is_subtracted_before_the_slope_divides(taken, computes, slope):
    of, h = sample(computes=computes), row(1, Fraction(1, 8), -3)
    judged(of, h)
    (s,) = taken
    assert s.g == [(x - e) / slope for x, e in zip(h, CENTRED, strict=True)]
    assert s.off == [room(of, j) / abs(slope) for j in range(3)]
    assert (s.p, s.drift) == (row(*P), 0)


def test_a_slope_that_is_not_known_exactly_may_change_every_entry(taken):
    """The slope of W1² is 2 W1 = 1 up to twice the bound of W1, times the largest entry."""
    b = _bounds.emd.value(P, T, LINE, NATIVE, "any")
    judged(sample(computes="W1*W1"), row(1, 0, -1))
    (s,) = taken
    assert s.g == row(1, 0, -1)
    assert s.off == [LEAST + 2 * b * LARGEST] * 3


def test_roundings_of_smaller_numbers_are_allowed(taken):
    """Three roundings of numbers that were four times smaller, of which one is below the smallest number."""
    judged(sample(computes="W1"), row(HALF, LEAST, -HALF), 3, 4)
    assert taken[0].off == [LEAST + 3 * U / 2, LEAST + 12 * LEAST, LEAST + 3 * U / 2]


@pytest.mark.parametrize(("roundings", "times"), [(0, 1), (5, 1), (2, 3)])
def test_the_square_of_the_emd_has_a_gradient_near_0_where_the_emd_is_near_0(roundings, times):
    """The slope is within twice the bound of W1, times the largest entry."""
    of = sample(case(t=(P,)), computes="W1*W1")
    b = _bounds.emd.value(P, P, LINE, NATIVE, "any")
    x = 24 * b
    wanted = x / (LEAST + 2 * b * LARGEST + roundings * times * max(U * x / times, LEAST))
    assert judged(of, row(6 * b, 0, -x), roundings, times) == (float(wanted), 1.0)
    assert judged(of, row(0, 0, 0), roundings, times) == (0.0, 1.0)


def test_a_factor_of_0_leaves_a_gradient_of_0():
    of = sample(computes="0*W1")
    assert judged(of, row(0, 0, 0)) == (0.0, 1.0)
    assert judged(of, row(0, 4 * LEAST, 0)) == (4.0, 1.0)


def test_a_root_has_no_derivative_at_0():
    assert judged(sample(case(t=(P,)), computes="sqrt(W1)"), row(7, -3, -4)) == (0.0, 1.0)


def test_one_class_given_as_a_cdf_has_no_entries():
    one = case(((1.0,),), ((1.0,),), classes=1)
    assert judged(sample(one, input="cdf", computes="W1*W1"), []) == (0.0, 1.0)


@pytest.mark.parametrize(("input", "sign"), [("cdf", 1), ("cumulative", -1)])
def test_sums_give_the_subgradient_by_adding_up_from_the_end(taken, input, sign):
    """Each entry was rounded: g = (1 + 1/2, 1/2, 0) (5.8)."""
    judged(sample(input=input, computes="W1"), row(sign, sign * HALF))
    (s,) = taken
    assert s.g == row(3 * HALF, HALF, 0)
    assert s.off == [2 * LEAST + 3 * U / 2, LEAST + U / 2, 0]
    assert s.p == row(*P)


def through(x, h, taken, input="logits"):
    """The subgradient for a gradient h with respect to x, and the error of each entry of h."""
    kind = "logits" if input == "logits" else "probabilities"
    of = sample(case((x,), input=kind), input=input, computes="W1")
    judged(of, row(*h))
    rounding = _bounds.emd.gradient_of_logits(x, LINE, NATIVE, input)
    return taken[0], [LEAST + b + max(U * abs(y), LEAST) for b, y in zip(rounding, row(*h), strict=True)]


def test_logits_give_the_subgradient_by_dividing_by_p(taken):
    """At p = (1/2, 1/2, 0), the last entry is not determined, and may be as large as any (5.5)."""
    s, off = through((0.0, 0.0, -inf), (Fraction(1, 4), Fraction(-1, 4), 0), taken)
    assert (s.p, s.g) == (row(HALF, HALF, 0), row(HALF, -HALF, 0))
    assert s.off == [2 * off[0], 2 * off[1], LARGEST]
    assert s.drift == 0


def test_a_gradient_of_logits_has_the_sum_0_and_is_0_where_p_is_0(taken):
    s, off = through((0.0, 0.0, -inf), (HALF, 0, Fraction(1, 4)), taken)
    assert s.drift == Fraction(3, 4) - sum(off)
    assert s.g == [1, 0, (Fraction(1, 4) - off[2]) * UNLIMITED]


@pytest.mark.parametrize(("logit", "determined"), [(-1380.0, True), (-1410.0, False)])
def test_a_probability_that_is_not_enclosed_narrowly_does_not_divide(logit, determined, taken):
    """Of 2048 bits, e^-1380 has 57 and e^-1410 has 13."""
    s, _ = through((0.0, 0.0, logit), (0, 0, 0), taken)
    assert (s.p[2] > 0) == determined
    assert (s.off[2] == LARGEST) == (not determined)


def test_logarithms_are_scaled_to_equal_masses(taken):
    """By softmax (5.7); the error is that of logarithms."""
    s, off = through((-1.0, -1.0, -2.0), (Fraction(1, 8), 0, Fraction(-1, 8)), taken, "log-probabilities")
    assert abs(sum(s.p) - 1) < Fraction(1, 2**100)
    assert [x * p for x, p in zip(s.off, s.p, strict=True)] == off


def test_a_constant_does_not_change_the_gap_of_unequal_masses():
    p = (0.5, 0.25, 0.375)
    of, off = sample(case((p,)), computes="W1"), row(0, 0, 0)
    gaps = {subgradients._gap(of, Subgradient(row(2 + c, 1 + c, c), off, row(*p)))[0] for c in (-100, 0, 7)}
    assert len(gaps) == 1


def test_the_gap_of_logits_has_the_bound_of_their_probabilities_too():
    x = (0.0, 0.0, -inf)
    p = (0.5, 0.5, 0.0)
    of = sample(case((x,), input="logits"), input="logits", computes="W1")
    bound = _bounds.emd.subgradient_gap(p, T, LINE, NATIVE) + _bounds.emd.carried(x, LINE, NATIVE, "logits")
    assert judged(of, row(Fraction(1, 4), Fraction(-1, 4), 0)) == (0.0, float(bound))
    far, _ = judged(of, row(HALF, 0, HALF))
    assert far == float(Fraction(FARTHEST) * bound)


@pytest.mark.parametrize(("t", "computes"), [(T, "W1"), (P, "W1*W1")])
def test_every_entry_has_its_bound(t, computes):
    with pytest.raises(ValueError, match=r"longer|shorter"):
        judged(sample(case(t=(t,)), computes=computes), row(1, 0))
