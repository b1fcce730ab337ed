"""Weights of the classes are what the words of their finding say."""

import math
import re

import pytest
from emd_conformance._diagnosis.class_weights import PATTERNS, _equations, patterns, shown, solution, solved
from emd_conformance._exact.grounds import LINE
from small import P, T, answered_as, case, evidence


def stated(words: str, k: int, C: int) -> float:
    """The weight of class k of C by the words, such as "w_k = 2(C-k+1)/(C(C+1))"."""
    if match := re.fullmatch(r"w_k alternates between (\d) and (\d)", words):
        return float(match[2 - k % 2])
    text = words.removeprefix("w_k = ").replace("²", "**2").replace("^", "**")
    text = re.sub(r"\|(.*)\|", r"abs(\1)", text)
    text = re.sub(r"(?<=[\dkC)])(?=[kC(])", "*", text)  # a product is written without a sign
    return float(eval(text, {"abs": abs, "sqrt": math.sqrt, "k": k, "C": C}))


@pytest.mark.parametrize("words", PATTERNS)
def test_a_pattern_is_what_it_is_called(words: str) -> None:
    for C in range(2, 8):
        for k in range(1, C + 1):
            assert float(PATTERNS[words](k, C)) == pytest.approx(stated(words, k, C), rel=1e-15, abs=0), (k, C)


def test_a_pattern_weighs_each_difference_of_the_cumulative_distributions():
    changes = patterns()
    assert [change.detail for change in changes] == [*PATTERNS]
    assert {change.name for change in changes} == {"class-weights"}
    formula = changes[0].fields["formula"]  # w_k = k
    assert formula([0.5, 0.25, 0.25], [0.25, 0.75, 0.0], LINE) == [(1, 0.25), (2, -0.25), (3, 0.0)]


def weighing(D, weights, extra=0.0):
    """The answer Σ w_k D_k² to these D_k, for targets of 1/4 and whatever predictions these take; the last D is 0."""
    rows = [[a - b + 0.25 for a, b in zip([*row, 0.0], [0.0, *row], strict=True)] for row in D]
    of = case(p=tuple(map(tuple, rows)), t=((0.25,) * len(rows[0]),) * len(rows), classes=len(rows[0]))
    return answered_as([sum(w * x * x for w, x in zip(weights, row, strict=True)) + extra for row in D], of)


THREE = [[0.5, 0.25], [0.25, -0.5], [0.5, 0.5], [-0.5, 0.0]]
FOUR = [[0.5, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.5], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]


def test_weights_are_solved_for_each_number_of_classes():
    few, rest = weighing(THREE[:3], [2, 0.5]), weighing(THREE[3:], [2, 0.5])
    many, two = weighing(FOUR, [1, 2, 3]), weighing([[0.5], [0.25], [1.0]], [2])
    (three, four) = solved(evidence(many, two, few, rest))
    assert (three[0], three[2], four[0], four[2]) == (3, 4, 4, 5)
    assert three[1] == pytest.approx([2, 0.5], rel=1e-12)
    assert four[1] == pytest.approx([1, 2, 3], rel=1e-12)
    assert solved(evidence(few, many)) == [four]
    assert solved(evidence(few, weighing(THREE[3:], [3, 0.5]))) == []
    assert solved(evidence(answered_as([0.0] * 3, case(p=((1.0,),) * 3, t=((1.0,),) * 3, classes=1)))) == []


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("accuracy", "limit"), [(0, 1e-9), (1e-3, 16e-3)])
def test_equal_weights_are_none(side, accuracy, limit):
    def found(*weights):
        return solved(evidence(weighing(THREE if len(weights) == 2 else FOUR, weights), accuracy=accuracy))

    assert not found(1, 1 + side * 0.97 * limit)
    assert found(1, 1 + side * 1.03 * limit)
    assert found(1, 1 + side * 0.9 * limit, 1 + side * 1.8 * limit)


def test_answers_may_miss_an_equation_by_their_accuracy():
    rough = [weighing(THREE[:3], [2, 0.5]), weighing(THREE[3:], [2, 0.5], 1e-4)]
    assert solved(evidence(*rough)) == []
    assert len(solved(evidence(*rough, accuracy=1e-3))) == 1


def test_an_equation_has_the_squares_and_the_answer_of_a_sample():
    batch = case(p=(P, (0.5, 0.25, 0.25)), t=(T, (0.25, 0.75, 0.0)))
    assert _equations(answered_as([3.0, 4.0], batch)) == [([0.0625, 0.0625], 3.0), ([0.0625, 0.0625], 4.0)]
    ((squares, _),) = _equations(answered_as([3.0], case(p=((0.0, 0.5, 0.5),), t=((0.5, 0.25, 0.25),))))
    assert squares == [0.25, 0.0625]
    for received in (None, [3.0], [3.0, 4.0, 5.0]):
        assert _equations(answered_as(received, batch)) == []


def test_one_more_equation_than_is_needed_is_not_enough():
    assert solution([[1.0]] * 3, [0.5] * 3, 0) == [0.5]
    assert solution([[1.0]] * 2, [0.5] * 2, 0) is None
    assert solution([], [], 0) is None


def test_equations_that_tell_less_than_1e_9_of_a_weight_tell_none():
    for small, y in ((1e-9, 2e-9), (-1e-9, -2e-9), (1.1e-9, 2.2e-9)):
        assert solution([[small]] * 3, [y] * 3, 0) == pytest.approx([2], rel=1e-12)
    for small in (0.9e-9, -0.9e-9, 0.0):
        assert solution([[small]] * 3, [0.0] * 3, 0) is None


def test_the_largest_number_is_eliminated_first():
    assert solution([[0.0], [-1.0], [-2.0], [-3.0]], [0.0, -0.5, -1.0, -1.5], 0) == [0.5]
    rows = [[1.0, -4.0], [1.0, 0.0], [2.0, 0.0], [1.0, 2.0]]
    assert solution(rows, [-17.0, 3.0, 6.0, 13.0], 0) == [3, 5]
    tiny = [[1e-20, 1.0], [1.0, 1.0], [1.0, 2.0], [2.0, 1.0]]
    assert solution(tiny, [2.0, 3.0, 5.0, 4.0], 0) == pytest.approx([1, 2], rel=1e-12)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(
    ("weight", "accuracy", "limit"),
    [(0.5, 0, 1e-9), (0.0, 0, 1e-9), (-4.0, 0, 4e-9), (0.5, 1e-2, 1e-2), (8, 1e-2, 8e-2)],
)
def test_an_equation_may_be_missed_by_so_much(side, weight, accuracy, limit):
    def found(miss):
        return solution([[1.0]] * 3, [weight, weight, weight + side * miss], accuracy)

    assert found(0.99 * limit) == [weight]
    assert found(1.01 * limit) is None
    assert weight or found(limit) == [0]


def test_weights_are_shown_to_eight_digits_or_to_their_accuracy():
    assert shown([1.2345678, 1.23456709, 0.9e-12, 1.1e-12, -1.1e-12], 0) == "1.2345678, 1.234567, 0, 1.1e-12, -1.1e-12"
    assert shown([0.0009, 0.001, 0.0011, -0.0011, 0.50001], 1e-3) == "0, 0, 0.0011, -0.0011, 0.5"
