"""The public module `emd_conformance.exact`: values worked out by hand, the arguments it reads and those it refuses."""

import re
from fractions import Fraction
from inspect import Parameter, signature
from math import inf
from typing import get_overloads

import numpy as np
import pytest
from emd_conformance import exact

F = Fraction
THREE_LEAVES = exact.Tree((3, 3, 3, -1), (F(1, 2), 1, 2, 0))
GROUNDS = {
    "line": exact.Line(),
    "positions": exact.Line((0, 1, 3)),
    "circle": exact.Circle(),
    "tree": THREE_LEAVES,
    "matrix": exact.Matrix(((0, 1, 4), (1, 0, 2), (4, 2, 0))),
}
LARGEST_LOGIT = [0.0, -5000.0, -5000.0]  # softmax is (1, 0, 0) to within e^-5000


def test_values_and_gradients_by_hand():
    p = [0.5, 0.25, 0.25]
    assert exact.squared_emd(p, 1) == F(5, 16)
    assert exact.squared_emd_gradient(p, [0, 1, 0]) == [F(1, 2), F(-1, 2), 0]
    assert exact.emd(p, 1) == F(3, 4)
    assert exact.ground_distance_penalty(p, 1, ground=exact.Line(), exponent=2, bias=F(1, 4)).lo == F(5, 16) + F(
        1, 4
    ) * F(3, 8)


@pytest.mark.parametrize(("ground", "distance"), [("line", 2), ("positions", 3), ("circle", 1), ("tree", F(5, 2))])
def test_all_mass_that_moves_travels_its_distance(ground, distance):
    assert exact.emd([1, 0, 0], 2, ground=GROUNDS[ground]) == distance
    assert exact.squared_emd([1, 0, 0], 2, ground=GROUNDS[ground]) == distance
    assert exact.emd_subgradient_gap([distance, distance / F(2), 0], [1, 0, 0], 2, ground=GROUNDS[ground]) >= 0


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_logits_of_equal_size_are_the_uniform_distribution(ground):
    z, uniform, t = [2.5] * 3, [F(1, 3)] * 3, [F(1, 2), F(1, 2), 0]
    for function in (exact.squared_emd, exact.emd):
        enclosure, value = function(z, t, ground=ground, from_logits=True), function(uniform, t, ground=ground)
        assert enclosure.lo <= value <= enclosure.hi
        assert enclosure.hi - enclosure.lo < F(1, 2**150)


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_the_emd_of_one_large_logit_is_the_distance_of_its_class(ground):
    enclosure = exact.emd(LARGEST_LOGIT, 2, ground=ground, from_logits=True)
    assert abs(enclosure.middle - exact.emd([1, 0, 0], 2, ground=ground)) < F(1, 2**150)


def test_gradient_with_respect_to_equal_logits_follows_the_chain_rule():
    g = exact.squared_emd_gradient([F(1, 3)] * 3, 0)
    chained = [(g_j - sum(g) / 3) / 3 for g_j in g]
    for x, wanted in zip(exact.squared_emd_gradient([0, 0, 0], 0, from_logits=True), chained, strict=True):
        assert x.lo <= wanted <= x.hi


def test_cross_entropy_of_equal_logits_is_the_logarithm_of_the_number_of_classes():
    value, of_logits = exact.cross_entropy([F(1, 3)] * 3, 1), exact.cross_entropy([7, 7, 7], 1, from_logits=True)
    assert value.lo <= of_logits.hi
    assert of_logits.lo <= value.hi
    assert exact.cross_entropy_gradient([0.25, 0.75], 0)[0].lo == -4
    assert abs(exact.cross_entropy_gradient([0, 0], 0, from_logits=True)[0].middle + F(1, 2)) < F(1, 2**150)


