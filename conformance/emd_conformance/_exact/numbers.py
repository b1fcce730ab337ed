"""Exact numbers: floating-point numbers as integers over a common denominator.

Closed forms then run in integers, which are faster than fractions.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import hypot, inf, lcm
from typing import Protocol, Self, TypeAlias, TypeVar

Number: TypeAlias = int | float | Fraction
Numbers: TypeAlias = Sequence[Number]


class Arithmetic(Protocol):
    """The operations of integers, fractions, intervals and floats that the formulas use."""

    def __add__(self, other: Self, /) -> Self: ...
    def __sub__(self, other: Self, /) -> Self: ...
    def __mul__(self, other: Self | int, /) -> Self: ...
    def __neg__(self) -> Self: ...
    def __abs__(self) -> Self: ...


N = TypeVar("N", bound=Arithmetic)


def fractions(values: Iterable[Number]) -> list[Fraction]:
    """Return the values as exact fractions; `as_integer_ratio` also exists on NumPy scalars, which Fraction refuses."""
    return [Fraction(*x.as_integer_ratio()) for x in values]


def common(values: Iterable[Number]) -> tuple[list[int], int]:
    """Return integers n and a denominator m with values = n / m."""
    ratios = [x.as_integer_ratio() for x in values]
    m = lcm(*{d for _, d in ratios})
    factor = {d: m // d for _, d in ratios}
    return [n * factor[d] for n, d in ratios], m


def differences(p: Numbers, t: Numbers) -> tuple[list[int], int]:
    """Return d = p - t (1.3) as integers over a common denominator."""
    n, m = common([*p, *t])
    return [a - b for a, b in zip(n[: len(p)], n[len(p) :], strict=True)], m


def one_hot(k: int, classes: int) -> list[int]:
    """Return e_k (1.2)."""
    return [int(j == k) for j in range(classes)]


def dot(a: Sequence[N], b: Sequence[N | int]) -> N:
    """Return Σ a_i b_i."""
    return sum((x * y for x, y in zip(a, b, strict=True)), start=a[0] * 0)


def nearest_float(x: Fraction | float) -> float:
    """Return x as a float, or infinity of its sign if it is beyond all of them."""
    try:
        return float(x)
    except OverflowError:
        return inf if x > 0 else -inf


def length(x: Sequence[Fraction]) -> float:
    """Return the Euclidean length of a vector, whose squares may be beyond all floats."""
    return hypot(*map(nearest_float, x))
