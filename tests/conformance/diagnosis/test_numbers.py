"""Numbers that are found from answers: written as a person would write them, and never beyond what was measured."""

from fractions import Fraction
from itertools import pairwise
from math import inf, isnan, nan, sqrt

import pytest
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.expression import parse
from emd_conformance._diagnosis.class_weights import shown, solution
from emd_conformance._diagnosis.families import Family, families
from emd_conformance._diagnosis.fit import _factor, _grid, _misses, _root, _roots
from emd_conformance._diagnosis.norms import SMALL, estimates, norms
from emd_conformance._diagnosis.scales import accuracy, number, snapped, times

WRITTEN = [
    *[(2.0, "2"), (100.0, "100"), (0.37, "0.37"), (-3.0, "-3"), (1e-3, "0.001"), (1.2345678, "1.2345678")],
    *[(1 / 3, "1/3"), (2 / 7, "2/7"), (5 / 9, "5/9"), (7 / 12, "7/12"), (1 / 11, "1/11"), (5 / 6, "5/6")],
    *[(sqrt(2), "sqrt(2)"), (-sqrt(1 / 7), "-sqrt(1/7)"), (sqrt(10), "sqrt(10)"), (12345678.0, "12345678")],
]


def test_a_number_is_written_in_its_shortest_form():
    assert [snapped(x, 1e-11)[0] for x, _ in WRITTEN] == [text for _, text in WRITTEN]


def test_a_number_is_only_rounded_within_its_accuracy():
    assert snapped(0.5003, 1e-2)[0] == "0.5"
    assert snapped(0.5003, 1e-4)[0] == "0.5003"
    assert snapped(3.14159265358979, 1e-11) == []
    assert [snapped(x, 1e-11) for x in (0.0, inf, nan)] == [[], [], []]
    for x, _ in WRITTEN:
        for text in snapped(x, 1e-11):
            sign = -1 if text.startswith("-") else 1
            assert sign * number(parse(text.lstrip("-")), {}) == pytest.approx(x, rel=1e-8)
        assert len(snapped(x, 1e-3)) <= 2


def test_long_quotients_and_small_fractions_are_written_too():
    texts = {2999 / 3: "2999/3", 1 / 9999: "1/9999", -5 / 12: "-5/12"}
    assert {x: snapped(x, 1e-11)[0] for x in texts} == texts
    assert not any(text.endswith("/3") for text in snapped(3001 / 3, 1e-11))
    assert not any(text.startswith("1/") for text in snapped(1 / 10_001, 1e-11))
    assert snapped(1.234512, 1e-5)[0] == "1.2345"


def test_the_accuracy_of_a_number_is_that_of_the_format_or_1e_11():
    assert accuracy(Declaration().precision) == 1e-11
    assert accuracy(Declaration(dtype="float32").precision) == 128 * 2.0**-24
    assert accuracy(Declaration(dtype="bfloat16").precision) == 0.2


def test_an_expression_is_a_number():
    names = {"E": 9.0, "C": 4.0, "W1": 2.0, "range": 3.0}
    values = {"E": 9, "sqrt(E)": 3, "E/(C-1)": 3, "2*E - W1 + 1": 17, "sqrt(E/C)": 1.5, "E/(range*range)": 1}
    assert {text: number(parse(text), names) for text in values} == values
    assert number(parse("sqrt(E)"), {"E": -1e-10}) == 0
    assert isnan(number(parse("sqrt(E)"), {"E": -1e-8}))
    with pytest.raises(ZeroDivisionError):
        number(parse("E/(C-1)"), {"E": 1.0, "C": 1.0})


def test_a_factor_times_a_form_is_an_expression():
    assert [times(x, "E/C").text for x in (3, "1/7", "-2")] == ["3*E/C", "1/7*E/C", "(0 - 2)*E/C"]
    assert number(times("-2", "E"), {"E": 3.0}) == -6


def test_a_factor_is_one_number_for_all_answers():
    assert _factor([2.0, 4.0, 0.0], [1.0, 2.0, 0.0], 1e-9) == 2
    assert _factor([2.0, -6.0], [-1.0, 3.0], 1e-9) == -2
    nothing = [([2.0, 5.0], [1.0, 2.0]), ([2.0], [1.0, 2.0]), ([0.0], [1.0]), ([1.0], [0.0]), ([], []), ([inf], [1.0])]
    assert [_factor(*pair, 1e-9) for pair in nothing] == [None] * len(nothing)
    assert _factor([2.0, 4.0001], [1.0, 2.0], 1e-3) == 2.00005


@pytest.mark.parametrize(
    "f", [lambda x: x * x - 2, lambda x: 2 - x**4 / 2, lambda x: x - sqrt(2), lambda x: x**-8 - 1 / 16]
)
def test_a_root_is_found_between_two_numbers(f):
    assert _root(f, (1.0, f(1.0)), (3.0, f(3.0))) == pytest.approx(sqrt(2), rel=1e-14)


def test_roots_lie_where_all_answers_are_met():
    def curve(x):
        return [x, x * x, 3.0]

    def values(numbers):
        return [(x, curve(x) if x else None) for x in numbers]

    met = [1.7, 1.7**2, 3.0]
    assert [*_roots(curve, values([1.0, 1.5, 2.0, 3.0]), met, False)] == pytest.approx([1.7], rel=1e-14)
    assert [*_roots(curve, values([0, 1.8, 2.0, 3.0]), met, False)] == []
    assert [*_roots(curve, values([1.5, 2.0]), [1.7, 3.9, 3.0], False)] == []
    assert [*_roots(curve, values([1.5, 2.0]), [1.7, 2.89], False)] == []
    twice = [2 * x for x in met]  # with a free factor
    assert [*_roots(curve, values([1.5, 2.0]), twice, False)] == []
    assert [*_roots(curve, values([1.5, 2.0]), twice, True)] == pytest.approx([1.7], rel=1e-9)


