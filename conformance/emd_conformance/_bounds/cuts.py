"""Rounding error bounds for ground distances that are sums of cuts (specification 7.3).

Line: D_k is a sum of k terms, of error γ_k Σ_{j<=k} |d_j|. Tree: a cut is a sum of at most C terms, of error
γ_C Σ |d_j| over the classes below. Circle: an arc is a difference of two prefix sums, or a sliding sum of 2C steps;
both err by at most 2 γ_{C+3} Σ |d|, and twice the underflow. For differences of CDFs S = p + t stands for |d|.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from emd_conformance._bounds.precision import Form, Precision, up
from emd_conformance._exact.grounds import Circle, Line, Tree
from emd_conformance._exact.numbers import Numbers, common, dot

SumOfCuts: TypeAlias = Line | Circle | Tree


@dataclass(frozen=True)
class CutErrors:
    """What the bounds need of one sample.

    Each cut has a weight w, a mass of magnitude m, and an error e of that mass. `mass` is that of p and t together,
    `products` is Σ w a (mass - a) for the mass a of p and t in each cut, and `delta` is the mass mismatch.
    """

    ground: SumOfCuts
    precision: Precision
    form: Form
    classes: int
    w: list[float]
    m: list[float]
    e: list[float]
    mass: float
    products: float
    delta: float

    @property
    def weight(self) -> float:
        """W = Σ w."""
        return sum(self.w)

    @property
    def energy(self) -> float:
        """B_E = Σ w (2 m e + e²) + γ_{n+4} Σ w (m + e)² + (n + 2)(1 + W) τ, for n cuts.

        The *any* bound adds how far forms that agree on equal masses may differ at a mass mismatch.
        """
        triples = list(zip(self.w, self.m, self.e, strict=True))
        bound = sum(w * (2 * m * e + e * e) for w, m, e in triples)
        bound += self.precision.gamma(len(self.w) + 4) * sum(w * (m + e) ** 2 for w, m, e in triples)
        bound += self.emd_underflow
        if self.form == "scan":
            return bound
        mismatch = self.delta * (2 * dot(self.w, self.m) + (self.weight + 1) * self.delta)
        return max(bound, self.precision.gamma(2 * self.classes + 4) * self.products) + mismatch

    @property
    def gradient(self) -> list[float]:
        """B_g,j = 2 Σ_{S∋j} w (e + γ_{C+3} (m + e)) + C τ; for *any* form, and on a circle, the sum over all S."""
        rounding = self.precision.gamma(self.classes + 3 if self.form == "scan" else 2 * self.classes + 4)
        terms = [2 * w * (e + rounding * (m + e)) for w, m, e in zip(self.w, self.m, self.e, strict=True)]
        if self.form == "scan" and self.ground.prefix_sums == 1:
            sums = self.ground.containing(terms, self.classes)
        else:
            sums = [sum(terms)] * self.classes
        return [x + self.classes * self.precision.tiny for x in sums]

    @property
    def largest(self) -> float:
        """2 Σ w m: no entry of a gradient is larger, whatever its constant."""
        return 2 * dot(self.w, self.m)

    @property
    def constant(self) -> float:
        """2 (W + 1) δ: how far the gradients of forms that agree on equal masses may differ by more than a constant."""
        return 2 * (self.weight + 1) * self.delta

    @property
    def emd(self) -> float:
        """Σ w e + γ_{n+3} Σ w (m + e), without underflow."""
        sizes = dot(self.w, [m + e for m, e in zip(self.m, self.e, strict=True)])
        return dot(self.w, self.e) + self.precision.gamma(len(self.w) + 3) * sizes

    @property
    def emd_underflow(self) -> float:
        """(n + 2)(1 + W) τ."""
        return (len(self.w) + 2) * (1 + self.weight) * self.precision.tiny

    @property
    def subgradient_gap(self) -> Fraction:
        """The bound of the optimality gap (3.6).

        A sign is wrong only where |d(S)| <= e, which costs 2 w e, or 4 w e beside a rounded median. The rounding of g,
        of entries up to W, moves <g, p> + <v, t> by (γ_{n+3} + output unit) W (Σ p + Σ t).
        """
        rounding = self.precision.gamma(len(self.w) + 3) + self.precision.output_unit
        return up(4 * dot(self.w, self.e) + rounding * self.weight * self.mass + self.precision.least)


def cut_errors(
    p: Numbers, t: Numbers, ground: SumOfCuts, precision: Precision, form: Form, carried: float, unequal: bool
) -> CutErrors:
    """Return the errors of a sample; `carried` is the error of a cut mass that p brings with it.

    Where unequal masses are valid input (4.7), forms that agree only on equal ones are wrong and have no allowance.
    """
    C, twice = len(p), ground.prefix_sums
    n, unit = common([*p, *t])
    pairs = list(zip(n[:C], n[C:], strict=True))
    d, A = [x - y for x, y in pairs], sum(n)
    a = ground.masses([x + y for x, y in pairs])
    w = [float(x) for x in ground.weights(C)]
    m = [abs(x) / unit for x in ground.masses(d)]
    delta = 0.0 if unequal else abs(sum(d)) / unit
    products = sum(w_S * (x * (A - x) / (unit * unit)) for w_S, x in zip(w, a, strict=True))
    underflow = 2 * twice * C * precision.tiny
    if form == "scan":
        e = [x + carried + underflow for x in _scan_errors(d, unit, ground, precision)]
    else:
        e = [twice * precision.gamma(2 * C + 4) * (A / unit + carried) + carried + underflow] * len(w)
        m = [x + twice * delta for x in m]
    return CutErrors(ground, precision, form, C, w, m, e, A / unit, products, delta)


def _scan_errors(d: Sequence[int], unit: int, ground: SumOfCuts, precision: Precision) -> list[float]:
    C, sizes = len(d), [abs(x) for x in d]
    if isinstance(ground, Circle):
        return [2 * precision.gamma(C + 3) * (sum(sizes) / unit)] * C
    masses = [x / unit for x in ground.masses(sizes)]
    return [precision.gamma(k if isinstance(ground, Line) else C) * x for k, x in enumerate(masses, 1)]
