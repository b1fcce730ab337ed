"""Numbers between those that were tried: where they are looked for, and when the search ends."""

import pytest
from emd_conformance._diagnosis.families import Family
from emd_conformance._diagnosis.fit import STEPS, _factor, _grid, _misses, _root, _roots

EPS = 2.0**-52


def asked_at(misses, low, high):
    """The numbers at which a function is asked that returns these misses, and the root."""
    asked, left = [], list(misses)

    def miss(x):
        asked.append(x)
        return left.pop(0)

    return asked, _root(miss, low, high)


def test_a_line_is_drawn_through_both_ends_and_the_value_of_one_that_stays_twice_is_halved():
    asked, found = asked_at([2, 2, 0], (0.0, -1), (2.0, 1))
    assert asked == pytest.approx([1, 1 / 3, 1 / 15], rel=1e-14)
    assert found == asked[-1]
    asked, found = asked_at([-2, -2, 0], (0.0, -1), (2.0, 1))
    assert asked == pytest.approx([1, 5 / 3, 29 / 15], rel=1e-14)
    assert found == asked[-1]


def test_a_function_may_fall():
    assert asked_at([-2, -2, 0], (0.0, 1), (2.0, -1))[0] == pytest.approx([1, 1 / 3, 1 / 15], rel=1e-14)
    assert asked_at([2, 2, 0], (0.0, 1), (2.0, -1))[0] == pytest.approx([1, 5 / 3, 29 / 15], rel=1e-14)


def test_nothing_is_halved_where_the_ends_move_in_turn():
    asked, _ = asked_at([2, -1, 3, 0], (0.0, -1), (2.0, 1))
    assert asked == pytest.approx([1, 1 / 3, 5 / 9, 7 / 18], rel=1e-14)
    asked, _ = asked_at([-2, 1, -3, 0], (0.0, -1), (2.0, 1))
    assert asked == pytest.approx([1, 5 / 3, 13 / 9, 29 / 18], rel=1e-14)


def test_the_ends_may_be_in_any_order():
    assert asked_at([0], (2.0, 1), (0.0, -1))[1] == 1


@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (0.0, 0.0), (1.0, 1 + 4 * EPS), (-1.0, -1 + 4 * EPS)])
def test_ends_that_cannot_be_told_apart_are_the_root(a, b):
    assert asked_at([], (a, -1), (b, 1)) == ([], a)


def test_ends_a_little_further_apart_are_searched():
    assert len(asked_at([0], (1.0, -1), (1 + 5 * EPS, 1))[0]) == 1


def test_no_line_is_drawn_through_equal_values():
    assert asked_at([], (1.0, 2), (3.0, 2)) == ([], 1)


def test_the_search_ends_after_so_many_steps():
    assert STEPS == 40
    assert len(asked_at([1, -1] * 40, (0.0, -1), (1.0, 1))[0]) == STEPS


def found(curve, numbers, met, free=False):
    return [*_roots(curve, [(x, curve(x)) for x in numbers], met, free)]


def test_where_an_answer_is_missing_or_has_another_length_there_is_no_root():
    curve = lambda x: [x, x * x]  # noqa: E731
    one, two, met = (1.0, curve(1.0)), (2.0, curve(2.0)), [1.7, 2.89]
    assert [*_roots(curve, [one, two], met, False)] == pytest.approx([1.7], rel=1e-14)
    for other in (None, [1.5], [1.5, 2.25, 3.0]):
        assert [*_roots(curve, [one, (2.0, other)], met, False)] == []
        assert [*_roots(curve, [(1.0, other), two], met, False)] == []
        assert [*_roots(curve, [(0.5, other), one, two], met, False)] == pytest.approx([1.7], rel=1e-14)


def test_a_root_may_be_one_of_the_numbers_that_were_tried():
    line = lambda x: [x]  # noqa: E731
    assert found(line, [1.5, 2.0], [2.0]) == [2]
    assert found(line, [1.5, 2.0], [1.5]) == [1.5]


def test_answers_that_are_met_everywhere_do_not_tell_a_number():
    assert found(lambda x: [3.0, 4.0], [1.0, 2.0], [3.0, 4.0]) == []
    assert found(lambda x: [x, 3.0], [1.0, 2.0], [1.7, 3.0]) == pytest.approx([1.7], rel=1e-14)


