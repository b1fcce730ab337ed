"""The values from which formulas are made: the d, the D_k, and the weighted values of a formula.

They may be integers, fractions or floats: a hypothesis is tried in floats first, and verified in fractions.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, TypeAlias

from emd_conformance._exact.grounds import LINE, Ground

Real: TypeAlias = Any  # int, Fraction or float
Vector: TypeAlias = Sequence[Real]
Terms: TypeAlias = list[tuple[Real, Real]]
MOST = 100
Formula: TypeAlias = Callable[[Vector, Vector, Ground], Terms]


class NotComparedError(Exception):
    """A hypothesis is not compared with a case of so many classes: it takes time that grows with their square."""


def require_few(classes: int) -> None:
    """Raise NotComparedError if a formula for all pairs of classes would take too long."""
    if classes > MOST:
        raise NotComparedError


def differences(p: Vector, t: Vector) -> list[Real]:
    """Return d = p - t."""
    return [a - b for a, b in zip(p, t, strict=True)]


def cumulative(p: Vector, t: Vector) -> list[Real]:
    """Return the D_k: the cumulative sums of p - t."""
    return list(accumulate(differences(p, t)))


def mean(values: Vector) -> Real:
    """Return the mean."""
    return sum(values) / len(values)


def centred(values: Vector) -> list[Real]:
    """Return the values less their mean."""
    m = mean(values)
    return [x - m for x in values]


def specified(p: Vector, t: Vector, ground: Ground) -> Terms:
    """Return the weights and masses of the cuts (4.3), or squares that sum to -½ dᵀ G d (4.6)."""
    if ground == LINE:
        return [(1, v) for v in cumulative(p, t)]
    return ground.squares(differences(p, t))
