"""The result of a comparison: the largest error, in bounds, with the numbers that a reader needs."""

from fractions import Fraction
from math import inf, nan

import pytest
from emd_conformance._exact.interval import Interval, enclose
from emd_conformance._judging.allowed import FARTHEST, Allowed
from emd_conformance._judging.check import Check, _compare, _ratio, _ratios
from emd_conformance._judging.result import Finding, Result
from small import case, told


def allowed(exact, below, above):
    exact = Fraction(exact)
    return Allowed(enclose(exact), Interval(exact - Fraction(below), exact + Fraction(above)))


def compared(received, wide, narrow=None):
    """The result for answers, the wide bounds, and the narrow ones, which are not always needed."""

    def bounds(form):
        assert form == "any" or narrow is not None, "no narrower bound needs to be computed"
        return wide if form == "any" else narrow

    return _compare(Check(told({}), case(), "value"), received, bounds, "sample")


def test_the_largest_error_decides():
    wide = [allowed(1, 1, 1), allowed(2, 1, 2), allowed(3, 1, 1)]
    narrow = [allowed(1, Fraction(1, 8), 1), allowed(2, 1, 1), allowed(3, 1, 1)]
    result = compared([0.5, 3.25, 3.0], wide, narrow)
    assert (result.status, result.sample, result.ratio, result.grade) == ("pass", 1, 0.625, 4.0)
    assert (result.expected, result.received, result.numbers) == ("2.0", "3.25", (2.0, 3.25))


@pytest.mark.parametrize(("answer", "bound"), [(1.75, 1.0), (2.25, 2.0), (2.0, 2.0)])
def test_the_bound_is_that_of_the_side_of_the_answer(answer, bound):
    assert compared([answer], [allowed(2, 1, 2)], [allowed(2, 1, 1)]).bound == bound


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (3.0, "pass", ""),
        (1.0, "pass", ""),
        (4.0, "fail", "sample 0 differs by 2 times the error bound (7.3)"),
        (3.0 + 2.0**-50, "fail", "sample 0 differs by 1 times the error bound (7.3)"),
        (inf, "fail", "sample 0 differs by more than any multiple of the error bound (7.3)"),
        (nan, "fail", "sample 0 differs by more than any multiple of the error bound (7.3)"),
    ],
)
def test_an_error_of_one_bound_is_right_and_of_more_is_wrong(answer, status, words):
    result = compared([answer], [allowed(2, 1, 1)], [allowed(2, 1, 1)])
    assert (result.status, result.message) == (status, words)


def test_the_largest_multiple_has_no_number():
    wide = [allowed(0, Fraction(1, 2**1070), Fraction(1, 2**1070))]
    result = compared([1e300], wide, wide)
    assert result.ratio == FARTHEST
    assert "more than any multiple" in result.message


def test_an_exact_answer_needs_no_narrower_bound():
    result = compared([2.0, 3.0], [allowed(2, 1, 1), allowed(3, 1, 1)])
    assert (result.status, result.ratio, result.grade) == ("pass", 0.0, 0.0)


def test_infinity_may_be_right_and_have_no_grade():
    """Where the exact value may be rounded beyond the format by a wide bound, but not by a narrow one (7.4)."""
    largest = Fraction(1.7976931348623157e308)
    result = compared([inf], [allowed(largest, 1, 1)], [allowed(largest, 0, 0)])
    assert (result.status, result.ratio, result.grade) == ("pass", 0.0, inf)


def test_no_answers_are_right():
    assert compared([], []).status == "pass"


@pytest.mark.parametrize(
    ("exact", "words"),
    [
        (Fraction(1, 4), "0.25 = 1/4"),
        (Fraction(1, 2), "0.5 = 1/2"),
        (Fraction(3), "3.0"),
        (Fraction(1, 10**16), "1e-16 = 1/10000000000000000"),
        (Fraction(1, 10**17), "1e-17"),
        (Fraction(10) ** 400, "inf"),
    ],
)
def test_a_short_fraction_is_shown_beside_its_decimals(exact, words):
    """Of fewer than 20 characters."""
    assert compared([0.0], [allowed(exact, 1, 1)], [allowed(exact, 1, 1)]).expected == words


@pytest.mark.parametrize(
    ("answer", "hi", "ratio"),
    [
        (Fraction(5), 4, 4.0),
        (3.0, 4, 2.0),
        (inf, 9, 0.0),
        (inf, 8, inf),
        (-inf, 9, inf),
        (nan, 9, inf),
    ],
)
def test_infinity_is_right_beyond_the_largest_number(answer, hi, ratio):
    """Which is 8 here."""
    assert (
        _ratio(answer, Allowed(enclose(1), Interval(Fraction(0), Fraction(hi) if hi > 4 else Fraction(2))), 8.0)
        == ratio
    )


def test_answers_that_are_alike_have_the_same_ratio():
    a, b = allowed(2, 1, 1), allowed(2, 2, 2)
    assert _ratios([2.0, 3.0, 3.0, 5.0, nan], [a, a, b, a, b], 100.0) == [0.0, 1.0, 0.5, 3.0, inf]


@pytest.mark.parametrize(
    ("status", "counts"),
    [("pass", False), ("skip", False), ("xfail", False), ("fail", True), ("error", True), ("xpass", True)],
)
def test_what_counts_against_an_implementation(status, counts):
    assert Result("line/soft-3", "value", status).failed == counts


def test_a_result_is_a_value_without_its_time():
    result = Result("line/soft-3", "value", "pass", seconds=1.0)
    assert (result.id, result.group) == ("line/soft-3:value", "line")
    assert {result, Result("line/soft-3", "value", "pass")} == {result}
    plain = (result.ratio, result.grade, result.classes, result.numbers, result.sample, result.bound)
    assert plain == (0.0, 0.0, 0, None, 0, None)
    assert Result("line/soft-3", "value", "pass").seconds == 0.0
    assert len({Finding("defect", "E/2", "half"), Finding("defect", "E/2", "half")}) == 1


def test_every_answer_has_its_bound():
    with pytest.raises(ValueError, match="shorter"):
        _ratios([1.0, 2.0], [allowed(1, 1, 1)], 100.0)
