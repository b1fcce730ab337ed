"""Rounding error bounds of what starts from logits, of the cross-entropy and its penalty (specification 5.5, 6, 7.3).

softmax: p_j has the relative error η_j = (|z_j| + max|z| + |z_j - max z| + C + 16) u, and p errs by e = Σ p η + C τ.
The logarithm, exponential and power of a library are taken to be right to 4 units in the last place.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from emd_conformance import _bounds
from emd_conformance._bounds import (
    analyse,
    dot,
    energy_bound,
    gradient_bound,
    longest,
    matrix_energy,
    matrix_gradient,
    sizes_of,
    times,
    up,
)
from emd_conformance._enclosures import factors, penalty, softmax
from emd_conformance._grounds import Ground, Matrix, Number, fractions
from emd_conformance._interval import exp, log
from emd_conformance._precision import Precision


def relative_errors(z: Sequence[Number], precision: Precision) -> list[float]:
    """Return η."""
    x = [float(z_j) for z_j in z]
    top, size = max(x), max(map(abs, x))
    return [(abs(x_j) + size + abs(x_j - top) + len(x) + 16) * precision.unit for x_j in x]


def _probabilities(z: Sequence[Number], precision: Precision) -> tuple[list[Fraction], list[float], float]:
    """Return p = softmax(z), its relative errors and e."""
    return _cached_probabilities(tuple(z), precision)


@lru_cache(maxsize=64)
def _cached_probabilities(z: tuple[Number, ...], precision: Precision) -> tuple[list[Fraction], list[float], float]:
    p, eta = [x.middle for x in softmax(z)], relative_errors(z, precision)
    return p, eta, dot([float(x) for x in p], eta) + len(p) * precision.tiny


def squared_emd(z: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision) -> Fraction:
    """Return the bound of E(softmax(z), t)."""
    p, eta, _ = _probabilities(z, precision)
    return _carried(p, eta, t, ground, precision)


def squared_emd_log(x: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision) -> Fraction:
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


def squared_emd_gradient(
    z: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision
) -> list[Fraction]:
    """Return B_z,j = p_j ((2 + e) B_g + 3 (e + γ_{C+3}) M + 2 η_j M) + 4 τ M, with M a bound of every |g_j|."""
    p, eta, e = _probabilities(z, precision)
    if isinstance(ground, Matrix):
        moved = [float(p_j) * eta_j for p_j, eta_j in zip(p, eta, strict=True)]
        rounding = matrix_gradient(p, t, ground, precision, "any")
        error = max(a + 2 * b for a, b in zip(rounding, times(ground, moved), strict=True))
        return _chained(p, eta, e, error, error + max(times(ground, sizes_of(p, t, "scan"))), precision)
    cuts = analyse(p, t, ground, precision, "any", extra=2 * e)
    error = max(gradient_bound(cuts, ground, len(p), precision, "any")) + 2 * (cuts.weight + 1) * cuts.delta
    return _chained(p, eta, e, error, error + 2 * dot(cuts.w, cuts.m), precision)


def _chained(
    p: Sequence[Fraction], eta: Sequence[float], e: float, error: float, size: float, precision: Precision
) -> list[Fraction]:
    """Return the bound of p_j (g_j - <p, g>) for a g of entries up to `size` that errs by `error`."""
    shared = (2 + e) * error + 3 * (e + precision.gamma(len(p) + 3)) * size
    return [
        up(float(p_j) * (shared + 2 * eta_j * size) + 4 * precision.tiny * size + 4 * precision.tiny)
        for p_j, eta_j in zip(p, eta, strict=True)
    ]


def emd(z: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision) -> Fraction:
    """Return the bound of EMD(softmax(z), t), which is Lipschitz in p with the largest distance."""
    p, _, e = _probabilities(z, precision)
    farthest = sum(float(w) for w in ground.weights(len(p))) if not isinstance(ground, Matrix) else longest(ground)
    return _bounds.emd(p, t, ground, precision, "any") + up(2 * e * farthest * (1 + precision.gamma(len(p) + 4)))


def cross_entropy(p: Sequence[Number], k: int, precision: Precision) -> Fraction:
    """Return the bound of -log p_k."""
    return up(8 * precision.unit * float(log(Fraction(p[k]), 256).magnitude) + precision.tiny)


def cross_entropy_logits(z: Sequence[Number], k: int, precision: Precision) -> Fraction:
    """Return the bound of log Σ e^{z_i} - z_k: η_k, e and the rounding of numbers up to 2 max|z| + log C."""
    _, eta, e = _probabilities(z, precision)
    size = max(abs(float(x)) for x in z)
    return up(eta[k] + e + 4 * precision.unit * (2 * size + len(z)) + precision.tiny)


def cross_entropy_logits_gradient(z: Sequence[Number], k: int, precision: Precision) -> list[Fraction]:
    """Return the bound of p - e_k."""
    p, eta, _ = _probabilities(z, precision)
    return [up(float(p_j) * eta_j + 2 * precision.unit + precision.tiny) for p_j, eta_j in zip(p, eta, strict=True)]


def xemd_penalty(
    p: Sequence[Number], k: int, ground: Ground, precision: Precision, exponent: Number = 1, bias: Number = 0
) -> Fraction:
    """Return γ_{C+24+4ω|log G|} Σ p_i² (G_ik^ω + |μ|): the power of a library may round ω log G on the way."""
    size = penalty(p, k, ground, exponent, abs(Fraction(bias))).hi
    return up(precision.gamma(_operations(k, len(p), ground, exponent)) * float(size) + 4 * len(p) * precision.tiny)


def xemd_penalty_gradient(
    p: Sequence[Number], k: int, ground: Ground, precision: Precision, exponent: Number = 1, bias: Number = 0
) -> list[Fraction]:
    """Return γ_{24+log} 2 p_i (G_ik^ω + |μ|)."""
    sizes = [x.hi for x in factors(k, len(p), ground, exponent, abs(Fraction(bias)), 256)]
    rounding = precision.gamma(_operations(k, len(p), ground, exponent))
    return [up(rounding * 2 * float(p_i) * float(f) + 4 * precision.tiny) for p_i, f in zip(p, sizes, strict=True)]


def penalty_gradient_size(
    p: Sequence[Number], k: int, ground: Ground, exponent: Number = 1, bias: Number = 0
) -> Fraction:
    """Return max 2 p_i (G_ik^ω + |μ|)."""
    sizes = factors(k, len(p), ground, exponent, abs(Fraction(bias)), 256)
    return max(2 * p_i * f.hi for p_i, f in zip(fractions(p), sizes, strict=True))


def xemd_penalty_logits(
    z: Sequence[Number], k: int, ground: Ground, precision: Precision, exponent: Number = 1, bias: Number = 0
) -> Fraction:
    """Return the bound of R(softmax(z), k): twice the relative error of p_i in each term, and its rounding."""
    p, eta, _ = _probabilities(z, precision)
    sizes = [x.hi for x in factors(k, len(p), ground, exponent, abs(Fraction(bias)), 256)]
    carried = sum(3 * h * float(x) ** 2 * float(f) for h, x, f in zip(eta, p, sizes, strict=True))
    return xemd_penalty(p, k, ground, precision, exponent, bias) + up(carried)


def xemd_penalty_logits_gradient(
    z: Sequence[Number], k: int, ground: Ground, precision: Precision, exponent: Number = 1, bias: Number = 0
) -> list[Fraction]:
    """Return the bound of ∂R/∂z, as for the squared EMD with g = ∂R/∂p."""
    p, eta, e = _probabilities(z, precision)
    sizes = [
        2 * float(x * f.hi)
        for x, f in zip(p, factors(k, len(p), ground, exponent, abs(Fraction(bias)), 256), strict=True)
    ]
    rounding = precision.gamma(_operations(k, len(p), ground, exponent))
    error = max(size * (rounding + 2 * h) for size, h in zip(sizes, eta, strict=True))
    return _chained(p, eta, e, error, max(sizes) + error, precision)


def _operations(k: int, classes: int, ground: Ground, exponent: Number) -> int:
    logs = [abs(float(log(f, 64).middle)) for f in _column(k, classes, ground) if f > 0]
    return classes + 24 + int(4 * abs(float(exponent)) * max(logs, default=0.0))


def _column(k: int, classes: int, ground: Ground) -> list[Fraction]:
    return [x.lo for x in factors(k, classes, ground, 1, 0, 64)]
