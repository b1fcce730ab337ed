"""Exact numbers: floating-point numbers as integers over a common denominator.

Floating-point numbers are integers over powers of two, so every closed form runs in integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm
from typing import TypeAlias, TypeVar

Number: TypeAlias = int | float | Fraction

R = TypeVar("R", int, Fraction)


def fractions(values: Iterable[Number]) -> list[Fraction]:
    """Return the values as exact fractions; NumPy scalars, which Fraction refuses, know their ratio too."""
    return [Fraction(*x.as_integer_ratio()) for x in values]


def common(values: Iterable[Number]) -> tuple[list[int], int]:
    """Return integers n and a denominator m with values = n / m."""
    ratios = [x.as_integer_ratio() for x in values]
    m = lcm(*{d for _, d in ratios})
    factor = {d: m // d for _, d in ratios}
    return [n * factor[d] for n, d in ratios], m


def differences(p: Sequence[Number], t: Sequence[Number]) -> tuple[list[int], int]:
    """Return d = p - t (1.3) as integers over a common denominator."""
    if len(p) != len(t):
        raise ValueError(f"p has {len(p)} classes, t has {len(t)}")
    n, m = common([*p, *t])
    return [a - b for a, b in zip(n[: len(p)], n[len(p) :], strict=True)], m


def one_hot(k: int, classes: int) -> list[int]:
    """Return e_k (1.2)."""
    return [int(j == k) for j in range(classes)]


def dot(a: Sequence[R], b: Sequence[R]) -> R:
    return sum((x * y for x, y in zip(a, b, strict=True)), start=a[0] * 0)
