"""The terms of wrong formulas for a few classes, by hand: ties, zeros, other grounds, and sizes that NumPy hides."""

from fractions import Fraction
from math import cosh, log

import pytest
from emd_conformance._diagnosis.formulas import GROUND_FORMULAS, MASSES
from emd_conformance._exact.grounds import Circle, Line, Matrix, Tree

LINE = Line()
HALF = Fraction(1, 2)


def exactly(values):
    return [Fraction(x) for x in values]


def terms(name, p, t, ground=LINE):
    return list(GROUND_FORMULAS[ground.kind][name](exactly(p), exactly(t), ground))


def value(name, p, t, ground=LINE):
    return sum(w * v * v for w, v in terms(name, p, t, ground))


def test_the_masses_of_a_coupling_are_weights():
    assert MASSES == (GROUND_FORMULAS["line"]["w2-for-l2"],)
    assert MASSES == (GROUND_FORMULAS["positions"]["w2-for-l2"],)


@pytest.mark.parametrize(
    ("p", "t", "ground", "moved"),
    [
        ([1, 1, 0], [0, 1, 1], LINE, [(0, 0), (1, -1), (1, -1)]),
        ([1, 1, 0], [0, 1, 1], Line((0, 3, 5)), [(0, 0), (1, -3), (1, -2)]),
        ([3, 0, 1], [1, 2, 1], LINE, [(1, 0), (2, -1), (0, -1), (1, 0)]),
        ([1, 0], [0, 3], LINE, [(0, 0), (1, -1), (0, 0)]),
        ([0, 3], [1, 0], LINE, [(0, 0), (1, 1), (0, 0)]),
    ],
)
def test_a_coupling_moves_mass_from_the_first_classes_on(p, t, ground, moved):
    assert terms("w2-for-l2", p, t, ground) == moved


def test_a_coupling_needs_positions_of_a_line():
    coupling = GROUND_FORMULAS["line"]["w2-for-l2"]
    assert coupling([1, 0, 0], [0, 0, 1], Circle())[2] == (1, -2)


def test_no_distance_is_below_a_ten_thousandth():
    least = Fraction(1, 10_000)
    assert value("distance-to-itself", [1, 0], [0, 1]) == 1 - least
    near = Line((0, 1e-5))
    assert value("distance-to-itself", [1, 0], [0, 1], near) == 0
    assert value("distance-to-itself", [1, 0], [0, 0], near) == -least / 2
    other = Line((0, 2.0**-13))
    assert value("distance-to-itself", [1, 0], [0, 1], other) == Fraction(1, 2**13) - least


def test_a_part_of_the_sums_is_left_out():
    p, t = [5, 1, 2, 1], [1, 3, 1, 0]  # D = 4, 2, 3, 4
    kept = {
        "last-bins-dropped": [4, 2],
        "first-bin-dropped": [2, 3, 4],
        "last-class-left-out": [4, 2, 3],
        "first-class-left-out": [-2, -1, 0],
        "cdf-one-behind": [-1, 1, 1, 3],
        "one-sided": [4, 2, 3, 4],
        "largest-for-sum": [4],
        "means-compared": [13],
    }
    assert {name: [v for _, v in terms(name, p, t)] for name in kept} == kept
    assert {w for name in kept for w, _ in terms(name, p, t)} == {1}
    assert [v for _, v in terms("one-sided", t, p)] == [0] * 4
    assert [v for _, v in terms("largest-for-sum", t, p)] == [4]
    assert terms("missing-square", p, t) == [(13, 1)]


def test_a_distribution_without_mass_is_divided_by_1():
    assert terms("renormalised", [2, 2], [0, 0]) == [(1, HALF), (1, 1)]
    assert terms("renormalised", [0, 0], [1, 3]) == [(1, -Fraction(1, 4)), (1, -1)]


@pytest.mark.parametrize(
    ("d", "sums"),
    [
        ([7], [7]),
        ([1, -3], [-2, -2]),
        ([1, 2, -5], [3, -3, -4]),
        ([1, 2, 4, -8], [7, -2, -3, -5]),
        ([1, 2, 4, 8, 16], [7, 14, 28, 25, 19]),
    ],
)
def test_arcs_are_one_class_too_long(d, sums):
    assert terms("arc-too-long", d, [0] * len(d), Circle()) == [(HALF, x) for x in sums]


def test_intervals_are_weights_of_other_sums():
    p, t, ground = [1, 0, 1], [0, 0, 0], Line((0, 2, 5))  # D = 1, 1, 2 and w = 2, 3, 0
    assert terms("intervals-one-behind", p, t, ground) == [(0, 1), (2, 1), (3, 2)]
    assert terms("intervals-squared", p, t, ground) == [(4, 1), (9, 1), (0, 2)]
    assert terms("positions-scaled", p, t, ground) == [(Fraction(2, 5), 1), (Fraction(3, 5), 1), (0, 2)]
    assert terms("positions-ignored", p, t, ground) == [(1, 1), (1, 1), (1, 2)]
    assert terms("positions-scaled", [1], [0], Line((3,))) == [(0, 1)]


def test_trapezoids_have_half_an_interval_on_each_side():
    p, t = [1, 0, 1], [0, 0, 0]
    assert terms("trapezoids", p, t) == [(HALF, 1), (1, 1), (HALF, 2)]
    assert terms("trapezoids", p, t, Line((0, 2, 5))) == [(1, 1), (Fraction(5, 2), 1), (Fraction(3, 2), 2)]
    assert terms("sums-of-trapezoids", p, t) == [(1, 0), (1, HALF), (1, 1)]


