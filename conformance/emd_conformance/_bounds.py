"""Rounding error bounds (specification 7.3): how far a right answer may be from the exact one, before output rounding.

The *scan* bounds hold for implementations that subtract first and then sum; the *any* bounds also for differences of
CDFs, tail sums, triangular products and the energy forms. Every bound is a sum of non-negative terms, evaluated in
float64: at C = 10^6 that loses a relative 2^-33 at most, and `up` adds 2^-30, so it is rounded up and never down.

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

from emd_conformance._grounds import Circle, Cut, Ground, Line, Matrix, Number, fractions
from emd_conformance._oracle import common
from emd_conformance._precision import Precision

Form: TypeAlias = Literal["scan", "any"]
PAST = 1 + Fraction(1, 2**30)


@dataclass(frozen=True)
class _Cuts:
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


def squared_emd(
    p: Sequence[Number],
    t: Sequence[Number],
    ground: Ground,
    precision: Precision,
    form: Form,
    unequal: bool = False,
) -> Fraction:
    """Return B_E = Σ w (2 m e + e²) + γ_{n+4} Σ w (m + e)² + (n + 2)(1 + W) τ, for n cuts."""
    if isinstance(ground, Matrix):
        return up(matrix_energy(p, t, ground, precision, form))
    return up(energy_bound(analyse(p, t, ground, precision, form, unequal=unequal), len(p), precision, form))


def energy_bound(cuts: _Cuts, classes: int, precision: Precision, form: Form, exponent: int = 4) -> float:
    n, triples = len(cuts.w), list(zip(cuts.w, cuts.m, cuts.e, strict=True))
    bound = sum(w * (2 * m * e + e * e) for w, m, e in triples)
    bound += precision.gamma(n + exponent) * sum(w * (m + e) ** 2 for w, m, e in triples)
    bound += (n + 2) * (1 + cuts.weight) * precision.tiny
    if form == "scan":
        return bound
    return max(bound, precision.gamma(2 * classes + 4) * cuts.energy) + cuts.mismatch


def squared_emd_gradient(
    p: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision, form: Form
) -> list[Fraction]:
    """Return B_g,j = 2 Σ_{S∋j} w (e + γ_{C+3} (m + e)) + C τ; for *any* form, and on a circle, the sum over all S."""
    if isinstance(ground, Matrix):
        return [up(x) for x in matrix_gradient(p, t, ground, precision, form)]
    return [up(x) for x in gradient_bound(analyse(p, t, ground, precision, form), ground, len(p), precision, form)]


def gradient_bound(cuts: _Cuts, ground: Cut, classes: int, precision: Precision, form: Form) -> list[float]:
    rounding = precision.gamma(classes + 3 if form == "scan" else 2 * classes + 4)
    terms = [2 * w * (e + rounding * (m + e)) for w, m, e in zip(cuts.w, cuts.m, cuts.e, strict=True)]
    if form == "scan" and not isinstance(ground, Circle):
        sums = ground.containing(terms, classes)
    else:
        sums = [sum(terms)] * classes
    return [x + classes * precision.tiny for x in sums]


def simplex_gradient(
    p: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision, form: Form
) -> Fraction:
    """Return 4 max B_g + 4 (W + 1) δ, the bound of every entry of g - mean(g)."""
    largest = max(squared_emd_gradient(p, t, ground, precision, form))
    if isinstance(ground, Matrix):
        return 4 * largest
    cuts = analyse(p, t, ground, precision, form)
    return 4 * largest + up(4 * (cuts.weight + 1) * cuts.delta)


def gradient_size(p: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision) -> Fraction:
    """Return 2 Σ w |d(S)|, or max G |d|: no entry of a gradient is larger, whatever its constant."""
    if isinstance(ground, Matrix):
        return up(max(times(ground, sizes_of(p, t, "scan"))))
    cuts = analyse(p, t, ground, precision, "scan")
    return up(2 * dot(cuts.w, cuts.m))


def emd(p: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision, form: Form) -> Fraction:
    """Return Σ w e + γ_{n+3} Σ w (m + e) + (n + 2)(1 + W) τ; for a matrix the promise of a linear programme, 1e-12.

    A circle's EMD, min_a Σ |D_k - a|, is 1-Lipschitz in every D_k: the line's errors, and |D_k - a| <= max D - min D.
    """
    if isinstance(ground, Matrix):
        mass, farthest = float(sum(fractions([*p, *t]))), longest(ground)
        return up(mass * farthest * (1e-12 + precision.gamma(2 * len(p) + 4)) + len(p) * precision.tiny)
    cuts = analyse(p, t, Line() if isinstance(ground, Circle) else ground, precision, form)
    twice = 2 if isinstance(ground, Circle) else 1
    errors, sizes = dot(cuts.w, cuts.e), dot(cuts.w, [m + e for m, e in zip(cuts.m, cuts.e, strict=True)])
    n = len(cuts.w)
    return up(twice * (errors + precision.gamma(n + 3) * sizes) + (n + 2) * (1 + cuts.weight) * precision.tiny)


def subgradient_gap(p: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision) -> Fraction:
    """Return the bound of the optimality gap (3.6) of a rounded subgradient.

    A sign is wrong only where |d(S)| <= e, which costs 2 w e (4 w e beside a rounded median); the rounding of g, of
    entries up to W, moves <g, p> + <v, t> by (γ_{n+3} + output unit) W A.
    """
    A = float(sum(fractions([*p, *t])))
    if isinstance(ground, Matrix):
        return 2 * emd(p, t, ground, precision, "any") + up(precision.output_unit * A * longest(ground))
    cuts = analyse(p, t, ground, precision, "any")
    rounding = precision.gamma(len(cuts.w) + 3) + precision.output_unit
    return up(4 * dot(cuts.w, cuts.e) + rounding * cuts.weight * A + precision.least)


def longest(ground: Matrix) -> float:
    return max(float(x) for row in ground.rows for x in row)


def analyse(
    p: Sequence[Number],
    t: Sequence[Number],
    ground: Cut,
    precision: Precision,
    form: Form,
    extra: float = 0.0,
    unequal: bool = False,
) -> _Cuts:
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
) -> _Cuts:
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
        return _Cuts(w, m, e, energy, delta)
    e = [twice * precision.gamma(2 * C + 4) * (A / unit + extra) + extra + underflow] * len(w)
    return _Cuts(w, [x + twice * delta for x in m], e, energy, delta)


def _scan_errors(d: Sequence[int], unit: int, ground: Cut, precision: Precision) -> list[float]:
    sizes = [abs(x) for x in d]
    if isinstance(ground, Circle):
        return [2 * precision.gamma(len(d) + 3) * (sum(sizes) / unit)] * len(d)
    below = [x / unit for x in ground.masses(sizes)]
    if isinstance(ground, Line):
        return [precision.gamma(k) * x for k, x in enumerate(below, start=1)]
    return [precision.gamma(len(d)) * x for x in below]


def matrix_energy(p: Sequence[Number], t: Sequence[Number], ground: Matrix, precision: Precision, form: Form) -> float:
    """Return γ_{2C+4} ½ |d|ᵀ G |d|, or the same of S = p + t when products are subtracted (4.6)."""
    size = sizes_of(p, t, form)
    quadratic = sum(x * y for x, y in zip(size, times(ground, size), strict=True)) / 2
    return precision.gamma(2 * len(p) + 4) * quadratic + _matrix_underflow(ground, precision)


def matrix_gradient(
    p: Sequence[Number], t: Sequence[Number], ground: Matrix, precision: Precision, form: Form
) -> list[float]:
    """Return γ_{C+2} (G |d|)_j, or γ_{2C+4} (G S)_j."""
    rounding = precision.gamma(len(p) + 2 if form == "scan" else 2 * len(p) + 4)
    underflow = _matrix_underflow(ground, precision)
    return [rounding * x + underflow for x in times(ground, sizes_of(p, t, form))]


def sizes_of(p: Sequence[Number], t: Sequence[Number], form: Form) -> list[float]:
    if form == "scan":
        return [abs(float(Fraction(a) - Fraction(b))) for a, b in zip(p, t, strict=True)]
    return [float(Fraction(a) + Fraction(b)) for a, b in zip(p, t, strict=True)]


def _matrix_underflow(ground: Matrix, precision: Precision) -> float:
    C = len(ground.rows)
    return 2 * C * C * (1 + longest(ground)) * precision.tiny


def times(ground: Matrix, x: Sequence[float]) -> list[float]:
    return [sum(float(G_ij) * x_j for G_ij, x_j in zip(row, x, strict=True)) for row in ground.rows]


def dot(w: Sequence[float], x: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(w, x, strict=True))


def up(x: float) -> Fraction:
    """Return x rounded up past the rounding errors of its own evaluation."""
    return Fraction(x) * PAST
