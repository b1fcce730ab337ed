"""Rounding error bounds of softmax and of exponentials, and of gradients that pass through them (5.5, 5.7, 7.3).

For logits, p_j has the relative error η_j = (|z_j| + max|z| + |z_j - max z| + C + 16) u. Here max|z| is over the finite
logits; where z_j is -inf, p_j is exactly 0, and η_j is 0. For logarithms of probabilities, whose exponential errs by
|z_j| u and some units in the last place, η_j = (|z_j| + 16) u. In both, p errs by e = Σ p η + C τ. The bounds assume
that the logarithm, exponential and power of a library err by at most 4 units in the last place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import inf

from emd_conformance import _exact
from emd_conformance._bounds.precision import Precision, up
from emd_conformance._exact.numbers import Number, Numbers, fractions
from emd_conformance._exact.softmax import Encoding

VACUOUS = 2.0**400  # a relative error that allows any probability; infinity times a probability of 0 would be NaN


@dataclass(frozen=True)
class Probabilities:
    """The probabilities p of a prediction, their relative errors η, and the error e of their mass.

    `mismatch` is |1 - Σ p|: logarithms are rounded, so the masses of their exponentials are not quite 1.
    """

    p: list[Fraction]
    eta: list[float]
    e: float
    precision: Precision
    mismatch: float
    encoding: Encoding

    @property
    def errors(self) -> list[float]:
        """p η, the absolute errors without underflow."""
        return [float(p_j) * eta_j for p_j, eta_j in zip(self.p, self.eta, strict=True)]

    @property
    def left(self) -> float:
        """What remains of a constant in a gradient, relative to it, once 5.7 has projected it: 0 for logits.

        A constant c leaves c (1 - Σ p) p_j, and the entries are rounded to the output format before the projection.
        """
        return self.mismatch + 2 * self.precision.output_unit if self.encoding == "log-probabilities" else 0.0

    def chained(self, error: float, size: float) -> list[Fraction]:
        """Return the bound of p_j (g_j - <p, g>) for a g of entries up to `size` that errs by `error`."""
        tiny = 4 * self.precision.tiny
        shared = (2 + self.e) * error + (3 * (self.e + self.precision.gamma(len(self.p) + 3)) + self.left) * size
        return [
            up(float(p_j) * (shared + 2 * eta_j * size) + tiny * size + tiny)
            for p_j, eta_j in zip(self.p, self.eta, strict=True)
        ]


def relative_errors(x: Numbers, precision: Precision, encoding: Encoding = "logits") -> list[float]:
    z = [float(x_j) for x_j in x]
    if encoding == "log-probabilities":
        return [(abs(z_j) + 16) * precision.unit for z_j in z]
    top, size = max(z), largest_magnitude(z)
    steps = [0.0 if z_j == -inf else abs(z_j) + size + abs(z_j - top) + len(z) + 16 for z_j in z]
    return [min(n * precision.unit, VACUOUS) for n in steps]


def largest_magnitude(z: Numbers) -> float:
    """Return max|z| over the finite logits."""
    return max(abs(float(x)) for x in z if x != -inf)


def probabilities(x: Numbers, precision: Precision, encoding: Encoding = "logits") -> Probabilities:
    """Return the probabilities that x stands for, with their errors."""
    return _probabilities(tuple(x), precision, encoding)


@lru_cache(maxsize=64)
def _probabilities(x: tuple[Number, ...], precision: Precision, encoding: Encoding) -> Probabilities:
    p, eta = [p_j.middle for p_j in _exact.softmax.probabilities(x, encoding)], relative_errors(x, precision, encoding)
    e = sum(float(p_j) * eta_j for p_j, eta_j in zip(p, eta, strict=True)) + len(p) * precision.tiny
    mismatch = float(abs(1 - sum(p, Fraction(0)))) if encoding == "log-probabilities" else 0.0
    return Probabilities(p, eta, e, precision, mismatch, encoding)


def mass_error(t: Sequence[Number]) -> float:
    """Return |1 - Σ t|: formulas that agree for a target of mass 1 differ by it."""
    return float(abs(1 - sum(fractions(t), Fraction(0))))
