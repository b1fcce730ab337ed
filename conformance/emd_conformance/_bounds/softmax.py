"""Rounding error bounds of softmax, and of gradients that pass through it (specification 5.5, 7.3).

p_j has the relative error η_j = (|z_j| + max|z| + |z_j - max z| + C + 16) u, and p errs by e = Σ p η + C τ. Here max|z|
is over the finite logits; where z_j is -inf, p_j is exactly 0, and η_j is 0.
The bounds assume that the logarithm, exponential and power of a library err by at most 4 units in the last place.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import inf

from emd_conformance import _exact
from emd_conformance._bounds.precision import Precision, up
from emd_conformance._exact.numbers import Number, Numbers


def relative_errors(z: Numbers, precision: Precision) -> list[float]:
    x = [float(z_j) for z_j in z]
    top, size = max(x), largest_magnitude(z)
    steps = [0.0 if x_j == -inf else abs(x_j) + size + abs(x_j - top) + len(x) + 16 for x_j in x]
    return [n * precision.unit for n in steps]


def largest_magnitude(z: Numbers) -> float:
    """Return max|z| over the finite logits."""
    return max(abs(float(x)) for x in z if x != -inf)


def errors(p: Sequence[Fraction], eta: Sequence[float]) -> list[float]:
    """Return p η, the absolute errors without underflow."""
    return [float(p_j) * eta_j for p_j, eta_j in zip(p, eta, strict=True)]


def probabilities(z: Numbers, precision: Precision) -> tuple[list[Fraction], list[float], float]:
    """Return p = softmax(z), its relative errors and e."""
    return _probabilities(tuple(z), precision)


@lru_cache(maxsize=64)
def _probabilities(z: tuple[Number, ...], precision: Precision) -> tuple[list[Fraction], list[float], float]:
    p, eta = [x.middle for x in _exact.softmax.probabilities(z)], relative_errors(z, precision)
    return p, eta, sum(errors(p, eta)) + len(p) * precision.tiny


def chained(
    p: Sequence[Fraction], eta: Sequence[float], e: float, error: float, size: float, precision: Precision
) -> list[Fraction]:
    """Return the bound of p_j (g_j - <p, g>) for a g of entries up to `size` that errs by `error`."""
    shared = (2 + e) * error + 3 * (e + precision.gamma(len(p) + 3)) * size
    return [
        up(float(p_j) * (shared + 2 * eta_j * size) + 4 * precision.tiny * size + 4 * precision.tiny)
        for p_j, eta_j in zip(p, eta, strict=True)
    ]
