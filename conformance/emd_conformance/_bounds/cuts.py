"""What the rounding error bounds know about a sample: the cuts' weights, magnitudes and errors (specification 7.3).

Line: D_k is a sum of k terms, of error γ_k Σ_{j<=k} |d_j|. Tree: a cut is a sum of at most C terms, of error
γ_C Σ |d_j| over the classes below. Circle: an arc is a difference of two prefix sums, or a sliding sum of 2C steps;
both err by at most 2 γ_{C+3} Σ |d|, and twice the underflow. For differences of CDFs S = p + t stands for |d|.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypeAlias

from emd_conformance._bounds.precision import Precision
from emd_conformance._exact.grounds import Circle, Cut, Line, Matrix
from emd_conformance._exact.numbers import Number, common

Form: TypeAlias = Literal["scan", "any"]
PAST = 1 + Fraction(1, 2**30)


@dataclass(frozen=True)
class Cuts:
    """What a bound needs to know: per cut its weight w, magnitude m and error e; `delta` is the mass mismatch."""

    w: list[float]
    m: list[float]
    e: list[float]
    energy: float
    delta: float

    @property
    def weight(self) -> float:
        return sum(self.w)

    @property
    def mismatch(self) -> float:
        """How far forms that agree on equal masses may differ at a mass mismatch."""
        return self.delta * (2 * dot(self.w, self.m) + (self.weight + 1) * self.delta)


def analyse(
    p: Sequence[Number],
    t: Sequence[Number],
    ground: Cut,
    precision: Precision,
    form: Form,
    extra: float = 0.0,
    unequal: bool = False,
) -> Cuts:
    """Return the cuts' weights, magnitudes and errors; `extra` is an error that p already carries.

    Where unequal masses are valid input (4.7), forms that agree only on equal ones are wrong and have no allowance.
    """
    return _analyse(tuple(p), tuple(t), ground, precision, form, extra, unequal)


@lru_cache(maxsize=4)  # a value and its gradient, and the parts of their bounds, ask for the same cuts
def _analyse(
    p: tuple[Number, ...],
    t: tuple[Number, ...],
    ground: Cut,
    precision: Precision,
    form: Form,
    extra: float,
    unequal: bool,
) -> Cuts:
    C, twice = len(p), 2 if isinstance(ground, Circle) else 1
    n, unit = common([*p, *t])
    d = [a - b for a, b in zip(n[:C], n[C:], strict=True)]
    a, A = ground.masses([x + y for x, y in zip(n[:C], n[C:], strict=True)]), sum(n)
    w = [float(x) for x in ground.weights(C)]
    m = [abs(x) / unit for x in ground.masses(d)]
    delta = 0.0 if unequal else abs(sum(d)) / unit
    energy = sum(w_S * (x * (A - x) / (unit * unit)) for w_S, x in zip(w, a, strict=True))
    underflow = 2 * twice * C * precision.tiny
    if form == "scan":
        e = [x + extra + underflow for x in _scan_errors(d, unit, ground, precision)]
        return Cuts(w, m, e, energy, delta)
    e = [twice * precision.gamma(2 * C + 4) * (A / unit + extra) + extra + underflow] * len(w)
    return Cuts(w, [x + twice * delta for x in m], e, energy, delta)


def _scan_errors(d: Sequence[int], unit: int, ground: Cut, precision: Precision) -> list[float]:
    sizes = [abs(x) for x in d]
    if isinstance(ground, Circle):
        return [2 * precision.gamma(len(d) + 3) * (sum(sizes) / unit)] * len(d)
    below = [x / unit for x in ground.masses(sizes)]
    if isinstance(ground, Line):
        return [precision.gamma(k) * x for k, x in enumerate(below, start=1)]
    return [precision.gamma(len(d)) * x for x in below]


def sizes_of(p: Sequence[Number], t: Sequence[Number], form: Form) -> list[float]:
    if form == "scan":
        return [abs(float(Fraction(a) - Fraction(b))) for a, b in zip(p, t, strict=True)]
    return [float(Fraction(a) + Fraction(b)) for a, b in zip(p, t, strict=True)]


def times(ground: Matrix, x: Sequence[float]) -> list[float]:
    return [sum(float(G_ij) * x_j for G_ij, x_j in zip(row, x, strict=True)) for row in ground.rows]


def longest(ground: Matrix) -> float:
    return max(float(x) for row in ground.rows for x in row)


def dot(w: Sequence[float], x: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(w, x, strict=True))


def up(x: float) -> Fraction:
    """Return x rounded up past the rounding errors of its own evaluation."""
    return Fraction(x) * PAST