def test_a_free_factor_leaves_ratios_to_be_met():
    assert _misses([1.0, 4.0], [2.0, 6.0], False) == [-1, -2]
    assert _misses([1.0, 4.0], [2.0, 6.0], True) == [2]
    assert _misses([1.0, 3.0], [2.0, 6.0], True) == [0]


def test_round_numbers_between_the_ends_of_a_family_are_tried():
    grid = _grid(Family("", "", lambda x: {}, 0.02, 20))
    assert (grid[0], grid[-1], len(grid)) == (0.02, 20.0, 34)
    assert {0.05, 0.25, 1.5, 7.0, 10.0} < {*grid}
    tiny = _grid(Family("", "", lambda x: {}, 1e-6, 1e-3))
    assert tiny == pytest.approx([1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3], rel=1e-15)
    for kind in ("probabilities", "logits", "cdf"):
        for family in families(Declaration(input=kind)):
            grid = _grid(family)
            assert len(grid) >= 10
            assert all(x < y for x, y in pairwise(grid))


def test_weights_follow_from_equations_that_determine_them_more_than_once():
    rows = [[1.0, 2.0], [3.0, 1.0], [0.0, 4.0], [2.0, 2.0]]
    right = [x * 2 + y * 0.5 for x, y in rows]
    assert solution(rows, right, 1e-9) == pytest.approx([2, 0.5], rel=1e-12)
    assert solution(rows[:3], right[:3], 1e-9) is None
    assert solution([[1.0, 2.0]] * 5, [3.0] * 5, 1e-9) is None
    assert solution(rows, [*right[:3], right[3] + 1e-3], 1e-9) is None
    assert solution(rows, [*right[:3], right[3] + 1e-3], 1e-2) is not None
    assert solution([], [], 1e-9) is None
    swapped = [[0.0, 1.0], [2.0, 0.0], [0.0, 3.0], [4.0, 4.0]]  # the first row has no first number
    assert solution(swapped, [5.0, 6.0, 15.0, 32.0], 1e-9) == pytest.approx([3, 5], rel=1e-12)


def test_weights_are_shown_as_a_list():
    assert shown([1.0, 1 / 3, 1e-13, 0.123456789012, -2.0], 1e-11) == "1, 1/3, 0, 0.1234568, -2"
    assert shown([0.50001, 1e-4], 1e-3) == "0.5, 0"


def test_an_interval_of_norms_has_room_for_the_errors_of_values():
    """Σ w (|v| ± e)², and e of the weights themselves."""
    terms = [(Fraction(2), Fraction(1, 2)), (Fraction(3), Fraction(-1, 4))]
    e = Fraction(1, 1000)
    found = norms(terms, e, None)
    squared, absolute, weight = Fraction(2, 4) + Fraction(3, 16), Fraction(7, 4), 5
    away = 2 * e * absolute + e * e * weight + e * squared
    assert (found["E"].lo, found["E"].hi) == (squared - away, squared + away)
    away = e * weight + e * absolute
    assert (found["W1"].lo, found["W1"].hi) == (absolute - away, absolute + away)


def test_the_errors_of_large_values_are_relative():
    e = Fraction(1, 1000)
    (large,) = (norms([(1, Fraction(8))], e, None)["W1"],)
    assert large.hi - 8 == 8 * e + 8 * e * 8


def test_a_value_in_the_place_of_a_weight_errs_by_itself():
    e = Fraction(1, 1000)
    found = norms([(Fraction(7, 2), 1)], e, None)
    assert found["E"].middle == found["W1"].middle == Fraction(7, 2)
    plain = norms([(Fraction(7, 2), Fraction(1))], e, None)
    assert found["E"].hi - plain["E"].hi == found["W1"].hi - plain["W1"].hi == e


def test_a_penalty_replaces_the_square():
    terms = [(2, 0.5), (1, -3.0)]
    found = norms(terms, Fraction(1, 64), lambda v: v**3)
    e = 3 / 64
    assert float(found["E"].lo) == pytest.approx(2 * (0.5 - e) ** 3 + (3 - e) ** 3, rel=1e-14)
    assert float(found["E"].hi) == pytest.approx(2 * (0.5 + e) ** 3 + (3 + e) ** 3, rel=1e-14)
    assert norms([(1, 1e-3)], Fraction(1, 64), lambda v: v)["E"].lo <= 0
    assert estimates(terms, lambda v: v**3) == {"E": 27.25, "W1": 4.0}
    assert estimates(terms, None) == {"E": 9.5, "W1": 4.0}


def test_many_values_are_summed_in_floats():
    few, many = ([(1, Fraction(1, 3))] * n for n in (SMALL, SMALL + 1))
    assert norms(few, Fraction(0), None)["W1"].middle == Fraction(SMALL, 3)
    found = norms(many, Fraction(0), None)["W1"].middle
    assert found != Fraction(SMALL + 1, 3)
    assert float(found) == pytest.approx((SMALL + 1) / 3, rel=1e-12)