@pytest.mark.parametrize("side", [1, -1])
def test_a_miss_of_1e_12_is_none(side):
    curve = lambda x: [x, 3.0]  # noqa: E731
    assert len(found(curve, [1.0, 2.0], [1.7, 3 + side * 0.9e-12])) == 1
    assert found(curve, [1.0, 2.0], [1.7, 3 + side * 1.5e-12]) == []


@pytest.mark.parametrize("factor", [10, -10])
def test_the_answer_that_changes_most_is_solved(factor):
    curve = lambda x: [x, factor * x]  # noqa: E731
    assert found(curve, [1.5, 2.0], [1.701, factor * 1.7]) == pytest.approx([1.7], rel=1e-12)
    other = lambda x: [x, 0.4 * (x - 1.525)]  # noqa: E731
    assert found(other, [1.5, 2.0], [1.7, 0.0]) == pytest.approx([1.7], rel=1e-12)


def test_a_straight_line_is_tried_first():
    asked = []

    def curve(x):
        asked.append(x)
        return [3 * x - 4]

    _ = [*_roots(curve, [(1.5, [0.5]), (2.0, [2.0])], [1.1], False)]
    assert asked[0] == pytest.approx(1.7, rel=1e-14)


def near(miss, ends):
    """The numbers found if a straight line through these ends misses by so much."""
    x = 1 + ends[0] / (ends[0] - ends[1])
    curve = lambda y: [miss] if y == x else [y - x]  # noqa: E731
    return [*_roots(curve, [(1.0, [ends[0]]), (2.0, [ends[1]])], [0.0], False)]


@pytest.mark.parametrize("ends", [(-1.0, 1.0), (1.0, -1.0), (-1.0, 0.25), (-0.25, 1.0), (1.0, -0.25), (0.25, -1.0)])
@pytest.mark.parametrize("side", [1, -1])
def test_a_straight_line_must_halve_the_miss(ends, side):
    assert len(near(side * (0.5 + 0.9e-12), ends)) == 1
    assert near(side * (0.5 + 1.5e-12), ends) == []


def test_each_answer_must_be_nearer():
    assert found(lambda x: [x, 1.0 if x > 1.5 else -1.0], [1.0, 2.0], [1.7, 0.0]) == []


def test_there_is_no_root_where_the_line_meets_no_answer():
    assert found(lambda x: None if 1 < x < 2 else [x], [1.0, 2.0], [1.7]) == []


def test_the_search_stops_where_there_is_no_answer():
    asked = []

    def curve(x):
        asked.append(x)
        return [x**3] if len(asked) < 3 else None

    assert [*_roots(curve, [(1.0, [1.0]), (1.5, [3.375])], [2.0], False)] == [asked[2]]
    assert asked[0] == asked[1] != asked[2]
    assert len(asked) == 3


def test_a_factor_is_that_of_the_largest_guess():
    assert _factor([2.0, -4.0002], [1.0, -2.0], 1e-3) == 2.0001
    assert _factor([2.002, 2.0], [1.0, 1.001], 1e-2) == 2.0 / 1.001
    assert _factor([1e308], [1e-308], 1e-3) is None


def test_a_miss_is_signed():
    assert _misses([1.0, 4.0, 5.0], [2.0, 6.0, 4.0], False) == [-1, -2, 1]
    assert _misses([3.0, 4.0, 5.0], [2.0, 6.0, 4.0], True) == [-10, -2]


@pytest.mark.parametrize("free", [False, True])
def test_there_is_a_miss_for_each_answer(free):
    with pytest.raises(ValueError, match="zip"):
        _misses([1.0, 2.0, 3.0], [1.0, 2.0], free)


def grid(start, end):
    return _grid(Family("", "", lambda x: {}, start, end))


def test_the_round_numbers_are_these():
    tens = [10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90]
    assert grid(0.05, 0.9) == [0.05, 0.06, 0.07, 0.08, 0.09, *(x / 100 for x in tens)]
    assert grid(2, 250) == [*(x / 10 for x in tens[2:]), *tens, 100, 150, 200, 250]
    assert grid(1e-3, 9e-3) == [x / 10_000 for x in tens]
    assert grid(1e-4, 9e-4) == [1e-4, 2e-4, 5e-4]
    assert grid(0.011, 0.029) == [0.015, 0.02, 0.025]
