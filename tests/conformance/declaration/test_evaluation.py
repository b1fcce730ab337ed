"""Expressions are evaluated on intervals with their slopes, and in floats."""

import math
from fractions import Fraction

import pytest
from emd_conformance._declaration.expression import LONGEST, UNLIMITED, is_unlimited, parse
from emd_conformance._exact.interval import INFINITY, ONE, Interval, enclose

NUMBERS = {"E": 9, "W1": 3, "XE": 2, "R": 5, "C": 4, "weight": Fraction(1, 2), "range": 8}


def evaluated(text, **names):
    enclosed = {name: enclose(NUMBERS[name]) for name in ("E", "W1", "XE", "R")} | names
    return parse(text).evaluate(enclosed, {name: Fraction(NUMBERS[name]) for name in ("C", "weight", "range")})


def interval(lo, hi):
    return Interval(Fraction(lo), Fraction(hi))


@pytest.mark.parametrize(
    ("text", "value", "slopes"),
    [
        ("XE + weight*R", Fraction(9, 2), {"XE": 1, "R": Fraction(1, 2)}),
        ("E - W1", 6, {"E": 1, "W1": -1}),
        ("E*W1", 27, {"E": 3, "W1": 9}),
        ("E/W1", 3, {"E": Fraction(1, 3), "W1": -1}),
        ("E + E*E - 0.5", Fraction(179, 2), {"E": 19}),
        ("2 + C", 6, {}),
        ("sqrt(C)*E/range", Fraction(9, 4), {"E": Fraction(1, 4)}),
        ("sqrt(C - 4) + E", 9, {"E": 1}),
    ],
)
def test_values_and_slopes(text, value, slopes):
    found = evaluated(text)
    assert found.value == enclose(value)
    assert found.slopes == {name: enclose(x) for name, x in slopes.items()}
    assert parse(text).estimate({name: float(x) for name, x in NUMBERS.items()}) == value


@pytest.mark.parametrize(
    ("text", "value", "slope"),
    [
        ("sqrt(E)", (2, 3), (Fraction(1, 6), Fraction(1, 4))),
        ("1/E", (Fraction(1, 9), Fraction(1, 4)), (Fraction(-1, 16), Fraction(-1, 81))),
        ("sqrt(E - 4)", (0, None), (0, UNLIMITED)),
        ("sqrt(E - 9)", (0, 0), (0, UNLIMITED)),
        ("sqrt(E - 10)", (0, 0), (0, UNLIMITED)),
        ("sqrt(E - 5)", (0, 2), (0, UNLIMITED)),
    ],
)
def test_an_interval_of_values_has_one_of_slopes(text, value, slope):
    """For E from 4 to 9; where less than 0 is allowed, there is no root, and 0 stands for it."""
    found = evaluated(text, E=interval(4, 9))
    assert found.value.lo == value[0]
    assert value[1] is None or found.value.hi == value[1]
    assert found.slopes == {"E": interval(*slope)}


def test_a_root_in_floats_is_0_for_less_than_0():
    assert parse("sqrt(E - C)").estimate({"E": 3.0, "C": 4.0}) == 0.0
    assert parse("sqrt(E - C)").estimate({"E": 4.25, "C": 4.0}) == 0.5


@pytest.mark.parametrize("text", ["E/(C - 4)", "E/(W1 - 3)", "1/(C - C)"])
def test_a_division_by_0_is_an_error(text):
    with pytest.raises(ZeroDivisionError):
        evaluated(text)
    with pytest.raises(ZeroDivisionError):
        parse(text).estimate({name: float(x) for name, x in NUMBERS.items()})


def test_what_a_root_at_0_leaves_has_no_bound():
    assert [is_unlimited(x) for x in (interval(0, UNLIMITED), interval(-UNLIMITED / 2**1074, 0))] == [True, True]
    assert [is_unlimited(x) for x in (ONE, INFINITY, INFINITY * -24, interval(-(2**2000), 2**2000))] == [False] * 4


@pytest.mark.parametrize(
    ("text", "operations"),
    [("E", 0), ("E/C", 1), ("sqrt(E/C)", 2), ("0.5*E + 0.5*XE", 3), ("E/range", 1 + 8), ("range", 8)],
)
def test_each_operation_rounds_once_and_a_range_eight_times(text, operations):
    assert parse(text).operations == operations


def test_the_names_of_an_expression():
    parsed = parse("XE + weight*sqrt(R)/range")
    assert (parsed.names, parsed.parameters) == ({"XE", "R"}, {"weight", "range"})
    assert parsed is parse("XE + weight*sqrt(R)/range")


def test_an_expression_has_at_most_500_characters():
    longest = "E" + " + E" * 124 + " " * 3
    assert len(longest) == LONGEST == 500
    assert parse(longest).operations == 124
    with pytest.raises(ValueError, match="it has 501 characters, at most 500 are read") as caught:
        parse(longest + " ")
    assert f"computes='{longest[:40]}...'" in str(caught.value)
    with pytest.raises(
        ValueError, match=r"is not understood.*E, W1, XE, R, C, weight, range, \+ - \* / and sqrt"
    ) as caught:
        parse(longest[:-3] + "**2")
    assert f"computes='{longest[:-3]}**2'" in str(caught.value)


@pytest.mark.parametrize("text", ["1e999*E", "E - 1e400"])
def test_a_number_is_finite(text):
    with pytest.raises(ValueError, match="a number is beyond the largest float"):
        parse(text)


@pytest.mark.parametrize("text", ["E % 2", "E // 2", "-E", "'E'", "sqrt", "sqrt()", "sqrt(x=E)", "exp(E)", "E < 1"])
def test_what_is_not_allowed_is_named(text):
    with pytest.raises(ValueError, match="is not allowed"):
        parse(text)


def test_numbers_are_exact():
    assert evaluated("0.1*E").value == enclose(9 * Fraction(0.1))
    assert math.isclose(parse("0.1*E").estimate({"E": 9.0}), 0.9)


def test_an_expression_is_a_value():
    assert {parse("E/C")} == {parse("E/C")}