def test_straight_lines_have_three_squares_for_each_interval():
    sixth = Fraction(1, 6)
    between = [(sixth, 3), (sixth, 1), (sixth, 2)]
    assert terms("straight-lines", [1, 1], [0, 0]) == between
    assert terms("straight-lines, from 0", [1, 1], [0, 0]) == [(sixth, 1), (sixth, 0), (sixth, 1), *between]


def test_only_leaves_count_with_their_lengths_or_1():
    parents = (3, 3, 4, 4, -1)
    p, t = [1, 0, 0], [0, 2, 0]
    assert terms("leaves-only", p, t, Tree(parents, (5, 3, 2, 7, 0))) == [(5, 1), (3, -2), (2, 0)]
    assert terms("leaves-only", p, t, Tree(parents)) == [(1, 1), (1, -2), (1, 0)]
    assert value("lengths-ignored", p, t, Tree(parents, (5, 3, 2, 7, 0))) == 1 + 4 + 1  # and nothing below the third
    assert value("line-for-tree", p, t, Tree(parents, (5, 3, 2, 7, 0))) == 1 + 1 + 1


def test_a_matrix_is_squared_or_ignored():
    ground = Matrix(((0, 3), (3, 0)))
    assert value("matrix-squared", [1, 0], [0, 1], ground) == 9
    assert value("matrix-ignored", [2, 0], [0, 1], ground) == 4 + 1


def test_parts_of_the_energy():
    p, t = [1, 1, 0], [0, 2, 1]  # p G t = 5, p G p = 2, t G t = 4
    assert terms("expected-distance", p, t) == [(5, 1)]
    assert terms("energy-of-target-missing", p, t) == [(5 - 1, 1)]
    assert terms("energy-of-prediction-missing", p, t) == [(5 - 2, 1)]
    assert terms("expected-distance", [1, 0, 0], [0, 0, 1], Circle()) == [(1, 1)]


def test_a_skill_score_compares_with_a_uniform_prediction():
    assert terms("skill-score", [1, 0], [0, 1]) == [(4, 1)]  # 1 / (1/2)²
    assert terms("skill-score", [1, 0, 0], [0, 0, 1]) == [(Fraction(18, 5), 1)]  # 2 / (1/9 + 4/9)


def test_what_is_impossible_costs_nothing_where_it_is_not_wanted():
    p, t = [0.0, 0.25, 0.75], [0.0, 0.5, 0.5]
    entropy = -(log(0.25) + log(0.75)) / 2
    assert terms("cross-entropy-for-emd", p, t) == [(pytest.approx(entropy, rel=1e-15, abs=0), 1)]
    assert terms("divergence-for-emd", p, t) == [(pytest.approx(entropy - log(2), rel=1e-14, abs=0), 1)]


def test_the_logarithm_of_a_hyperbolic_cosine_does_not_overflow():
    small = log(cosh(0.5)) + log(cosh(0.25))
    assert terms("log-cosh", [-0.5, 0.25], [0, 0]) == [(pytest.approx(small, rel=1e-14, abs=0), 1)]
    assert terms("log-cosh", [-5000], [0]) == [(5000 - log(2), 1)]


def test_squares_are_divided_by_the_sum_of_both():
    assert terms("cdf-weighted", [3, 0], [1, 4]) == [(Fraction(4, 4) + Fraction(4, 8), 1)]


def test_one_of_two_sums_is_left_out_or_runs_the_other_way():
    p, t = [1, 2], [4, 8]
    assert terms("target-not-accumulated", p, t) == [(1, -3), (1, -5)]
    assert terms("prediction-not-accumulated", p, t) == [(1, -3), (1, -10)]
    assert terms("one-sum-from-the-end", p, t) == [(1, -11), (1, -5)]
    assert terms("classes-reversed", p, t) == [(1, -2), (1, -9)]
    assert terms("values-for-weights", [2, 1], [8, 4]) == [(1, -3), (1, -6)]


def test_other_things_are_summed():
    p, t = [3, 1, 0], [1, 4, 2]  # d = 2, -3, -2 and D = 2, -1, -3
    summed = {
        "missing-cumsum": [2, -3, -2],
        "abs-inside-sum": [2, 5, 7],
        "square-inside-sum": [4, 13, 17],
        "cumsum-twice": [2, 1, -2],
        "centred-cdf": [Fraction(8, 3), -Fraction(1, 3), -Fraction(7, 3)],
    }
    assert {name: [v for _, v in terms(name, p, t)] for name in summed} == summed


@pytest.mark.parametrize("name", ["cross-entropy-for-emd", "divergence-for-emd", "expected-distance", "cdf-weighted"])
def test_a_prediction_and_a_target_of_different_sizes_have_no_terms(name):
    with pytest.raises(ValueError, match="zip"):
        terms(name, [0.5, 0.5], [0.25, 0.25, 0.5])


def test_terms_of_fractions_are_not_rounded():
    tenth = Fraction(0.1)
    assert terms("w2-for-l2", [1, 0], [0, 1], Line((0.1, 1)))[1] == (1, tenth - 1)
    assert terms("w2-for-l2", [0, 1], [1, 0], Line((0.1, 1)))[1] == (1, 1 - tenth)
    assert value("matrix-squared", [1, 0], [0, 1], Matrix(((0, 0.1), (0.1, 0)))) == tenth**2
    assert value("leaves-only", [3], [0], Tree((1, -1), (0.1, 0))) == 9 * tenth
    assert value("trapezoids", [Fraction(1, 3), 0], [0, 0]) == Fraction(1, 9)
    assert value("distance-to-itself", [3, 0], [0, 3], Line((0, 0.1))) == 9 * (tenth - Fraction(1, 10_000))