def test_numbers_are_taken_as_they_are():
    p = np.array([1 / 3, 2 / 3], dtype=np.float32)
    D_1, D_2 = F(float(p[0])) - 1, F(float(p[0])) + F(float(p[1])) - 1
    assert exact.squared_emd(p, np.int64(0)) == D_1**2 + D_2**2
    assert exact.squared_emd([0.1, 0.9], [0.1, 0.9]) == 0
    assert exact.squared_emd([0.1, 0.9], [F(1, 10), F(9, 10)]) == (F(0.1) - F(1, 10)) ** 2 + (F(0.1) + F(0.9) - 1) ** 2


LINE, TWO = exact.Line(), exact.Matrix(((0, 1), (1, 0)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: exact.squared_emd([[0.5, 0.5]], 0), ValueError, "`p` must have shape (C,)"),
        (lambda: exact.squared_emd([-0.5, 1.5], 0), ValueError, "`p` must not be negative"),
        (lambda: exact.squared_emd([0.5, -inf], 0), ValueError, "`p` must be finite"),
        (lambda: exact.squared_emd([-inf, -inf], 0, from_logits=True), ValueError, "`p` must be finite"),
        (lambda: exact.squared_emd_gradient([-0.5, 1.5], 0), ValueError, "`p` must not be negative"),
        (lambda: exact.emd([-0.5, 1.5], 0), ValueError, "`p` must not be negative"),
        (lambda: exact.emd([0.5, 0.5], -1), ValueError, "`t` must be a label from 0 to 1"),
        (lambda: exact.emd([0.1, 0.9], [0.1, 0.8], ground=TWO), ValueError, "same mass"),
        (lambda: exact.emd([1, 0], 1, ground=exact.Line((1, 0))), ValueError, "`ground` must have 2 increasing"),
        (lambda: exact.emd_subgradient_gap([1], [1, 0], 1), ValueError, "`g` has 1 entries, `p` has 2 classes"),
        (lambda: exact.emd_subgradient_gap([1, 2, 3], [1, 0], 1), ValueError, "`g` has 3 entries, `p` has 2 classes"),
        (lambda: exact.emd_subgradient_gap([1, 2], [-1, 2], 1), ValueError, "`p` must not be negative"),
        (lambda: exact.cross_entropy([0.5, 0.5], True), TypeError, "`t` must be an integer label"),
        (lambda: exact.cross_entropy([-0.5, 1.5], 1), ValueError, "`p` must not be negative"),
        (lambda: exact.cross_entropy([1, 0], 1), ValueError, "`p` is 0 where `t` is not 0: the cross-entropy is +∞"),
        (lambda: exact.cross_entropy([1, 0], [0.75, 0.25]), ValueError, "`p` is 0 where `t` is not 0"),
        (lambda: exact.cross_entropy([0, -inf], 1, from_logits=True), ValueError, "`p` is -inf where `t` is not 0"),
        (lambda: exact.cross_entropy_gradient([-0.5, 1.5], 1), ValueError, "`p` must not be negative"),
        (lambda: exact.cross_entropy_gradient([1, 0], 1), ValueError, "`p` is 0 where `t` is not 0"),
        (lambda: exact.ground_distance_penalty([-1, 2], 1, ground=LINE), ValueError, "`p` must not be negative"),
        (lambda: exact.ground_distance_penalty_gradient([-1, 2], 1, ground=LINE), ValueError, "`p` must not be neg"),
        *(
            (
                lambda exponent=exponent: exact.ground_distance_penalty([1, 0], 1, ground=LINE, exponent=exponent),
                ValueError,
                f"`exponent` must be positive, not {exponent}",
            )
            for exponent in (0, -1, -0.5)
        ),
        (
            lambda: exact.ground_distance_penalty([1, 0], 1, ground=LINE, bias=float("inf")),
            ValueError,
            "`bias` must be finite",
        ),
    ],
)
def test_errors_name_the_argument(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


@pytest.mark.parametrize("function", [exact.squared_emd, exact.squared_emd_gradient, exact.emd])
def test_results_of_logits_are_intervals_and_the_signatures_say_so(function):
    plain, of_logits = get_overloads(function)
    assert signature(plain).parameters["from_logits"].default is signature(function).parameters["from_logits"].default
    assert signature(plain).parameters["from_logits"].default is False
    assert signature(of_logits).parameters["from_logits"].default is Parameter.empty
    for logits, kind in ((False, F), (True, exact.Interval)):
        result = function([0.5, 0.5], 0, from_logits=logits)
        assert {type(x) for x in (result if isinstance(result, list) else [result])} == {kind}


def test_without_options_the_penalty_has_exponent_1_and_no_bias():
    p = [0.5, 0.25, 0.25]
    assert exact.ground_distance_penalty(p, 0, ground=LINE) == exact.Interval(F(3, 16), F(3, 16))
    assert [x.lo for x in exact.ground_distance_penalty_gradient(p, 0, ground=LINE)] == [0, F(1, 2), 1]
    slopes = exact.ground_distance_penalty_gradient(p, 0, ground=LINE, exponent=2, bias=F(1, 2))
    assert [x.lo for x in slopes] == [F(1, 2), F(3, 4), F(9, 4)]


def test_the_penalty_of_logits_is_that_of_their_softmax():
    third, options = [F(1, 3)] * 3, {"ground": LINE, "exponent": 2, "bias": F(1, 4)}
    of_logits, value = (
        exact.ground_distance_penalty([1, 1, 1], 0, from_logits=True, **options),
        exact.ground_distance_penalty(third, 0, **options).lo,
    )
    assert of_logits.lo <= value <= of_logits.hi
    g = [x.lo for x in exact.ground_distance_penalty_gradient(third, 0, **options)]
    chained = exact.ground_distance_penalty_gradient([1, 1, 1], 0, from_logits=True, **options)
    for x, g_j in zip(chained, g, strict=True):
        assert x.lo <= (g_j - sum(g) / 3) / 3 <= x.hi


def test_a_small_exponent_is_positive():
    assert exact.ground_distance_penalty([0, 1], 0, ground=TWO, exponent=F(1, 2)).lo == 1


def test_what_has_no_mass_may_have_no_probability():
    assert exact.cross_entropy([1, 0], 0).hi == 0
    assert exact.cross_entropy([0.5, 0, 0.5], [0.5, 0, 0.5]) == exact.cross_entropy([0.5, 0.5], [0.5, 0.5])
    assert [x.lo for x in exact.cross_entropy_gradient([0.25, 0, 0.75], 0)] == [-4, 0, 0]
    assert exact.cross_entropy([0, -inf], 0, from_logits=True).hi == 0


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_the_gap_is_0_for_the_distances_to_a_label_and_positive_for_others(ground):
    to_label = exact.emd_subgradient_gap(
        [exact.emd(e, 2, ground=ground) for e in np.eye(3)], [1, 0, 0], 2, ground=ground
    )
    assert to_label == 0
    assert exact.emd_subgradient_gap([0, 0, 0], [1, 0, 0], 2, ground=ground) == exact.emd([1, 0, 0], 2, ground=ground)


def test_grounds_may_hold_lists_and_arrays():
    assert exact.emd([1, 0, 0], 2, ground=exact.Line(np.array([0, 1, 10]))) == 10
    assert exact.emd([1, 0, 0], 2, ground=exact.Matrix(np.array([[0, 1, 4], [1, 0, 2], [4, 2, 0]]))) == 4
    assert exact.emd([1, 0, 0], 2, ground=exact.Tree([3, 3, 3, -1], [0.5, 1, 2, 0])) == F(5, 2)


def test_a_logit_of_minus_infinity_is_a_class_of_probability_0():
    z = np.array([-inf, 3.0, -inf], np.float32)
    assert exact.squared_emd(z, 0, from_logits=True).lo == exact.squared_emd([0, 1, 0], 0) == 1
    assert exact.squared_emd_gradient((-inf, 1.5, 0), [0, 0.5, 0.5], from_logits=True)[0].magnitude == 0
    two, three = ([*masked, 0.5, 2.0] for masked in ([], [-inf]))
    assert exact.cross_entropy(three, 2, from_logits=True) == exact.cross_entropy(two, 1, from_logits=True)
    assert exact.emd(three, 2, from_logits=True) == exact.emd(two, 1, from_logits=True)
