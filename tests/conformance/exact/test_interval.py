"""Intervals contain what they enclose, and stay points where the result is rational."""

from dataclasses import FrozenInstanceError
from fractions import Fraction

import pytest
from emd_conformance._bounds.precision import PRECISIONS
from emd_conformance._exact.interval import (
    INFINITY,
    ONE,
    Interval,
    enclose,
    exp,
    log,
    sharpen,
    sqrt,
    total,
)

F = Fraction
HALF, THREE = enclose(F(1, 2)), enclose(3)


def between(lo, hi):
    return Interval(F(lo), F(hi))


@pytest.mark.parametrize(
    ("result", "wanted"),
    [
        (between(1, 2) + between(-5, 7), between(-4, 9)),
        (between(1, 2) + HALF, between(1.5, 2.5)),
        (HALF + between(1, 2), between(1.5, 2.5)),
        (between(1, 2) + 3, between(4, 5)),
        (between(1, 2) - between(-5, 7), between(-6, 7)),
        (between(1, 2) - 3, between(-2, -1)),
        (-between(1, 2), between(-2, -1)),
        (between(1, 2) * between(3, 5), between(3, 10)),
        (between(-1, 2) * between(3, 5), between(-5, 10)),
        (between(-1, 2) * between(-3, 5), between(-6, 10)),
        (between(-4, 2) * between(-3, 5), between(-20, 12)),
        (between(-2, -1) * between(3, 5), between(-10, -3)),
        (between(-2, -1) * between(-5, -3), between(3, 10)),
        (between(1, 2) * THREE, between(3, 6)),
        (THREE * between(1, 2), between(3, 6)),
        (between(1, 2) * F(-1, 2), between(-1, -0.5)),
        (enclose(F(-1, 2)) * between(1, 2), between(-1, -0.5)),
        (between(1, 2) * 0, between(0, 0)),
        (between(1, 2) / between(4, 8), between(0.125, 0.5)),
        (between(1, 2) / between(-8, -4), between(-0.5, -0.125)),
        (between(1, 2) / between(0.5, 0.5), between(2, 4)),
        (abs(between(1, 2)), between(1, 2)),
        (abs(between(0.5, 2)), between(0.5, 2)),
        (abs(between(-2, -0.5)), between(0.5, 2)),
        (abs(between(-1, 0.5)), between(0, 1)),
        (abs(between(-0.5, 1)), between(0, 1)),
        (between(-0.3, 0.6).rounded(1), between(-0.5, 1)),
        (between(F(1, 3), F(2, 3)).rounded(2), between(0.25, 0.75)),
        (between(-0.5, 0.25).rounded(2), between(-0.5, 0.25)),
        (total([between(1, 2), between(3, 5), HALF]), between(4.5, 7.5)),
        (total([between(1, 2)]), between(1, 2)),
        (total([]), between(0, 0)),
        (sqrt(between(4, 9)), between(2, 3)),
    ],
)
def test_the_ends_of_a_result_are_those_of_its_set_of_values(result, wanted):
    assert result == wanted


@pytest.mark.parametrize(
    ("result", "value"),
    [
        (HALF + THREE, 3.5),
        (HALF - THREE, -2.5),
        (HALF + 1, 1.5),
        (-HALF, -0.5),
        (HALF * THREE, 1.5),
        (HALF * 3, 1.5),
        (total([HALF, THREE]), 3.5),
        (enclose(HALF), 0.5),
        (exp(0, 64), 1),
    ],
)
def test_points_give_points(result, value):
    assert result.is_point
    assert result.lo == result.hi == value


def test_the_ends_of_an_enclosure_are_fractions():
    assert {type(enclose(x).lo) for x in (2, F(1, 2))} == {F}
    assert enclose(half := F(1, 2)).lo is half


def test_a_result_of_a_point_and_an_interval_is_no_point():
    wide = between(1, 2)
    for x in (wide + HALF, HALF + wide, HALF * wide, wide * HALF, -wide, total([wide, HALF]), total([HALF, wide])):
        assert not x.is_point
        assert x.lo < x.hi
    assert not between("0.1", "0.1").is_point  # of equal ends that are two objects, nothing is known at a glance


def test_one_times_an_interval_is_that_interval():
    x = between(1, 2)
    assert ONE * x is x
    assert x * ONE is x
    assert x * 1 == x


@pytest.mark.parametrize("divisor", [(0, 1), (-1, 0), (-1, 1), (0, 0)])
def test_a_divisor_that_may_be_0_is_refused(divisor):
    with pytest.raises(ZeroDivisionError, match="the divisor's enclosure contains 0"):
        HALF / between(*divisor)


@pytest.mark.parametrize(("lo", "hi", "magnitude", "middle"), [(1, 2, 2, 1.5), (-2, 1, 2, -0.5), (-2, -1, 2, -1.5)])
def test_the_magnitude_is_the_largest_absolute_value(lo, hi, magnitude, middle):
    assert between(lo, hi).magnitude == magnitude
    assert between(lo, hi).middle == middle


