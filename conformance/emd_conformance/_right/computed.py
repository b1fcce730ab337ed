"""Quantities in floating-point numbers, with proven errors, and least values of the error bounds that judge them.

A quantity is computed in a format of unit roundoff v. The result x errs by at most `error`, and `bound` is at most the
*any* bound of clause 7.3 for unit roundoff u, without the terms that follow from underflow.

Proofs. n numbers that err by a relative θ are summed, in any order, with an error of at most ((n - 1) v + θ) (1 + n v)
times the sum of their magnitudes. d_j = p_j - t_j is rounded once, so the mass of a cut errs by at most C v Σ |d| (1 +
2 C v). The constants below are at least twice what these sums need. That pays for the factors 1 + O(C v), since C v <
2^-21 is required, for the rounding of the errors themselves, and for that of Σ |d|. Every `bound` is multiplied by 1 -
2^-16, since it is computed from numbers that err. Exponentials and logarithms err by at most 4 units in the last place,
as the bounds of the suite assume.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from emd_conformance._exact.grounds import Circle, Line, Matrix, Tree
from emd_conformance._right.arrays import numpy

Array = Any
LEAST = 1 - 2.0**-16
LARGEST = 2**20  # entries of a matrix


@dataclass(frozen=True)
class Computed:
    """A result, how far it is at most from the exact one, and how far an answer may be from that at least."""

    x: Array
    error: Array
    bound: Array


@dataclass(frozen=True)
class Format:
    """The format of the computation, its unit roundoff v, and the unit roundoff u of the answers."""

    dtype: Any
    v: float
    u: float

    def numbers(self, values: Any) -> Array:
        """Return rational numbers, which err by at most 2 v relative to themselves."""
        high = [float(x) for x in values]
        low = [float(Fraction(x) - Fraction(y)) for x, y in zip(values, high, strict=True)]
        return numpy().array(high, self.dtype) + numpy().array(low, self.dtype)


@dataclass(frozen=True)
class Samples:
    """Predictions and targets (N, C): d = p - t, and the mass of both.

    If p is the softmax of logits, `carried` bounds the error of the mass of p in any set of classes, `allowed` is at
    most what the bound allows for that, and `relative` are the errors of the p_j. Otherwise they are 0.
    """

    p: Array
    t: Array
    carried: Array
    allowed: Array
    relative: Array

    @property
    def d(self) -> Array:
        return self.p - self.t

    @property
    def mass(self) -> Array:
        return (self.p + self.t).sum(-1, keepdims=True)


def of_probabilities(p: Array, t: Array) -> Samples:
    zeros = numpy().zeros_like(p)
    return Samples(p, t, zeros[:, :1], zeros[:, :1], zeros)


def of_logits(z: Array, t: Array, form: Format) -> Samples:
    """Return softmax(z): p_j errs relatively by η_j = (|z_j| + max|z| + |z_j - max z| + C + 16) v, at most.

    The sum over any classes errs by at most Σ p η. Rows whose η is not small are NaN.
    """
    np, top = numpy(), z.max(-1, keepdims=True)
    powers = np.exp(z - top)
    p, sizes = powers / powers.sum(-1, keepdims=True), np.where(np.isinf(z), 0, abs(z))
    steps = sizes + sizes.max(-1, keepdims=True) + np.where(np.isinf(z), 0, top - z) + z.shape[-1] + 16
    steps = np.where(steps * form.v < 2.0**-24, steps, np.nan)
    e = (p * steps).sum(-1, keepdims=True)
    return Samples(p, t, 2 * e * form.v, 2 * e * form.u * LEAST, steps)


@dataclass(frozen=True)
class Slopes:
    """A free gradient: the error and the size of its entries, at most, and the bound that judges them, at least."""

    g: Array
    error: Array
    size: Array
    bound: Array


class Cuts:
    """A ground distance that is a sum of cuts: E, the EMD and the gradient of E (3.2 to 3.4, 4.3, 5.2)."""

    def __init__(self, ground: Line | Circle | Tree, classes: int, form: Format) -> None:
        self.ground, self.C, self.form = ground, classes, form
        self.w = form.numbers(ground.weights(classes))
        self.on_line = isinstance(ground, Line)
        if not self.on_line:
            units = [ground.masses([int(i == j) for i in range(classes)]) for j in range(classes)]
            self.cuts = numpy().array(units, form.dtype)  # (C, cuts)

    def _masses(self, d: Array) -> Array:
        return d.cumsum(-1) if self.on_line else d @ self.cuts

    def _containing(self, x: Array) -> Array:
        return x[..., ::-1].cumsum(-1)[..., ::-1] if self.on_line else x @ self.cuts.T

    def _errors(self, samples: Samples) -> tuple[Array, Array, Array]:
        """Return the masses of the cuts, their error, and the error that is allowed in each."""
        error = (2 * self.C + 8) * self.form.v * abs(samples.d).sum(-1, keepdims=True) + samples.carried
        allowed = (2 * self.C + 4) * self.form.u * samples.mass * LEAST + samples.allowed
        return self._masses(samples.d), error, allowed

    def energy(self, samples: Samples) -> Computed:
        m, error, e = self._errors(samples)
        m, n, w = abs(m), self.w.size, self.w
        rounding = (2 * n + 16) * self.form.v * (w * (m + error) ** 2).sum(-1)
        least = numpy().maximum(m - error, 0)
        return Computed(
            (w * m * m).sum(-1),
            (w * (2 * m * error + error * error)).sum(-1) + rounding,
            (w * (2 * least * e + e * e)).sum(-1) * LEAST,
        )

    def emd(self, samples: Samples) -> Computed:
        m, error, e = self._errors(samples)
        w = self.w.copy()
        w[-1] = 0
        bound = (w * e).sum(-1) * LEAST
        if isinstance(self.ground, Circle):
            D = samples.d.cumsum(-1)
            m, w = D - numpy().sort(D, -1)[..., self.C // 2, None], numpy().ones_like(self.w)
            error = 2 * error  # of the median, too
            bound = (w * e).sum(-1) / 2 * LEAST
        m = abs(m)
        return Computed(
            (w * m).sum(-1),
            (w * error).sum(-1) + (2 * w.size + 16) * self.form.v * (w * (m + error)).sum(-1),
            bound,
        )

    def gradient(self, samples: Samples) -> Slopes:
        m, error, e = self._errors(samples)
        size = 2 * (self.w * (abs(m) + error)).sum(-1, keepdims=True)
        off = 2 * (self.w * error).sum(-1, keepdims=True) + (4 * self.C + 16) * self.form.v * size
        bound = 2 * (self.w * e).sum(-1, keepdims=True) * LEAST
        return Slopes(2 * self._containing(self.w * m), off, size, bound)


class Distances:
    """A ground distance that is a matrix: E and its gradient (4.6, 5.3)."""

    def __init__(self, ground: Matrix, classes: int, form: Format) -> None:
        self.C, self.form = classes, form
        self.G = form.numbers([x for row in ground.rows for x in row]).reshape(classes, classes)

    def energy(self, samples: Samples) -> Computed:
        S, sizes = samples.p + samples.t, abs(samples.d)
        return Computed(
            -(samples.d * (samples.d @ self.G)).sum(-1) / 2,
            (4 * self.C + 16) * self.form.v * (sizes * (sizes @ self.G)).sum(-1) / 2,
            (2 * self.C + 4) * self.form.u * (S * (S @ self.G)).sum(-1) / 2 * LEAST,
        )

    def gradient(self, samples: Samples) -> Slopes:
        size = (abs(samples.d) @ self.G).max(-1, keepdims=True)
        allowed = (2 * self.C + 4) * self.form.u * ((samples.p + samples.t) @ self.G).max(-1, keepdims=True) * LEAST
        return Slopes(-(samples.d @ self.G), (2 * self.C + 8) * self.form.v * size, size, allowed)


def projected(g: Slopes, classes: int, v: float) -> Computed:
    """Return g - mean(g), whose bound is four times that of g (5.4)."""
    rounding = (2 * classes + 8) * v * g.size
    return Computed(g.g - g.g.mean(-1, keepdims=True), 2 * g.error + rounding, 4 * g.bound)


def chained(g: Slopes, samples: Samples, form: Format) -> Computed:
    """Return p_j (g_j - <p, g>), with the error that `_bounds.softmax` derives, and twice the bound of g (5.5)."""
    np, p = numpy(), samples.p
    inner = (p * g.g).sum(-1, keepdims=True)
    shared = 3 * g.error + 3 * (samples.carried + (2 * p.shape[-1] + 16) * form.v) * g.size
    underflow = 16 * float(np.finfo(form.dtype).tiny) * (g.size + 1)
    error = 2 * p * (shared + 2 * samples.relative * form.v * g.size) + underflow
    return Computed(p * (g.g - inner), error, 2 * p * g.bound * LEAST)


def cross_entropy(samples: Samples, form: Format) -> Computed:
    """Return -Σ t_j log p_j: a logarithm errs by 4 units, and the bound allows 8 (6.1)."""
    np = numpy()
    logs = np.where(samples.t > 0, -np.log(np.where(samples.t > 0, samples.p, 1)), 0)
    x = (samples.t * logs).sum(-1)
    return Computed(x, (2 * samples.p.shape[-1] + 16) * form.v * x, 8 * form.u * x * LEAST)


def cross_entropy_of_logits(z: Array, samples: Samples, form: Format) -> Computed:
    """Return Σ t_j (log Σ e^{z_i} - z_j), which errs by Σ t η + Σ p η, and by roundings of 2 max|z| + log C."""
    np, top = numpy(), z.max(-1, keepdims=True)
    total = np.log(np.exp(z - top).sum(-1, keepdims=True))
    terms = np.where(samples.t > 0, samples.t * (total + (top - z)), 0)
    steps = (samples.t * samples.relative + samples.p * samples.relative).sum(-1)
    size = 2 * np.where(np.isinf(z), 0, abs(z)).max(-1) + z.shape[-1]
    error = (steps + (2 * z.shape[-1] + 16) * size) * form.v
    return Computed(terms.sum(-1), error, (steps + 4 * size) * form.u * LEAST)
