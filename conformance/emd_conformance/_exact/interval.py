"""Interval arithmetic in fractions, for numbers that are not rational."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from math import floor, isqrt
from typing import TypeAlias

Rational: TypeAlias = int | Fraction
WIDTH = Fraction(1, 2**150)
FLOOR = Fraction(1, 2**1300)


@dataclass(frozen=True)
class Interval:
    """All numbers from lo to hi.

    Attributes
    ----------
    lo, hi : Fraction
        The ends; equal ends are a point.
    """

    lo: Fraction
    hi: Fraction

    def __add__(self, other: Interval | Rational) -> Interval:
        other = enclose(other)
        lo = self.lo + other.lo
        return Interval(lo, lo if self.is_point and other.is_point else self.hi + other.hi)

    def __sub__(self, other: Interval | Rational) -> Interval:
        return self + -enclose(other)

    def __neg__(self) -> Interval:
        lo = -self.hi
        return Interval(lo, lo if self.is_point else -self.lo)

    def __mul__(self, other: Interval | Rational) -> Interval:
        other = enclose(other)
        if other is ONE or self is ONE:  # the slope of a loss that computes E itself
            return self if other is ONE else other
        if self.is_point and other.is_point:
            return enclose(self.lo * other.lo)
        if other.is_point or self.is_point:
            factor, ends = (other.lo, self) if other.is_point else (self.lo, other)
            lo, hi = factor * ends.lo, factor * ends.hi
            return Interval(lo, hi) if factor.numerator >= 0 else Interval(hi, lo)
        corners = [self.lo * other.lo, self.lo * other.hi, self.hi * other.lo, self.hi * other.hi]
        return Interval(min(corners), max(corners))

    def __truediv__(self, other: Interval | Rational) -> Interval:
        other = enclose(other)
        if other.lo <= 0 <= other.hi:
            raise ZeroDivisionError("the divisor's enclosure contains 0")
        return self * Interval(1 / other.hi, 1 / other.lo)

    def __abs__(self) -> Interval:
        return self if self.lo >= 0 else -self if self.hi <= 0 else Interval(Fraction(0), self.magnitude)

    @property
    def is_point(self) -> bool:
        """Whether both ends are one object: then one sum or product is enough for both."""
        return self.lo is self.hi

    @property
    def magnitude(self) -> Fraction:
        """The largest absolute value."""
        return max(-self.lo, self.hi)

    @property
    def middle(self) -> Fraction:
        """The midpoint."""
        return (self.lo + self.hi) / 2

    @property
    def narrow(self) -> bool:
        """Whether the relative width is at most 2^-150, or the width negligible beside every float64."""
        return self.hi - self.lo <= max(WIDTH * self.magnitude, FLOOR)

    def rounded(self, bits: int) -> Interval:
        """Return a slightly wider interval of denominators 2^bits; those of exact products grow without limit."""
        scale = 1 << bits
        return Interval(Fraction(floor(self.lo * scale), scale), Fraction(-floor(-self.hi * scale), scale))


def enclose(x: Interval | Rational) -> Interval:
    if isinstance(x, Interval):
        return x
    point = x if isinstance(x, Fraction) else Fraction(x)
    return Interval(point, point)


ONE = enclose(1)
INFINITY = enclose(Fraction(2**5000))  # beyond every format, so that only an infinite answer is right


def total(values: Sequence[Interval]) -> Interval:
    if len(values) == 1:
        return values[0]
    lo = sum((x.lo for x in values), Fraction(0))
    return Interval(lo, lo if all(x.is_point for x in values) else sum((x.hi for x in values), Fraction(0)))


def sqrt(x: Interval | Rational, bits: int = 200) -> Interval:
    """Return the square root, to `bits` significant bits; that of a perfect square is exact."""
    x = enclose(x)
    return Interval(_sqrt(x.lo, bits).lo, _sqrt(x.hi, bits).hi)


def _sqrt(x: Fraction, bits: int) -> Interval:
    n, m = isqrt(x.numerator), isqrt(x.denominator)
    return enclose(Fraction(n, m)) if Fraction(n * n, m * m) == x else _decimal(x, bits, Context.sqrt)


def exp(x: Interval | Rational, bits: int) -> Interval:
    """Return e^x with an absolute error near 2^-bits, a relative one where e^x > 1."""
    x = enclose(x)
    if x.lo == x.hi == 0:
        return ONE
    if x.hi < -bits:  # e^-bits < 2^-bits; the fraction of a smaller number would have a huge denominator
        return Interval(Fraction(0), Fraction(1, 1 << bits))
    lo = Fraction(0) if x.lo < -bits else _decimal(x.lo, bits, Context.exp).lo
    return Interval(lo, _decimal(x.hi, bits, Context.exp).hi).rounded(bits)


def log(x: Interval | Rational, bits: int) -> Interval:
    """Return the natural logarithm of x > 0."""
    x = enclose(x)
    lo = _decimal(x.lo, bits, Context.ln).lo if x.lo != 1 else Fraction(0)
    hi = _decimal(x.hi, bits, Context.ln).hi if x.hi != 1 else Fraction(0)
    return Interval(lo, hi)


@lru_cache(4096)  # a point has two equal ends, and every sample needs the same distances between classes
def _decimal(x: Fraction, bits: int, function: Callable[[Context, Decimal], Decimal]) -> Interval:
    """Enclose an increasing function(x): the quotient is rounded outwards, and exp, ln and sqrt correctly.

    A bit is less than a third of a digit; 20 digits are spare.
    """
    below, above = (Context(bits // 3 + 20, rounding, MIN_EMIN, MAX_EMAX) for rounding in (ROUND_FLOOR, ROUND_CEILING))
    n, m = Decimal(x.numerator), Decimal(x.denominator)
    least, most = below.divide(n, m), above.divide(n, m)
    lo = function(below, least)
    hi = lo if most == least else function(above, most)
    return Interval(Fraction(lo.next_minus(below)), Fraction(hi.next_plus(above)))


def sharpen(compute: Callable[[int], Sequence[Interval]]) -> list[Interval]:
    """Return compute(bits) with the fewest bits, of 256 to 2048, for which every enclosure is narrow."""
    for bits in (256, 512, 1024, 2048):
        result = list(compute(bits))
        if all(x.narrow for x in result):
            break
    return result