@pytest.mark.parametrize(
    ("lo", "width", "narrow"),
    [
        (1 - F(1, 2**150), F(1, 2**150), True),
        (1 - F(1, 2**150), F(1001, 1000 * 2**150), False),
        (-1, F(1, 2**150), True),
        (-1, F(1, 2**149), False),
        (1024 - F(1, 2**140), F(1, 2**140), True),
        (0, F(1, 2**1300), True),  # beside which every float64 is large
        (0, F(1, 2**1299), False),
    ],
)
def test_narrow_is_a_relative_width_of_at_most_2_to_the_minus_150(lo, width, narrow):
    assert Interval(F(lo), lo + width).narrow is narrow


def test_what_is_infinite_is_so_in_every_format():
    assert (INFINITY - 1).lo > max(p.largest for p in PRECISIONS.values())


def test_an_interval_cannot_be_changed():
    one = enclose(1)
    with pytest.raises(FrozenInstanceError):
        one.lo = F(0)


def test_enclosures_contain_known_constants():
    euler = F("2.718281828459045235360287471352662497757247093699959574966967627724076630353547594571")
    root = F("1.414213562373095048801688724209698078569671875376948073176679737990732478462107038850")
    ln2 = F("0.693147180559945309417232121458176568075500134360255254120680009493393621969694715605")
    slack = F(1, 10**80)
    for enclosure, value in ((exp(1, 256), euler), (sqrt(2, 250), root), (sqrt(2), root), (log(2, 256), ln2)):
        assert enclosure.lo - slack <= value <= enclosure.hi + slack
        assert enclosure.narrow


@pytest.mark.parametrize("bits", [64, 256, 2048])
def test_more_bits_make_an_enclosure_narrower(bits):
    for x in (exp(1, bits), exp(F(-3, 2), bits), log(2, bits), log(F(1, 3), bits), sqrt(2, bits), sqrt(F(1, 3), bits)):
        assert 0 < x.hi - x.lo <= F(1, 2 ** (bits - 1))


@pytest.mark.parametrize("bits", [64, 256, 2048])
def test_an_enclosure_is_two_units_of_its_last_digit_wide(bits):
    for x in (log(2, bits), sqrt(F(1, 2), bits)):  # 0.693… and 0.707…
        assert x.hi - x.lo == F(2, 10 ** (bits // 3 + 20))


def test_roots_have_200_bits():
    assert sqrt(2) == sqrt(2, 200)


def test_a_third_of_an_exponent_is_the_cube_root():
    third, whole = exp(F(1000, 3), 256), exp(1000, 256)
    assert third.lo**3 <= whole.hi
    assert whole.lo <= third.hi**3
    third, whole = sqrt(F(10**60, 3)), sqrt(F(10**60))
    assert third.lo**2 * 3 <= whole.lo**2 <= third.hi**2 * 3


def test_the_logarithm_of_a_power_is_a_multiple():
    for x in (F(1, 3), F(2), F(7, 2)):
        one, seven = log(x, 256), log(x**7, 256)
        assert one.lo * 7 <= seven.hi
        assert seven.lo <= one.hi * 7
    around_one = log(between(0.5, 2), 256)
    assert around_one.lo == log(F(1, 2), 256).lo < 0 < log(2, 256).hi == around_one.hi


def test_rational_results_stay_exact():
    assert sqrt(F(9, 16)) == between(0.75, 0.75)
    assert sqrt(0) == between(0, 0)
    assert log(1, 64) == between(0, 0)
    assert exp(0, 64) == ONE == between(1, 1)
    assert log(between(1, 2), 64).lo == log(between(0.5, 1), 64).hi == 0


def test_roots_of_other_numbers_are_enclosed():
    for x in (F(2), F(1, 2), F(3, 4), F(4, 3), F(8, 27)):
        root = sqrt(x)
        assert root.lo**2 < x < root.hi**2
        assert root.narrow


def test_small_powers_are_enclosed():
    below, above = F(271, 100), F(272, 100)  # Euler's number is between
    for lo, hi in ((-5000, -5000), (-129, -128), (-64, -63), (-200, -1), (-129, -1), (-127, -1), (-5000, 0)):
        power = exp(between(lo, hi), 64)
        assert 0 <= power.lo <= below**lo
        assert below**hi >= power.hi - F(1, 2**63)
        assert power.hi >= above**hi


def test_a_power_below_all_bits_is_between_0_and_the_last_of_them():
    assert exp(-5000, 64) == exp(between(-(10**9), -5000), 64) == Interval(F(0), F(1, 2**64))


def test_bits_are_added_until_every_enclosure_is_narrow():
    tried = []

    def wide(bits):
        tried.append(bits)
        return [ONE, between(0, F(2, 2**bits))]

    assert sharpen(wide) == [ONE, between(0, F(2, 2**2048))]
    assert tried == [256, 512, 1024, 2048]
    tried.clear()

    def narrow_at_512(bits):
        tried.append(bits)
        return [ONE, Interval(F(1), 1 + F(1, 2 ** (bits // 3)))]

    sharpen(narrow_at_512)
    assert tried == [256, 512]
