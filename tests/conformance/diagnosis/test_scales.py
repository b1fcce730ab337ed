"""Short ways to write a number: which are tried, in what order, and up to which size."""

import ast
from math import inf, isnan, nan, sqrt

import pytest
from emd_conformance import Declaration
from emd_conformance._declaration.expression import parse
from emd_conformance._diagnosis.scales import (
    COMMON,
    CROSS_ENTROPIES,
    EPSILONS,
    FORMS,
    OF_RANGES,
    TEXTS,
    _agrees,
    _function,
    _plain,
    accuracy,
    number,
    snapped,
    times,
)

NAMES = {"E": 16.0, "W1": 5.0, "C": 4.0, "range": 10.0, "XE": 7.0, "R": 3.0, "weight": 0.5}


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (TEXTS, [16, 4, 16 / 3, 8, 32, 64, 4, 2, sqrt(16 / 3), sqrt(32), sqrt(8), 5, 1.25, 5 / 3, 25, 2.5]),
        (OF_RANGES, [1.6, 0.5, sqrt(1.6), 0.16]),
        (CROSS_ENTROPIES, [7, 3, 10, 4, 5.5, 1.5, 15, 16]),
        (EPSILONS, [1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12]),
        (
            FORMS,
            [
                *(16, 4, 16 / 3, 1, 64, 4, 2, sqrt(16 / 3), 1, 4 / 3),
                *(5, 1.25, 5 / 3, 25, 6.25, 25 / 16, sqrt(5), 256),
            ],
        ),
        (COMMON, [16, 4, 16 / 3, 4, 2, 5, 1.25]),
    ],
)
def test_the_expressions_that_losses_compute_are_these(texts, values):
    assert [number(parse(text), NAMES) for text in texts] == pytest.approx(values, rel=1e-15, abs=0)
    assert len({*texts}) == len(texts)


def test_the_accuracy_is_that_of_the_format_between_1e_11_and_a_fifth():
    def of(unit):
        return accuracy(type("", (), {"coarser": unit}))

    assert of(2.0**-24) == 128 * 2.0**-24 == accuracy(Declaration(dtype="float32").precision)
    assert of(2.0**-53) == 1e-11
    assert of(1.5e-3) == pytest.approx(0.192)
    assert of(1.6e-3) == of(1.0) == 0.2


def test_a_root_of_less_than_0_is_0_if_rounding_explains_it():
    root = parse("sqrt(E)")
    assert [number(root, {"E": x}) for x in (-0.9e-9, 0.0, 4.0)] == [0, 0, 2]
    assert isnan(number(root, {"E": -1e-9}))
    assert isnan(number(root, {"E": -1.1e-9}))


def test_an_expression_is_a_number_or_fails():
    assert number(parse("3 - 2*E/C + 0.5"), NAMES) == -4.5
    with pytest.raises(KeyError):
        number(parse("E"), {})
    with pytest.raises(ValueError, match=r"E \*\* 2"):
        _function(ast.parse("E ** 2 if 1 else 0", mode="eval").body)


def test_a_negative_factor_is_a_difference():
    assert [times(x, "E").text for x in (-2, "-1/7", 2.5)] == ["(0 - 2)*E", "(0 - 1/7)*E", "2.5*E"]


@pytest.mark.parametrize(
    ("x", "texts"),
    [
        (0.5, ["0.5", "1/2"]),
        (-0.5, ["-0.5", "-1/2"]),
        (1.0, ["1", "3/3"]),
        (2.0, ["2", "6/3"]),
        (1 / 3, ["1/3", "2/6"]),
        (4 / 3, ["4/3", "8/6"]),
        (5 / 6, ["5/6", "10/12"]),
        (3 / 7, ["3/7", "0.42857143"]),
        (5 / 9, ["5/9", "0.55555556"]),
        (5 / 12, ["5/12", "0.41666667"]),
        (0.0001, ["0.0001"]),
        (0.0002, ["0.0002", "1/5000"]),
        (2e-170, ["2e-170"]),
        (-1e-310, ["-1e-310"]),
        (100.0, ["100", "300/3"]),
        (1 / 9999, ["1/9999", "sqrt(1/99980001)"]),
        (sqrt(1.23), ["sqrt(1.23)"]),
        (sqrt(1.234), []),
        (sqrt(1 / 7), ["sqrt(1/7)", "0.37796447"]),
        (sqrt(1000), ["sqrt(1e+03)"]),
        (2999 / 3, ["2999/3", "5998/6"]),
        (3001 / 3, []),
        (1.2345678, ["1.2345678"]),
        (1.23456789, ["1.2345679"]),
        (1.234567849, []),
        (9e14, ["900000000000000"]),
        (1e15, ["1e+15"]),
    ],
)
def test_a_number_is_written_in_these_ways(x, texts):
    assert snapped(x, 1e-11) == texts


@pytest.mark.parametrize(
    ("x", "within", "text"),
    [
        (0.54, 0.1, "0.5"),
        (0.5203, 1e-3, "0.52"),
        (0.52304, 1e-4, "0.523"),
        (0.523104, 1e-5, "0.5231"),
        (1.234512, 1e-5, "1.2345"),
        (1.2345604, 1e-6, "1.23456"),
        (1.23456704, 1e-7, "1.234567"),
        (1.66667, 1e-5, "5/3"),
    ],
)
def test_a_number_of_few_digits_is_written_with_them(x, within, text):
    assert snapped(x, within)[0] == text


@pytest.mark.parametrize("size", [0.5, 100.0])
@pytest.mark.parametrize("side", [1, -1])
def test_what_is_written_agrees_to_1e_8_or_to_what_is_asked(size, side):
    def agrees(off, accuracy):
        return f"{size:g}" in snapped(size * (1 + side * off), accuracy)

    assert (agrees(0.9e-8, 0), agrees(1.1e-8, 0)) == (True, False)
    assert (agrees(0.9e-3, 1e-3), agrees(1.1e-3, 1e-3)) == (True, False)


def test_no_more_than_two_ways_are_given_and_none_for_what_is_no_size():
    assert len(snapped(0.5, 0.2)) == 2
    assert [snapped(x, 1e-3) for x in (0.0, -0.0, inf, -inf, nan)] == [[]] * 5


def test_a_text_agrees_if_it_is_a_number_near_enough():
    assert _agrees("0.75", 0.5, 0.5)
    assert _agrees("0.25", 0.5, 0.5)
    assert not _agrees("0.76", 0.5, 0.5)
    assert not _agrees("1/0", 0.5, 0.5)
    assert not _agrees("nonsense", 0.5, 0.5)


def test_a_power_of_ten_is_written_out_below_1e15():
    assert [_plain(x) for x in ("1e+02", "3.5e+03", "9e+14", "1e+15", "sqrt(1e+03)", "1e-05", "12")] == [
        *("100", "3500", "900000000000000", "1e+15", "sqrt(1e+03)", "1e-05", "12")
    ]
