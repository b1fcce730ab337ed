"""Rounding error bounds of the squared EMD and its gradients (specification 7.3): how far a right answer may be
from the exact one, before output rounding.

The *scan* bounds hold for implementations that subtract first and then sum; the *any* bounds also for differences of
CDFs, tail sums, triangular products and the energy forms. Every bound is a sum of non-negative terms, evaluated in
float64: at C = 10^6 that loses a relative 2^-33 at most, and `up` adds 2^-30, so it is rounded up and never down.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._bounds import softmax
from emd_conformance._bounds.cuts import Cuts, Form, analyse, dot, longest, sizes_of, times, up
from emd_conformance._bounds.precision import Precision
from emd_conformance._exact.grounds import Circle, Cut, Ground, Matrix
from emd_conformance._exact.interval import exp
from emd_conformance._exact.numbers import Number, fractions


def value(
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


def energy_bound(cuts: Cuts, classes: int, precision: Precision, form: Form, exponent: int = 4) -> float:
    n, triples = len(cuts.w), list(zip(cuts.w, cuts.m, cuts.e, strict=True))
    bound = sum(w * (2 * m * e + e * e) for w, m, e in triples)
    bound += precision.gamma(n + exponent) * sum(w * (m + e) ** 2 for w, m, e in triples)
    bound += (n + 2) * (1 + cuts.weight) * precision.tiny
    if form == "scan":
        return bound
    return max(bound, precision.gamma(2 * classes + 4) * cuts.energy) + cuts.mismatch


def gradient(
    p: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision, form: Form
) -> list[Fraction]:
    """Return B_g,j = 2 Σ_{S∋j} w (e + γ_{C+3} (m + e)) + C τ; for *any* form, and on a circle, the sum over all S."""
    if isinstance(ground, Matrix):
        return [up(x) for x in matrix_gradient(p, t, ground, precision, form)]
    return [up(x) for x in gradient_bound(analyse(p, t, ground, precision, form), ground, len(p), precision, form)]


def gradient_bound(cuts: Cuts, ground: Cut, classes: int, precision: Precision, form: Form) -> list[float]:
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
    largest = max(gradient(p, t, ground, precision, form))
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


def _matrix_underflow(ground: Matrix, precision: Precision) -> float:
    C = len(ground.rows)
    return 2 * C * C * (1 + longest(ground)) * precision.tiny


def value_of_logits(z: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision) -> Fraction:
    """Return the bound of E(softmax(z), t)."""
    p, eta, _ = softmax.probabilities(z, precision)
    return _carried(p, eta, t, ground, precision)


def value_of_log(x: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision) -> Fraction:
    """Return the bound of E(exp(x), t): an exponential errs by some units in the last place, and by |x| u."""
    p = [exp(x_j, 256).middle for x_j in fractions(x)]
    return _carried(p, [(abs(float(x_j)) + 16) * precision.unit for x_j in x], t, ground, precision)


def _carried(
    p: Sequence[Fraction], eta: Sequence[float], t: Sequence[Number], ground: Ground, precision: Precision
) -> Fraction:
    """Return the bound of E(p, t) for a p of relative errors η: every cut mass errs by 2 e more."""
    moved = [float(p_j) * eta_j + precision.tiny for p_j, eta_j in zip(p, eta, strict=True)]
    if isinstance(ground, Matrix):
        carried = dot(moved, times(ground, sizes_of(p, t, "any"))) + dot(moved, times(ground, moved))
        return up(matrix_energy(p, t, ground, precision, "any") + 2 * carried)
    return up(energy_bound(analyse(p, t, ground, precision, "any", extra=2 * sum(moved)), len(p), precision, "any"))


def gradient_of_logits(
    z: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision
) -> list[Fraction]:
    """Return B_z,j = p_j ((2 + e) B_g + 3 (e + γ_{C+3}) M + 2 η_j M) + 4 τ M, with M a bound of every |g_j|."""
    p, eta, e = softmax.probabilities(z, precision)
    if isinstance(ground, Matrix):
        moved = [float(p_j) * eta_j for p_j, eta_j in zip(p, eta, strict=True)]
        rounding = matrix_gradient(p, t, ground, precision, "any")
        error = max(a + 2 * b for a, b in zip(rounding, times(ground, moved), strict=True))
        return softmax.chained(p, eta, e, error, error + max(times(ground, sizes_of(p, t, "scan"))), precision)
    cuts = analyse(p, t, ground, precision, "any", extra=2 * e)
    error = max(gradient_bound(cuts, ground, len(p), precision, "any")) + 2 * (cuts.weight + 1) * cuts.delta
    return softmax.chained(p, eta, e, error, error + 2 * dot(cuts.w, cuts.m), precision)
