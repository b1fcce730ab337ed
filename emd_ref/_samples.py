"""From the caller's arguments to the letters of the specification, and back.

Inside, the class axis is the last, p and t are distributions in the widest real dtype, and d = p - t is taken in that
dtype: subtracted in float32, p near t would leave no correct digit (specification, 7.2).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from emd_ref import _checks
from emd_ref._arrays import (
    Array,
    DType,
    Namespace,
    beside,
    detach,
    device,
    in_blocks,
    known,
    move_axis,
    rounded,
    rows,
    wide_dtype,
)
from emd_ref._sums import one_hot, total
from emd_ref.gradients import logits_gradient, softmax
from emd_ref.ground import Ground, GroundDistance, Ordered


@dataclass(frozen=True)
class Samples:
    """A batch of predictions p and targets t, with what is needed to hand results back."""

    xp: Namespace
    p: Array
    t: Array
    labels: Array | None
    logits: Array | None
    dtype: DType
    axis: int
    known_q: Array | None = None

    @property
    def d(self) -> Array:
        """Difference p - t."""
        return self.p - self.t

    def q(self, ground: Ground) -> Array:
        """Sum of d over every cut of the ground distance (see `ground`)."""
        return ground.sums(self.xp, self.d) if self.known_q is None else self.known_q

    @property
    def num_classes(self) -> int:
        """C."""
        return int(self.p.shape[-1])

    def matrix(self, ground: Ground) -> Array:
        """Ground distance G beside the samples, in their dtype."""
        return beside(self.xp, ground.matrix(self.num_classes), self.p)

    def distances(self, ground: Ground) -> Array:
        """G_ik for every class i and each sample's label k; NaN for a label that does not exist."""
        existing = self.xp.clip(self.labels, 0, self.num_classes - 1)
        return rows(self.xp, self.matrix(ground).T, existing) + 0.0 * self.t

    def value(self, E: Array) -> Array:
        """A number a sample, rounded to the dtype of the prediction."""
        return rounded(self.xp, E, self.dtype)

    def chained(self, g: Array) -> Array:
        """A gradient with respect to p, carried on to the logits if these were given."""
        return g if self.logits is None else logits_gradient(g, self.p)

    def gradient(self, g: Array) -> Array:
        """A gradient with respect to the prediction as it was given, in its shape and dtype."""
        return move_axis(self.xp, rounded(self.xp, g, self.dtype), g.ndim - 1, self.axis)


def _farthest_from(a: float, x: Array) -> float:
    """Largest |x_i - a|, or NaN."""
    return float(max(a - x.item(x.argmin()), x.item(x.argmax()) - a))


@dataclass(frozen=True)
class Given:
    """Arguments whose types and shapes are right: what is read as samples, all of them or some rows.

    `tolerances` are how far from 1 the sums of predicted and target may be; `folded`: the look at the values is folded
    into the sums of the computation.
    """

    xp: Namespace
    predicted: Array
    target: Array
    ground: Ground
    from_logits: bool
    axis: int
    name: str
    exist: bool
    check: bool
    tolerances: tuple[float, float]
    folded: bool
    dtype: DType

    @property
    def scores(self) -> Array:
        """The prediction as it is given, with its classes along the last axis."""
        return move_axis(self.xp, self.predicted, self.axis, self.predicted.ndim - 1)

    @property
    def aims(self) -> Array:
        """Labels, or target distributions along the last axis."""
        if _checks.is_label(self.xp, self.target):
            return self.target
        return move_axis(self.xp, self.target, self.axis, self.target.ndim - 1)

    def read(self, scores: Array, aims: Array) -> Samples:
        """Samples of all rows of `scores` and `aims`, or of some."""
        xp, wide = self.xp, wide_dtype(self.xp, device(scores))
        x, labels = xp.astype(scores, wide, copy=False), None
        if _checks.is_label(xp, aims):
            labels, t = aims, one_hot(xp, aims, x, self.exist)
        else:
            t = xp.astype(aims, wide, copy=False)
        q = self._sums_if_right(scores, aims, x, t, soft=labels is None) if self.folded else None
        if self.check and q is None:
            self._look(x, t, soft=labels is None)
        p, logits = (softmax(x), x) if self.from_logits else (x, None)
        return Samples(xp, p, t, labels, logits, self.dtype, self.axis, q)

    def _sums_if_right(self, scores: Array, aims: Array, x: Array, t: Array, soft: bool) -> Array | None:
        """q of a block of rows on a line, if that shows that its values are right; None where it is left to the look.

        D_C is the sum of p less that of t: p needs no sum of its own. Half of the tolerance is left to the rounding of
        D_C (see `_room_for_rounding`).
        """
        of_predicted, of_target = self.tolerances
        d = x - t
        if not (scores.min() >= 0 and (not soft or aims.min() >= 0)):
            return None
        excess = _farthest_from(1.0, total(np, t)) if soft else 0.0
        q = self.ground.sums(np, d)
        return q if excess <= of_target and excess + _farthest_from(0.0, q[..., -1]) <= 0.5 * of_predicted else None

    def _look(self, x: Array, t: Array, soft: bool) -> None:
        """Ask once whether the values are as they should be; if not, look at all, for the place and the words."""
        of_predicted, of_target = self.tolerances
        if self.from_logits:
            right = self.xp.all(self.xp.isfinite(detach(x)))
        else:
            right = _checks.are_probabilities(self.xp, detach(x), of_predicted)
        if soft:
            right = right & _checks.are_probabilities(self.xp, detach(t), of_target)
        if known(right) is not False:
            return
        predicted = detach(self.predicted)
        if self.from_logits:
            _checks.finite(self.xp, predicted, "predicted")
        else:
            _checks.probabilities(self.xp, predicted, "predicted", self.axis, of_predicted)
        if soft:
            _checks.probabilities(self.xp, detach(self.target), self.name, self.axis, of_target)


def given(
    predicted: Array,
    target: Array,
    *,
    ground: Ground,
    from_logits: bool,
    axis: int,
    check: bool,
    mass_tolerance: float | None = None,
    name: str = "target",
    labels_only: bool = False,
    wide: bool = False,
) -> Given:
    """Check types and shapes, the labels and the ground distance; `wide` results stay in the widest dtype."""
    xp, axis = _checks.metadata(predicted, target, ground, axis, name, labels_only)
    if isinstance(target, _checks.INTEGERS):
        target = xp.asarray(target, dtype=xp.int64 if xp is np else None, device=device(predicted))
    exist, tolerances, soft = False, (0.0, 0.0), not _checks.is_label(xp, target)
    if not soft:
        target = xp.astype(target, xp.arange(0).dtype, copy=False)  # C may be beyond the range of the labels' own type
    if check:
        if isinstance(ground, GroundDistance):
            _checks.ground_distance(ground)
        exist = not soft and _checks.labels(xp, target, name, predicted.shape[axis])
        theirs = _checks.tolerance_for(xp, target, axis, mass_tolerance) if soft else 0.0
        tolerances = _checks.tolerance_for(xp, predicted, axis, mass_tolerance), theirs
    dtype = wide_dtype(xp, device(predicted)) if wide else predicted.dtype
    on_a_line = isinstance(ground, Ordered) and not from_logits
    folded = check and on_a_line and in_blocks(predicted) and _room_for_rounding(predicted.shape[axis], tolerances[0])
    return Given(xp, predicted, target, ground, from_logits, axis, name, exist, check, tolerances, folded, dtype)


def _room_for_rounding(num_classes: int, tolerance: float) -> bool:
    """Whether D_C is rounded by at most half of a tolerance, whatever the order of its sum.

    Each d_j is rounded by u |d_j|, and each of C - 1 additions by u, since no sum of some d_j is larger than 1.
    """
    return (num_classes + 1) * 2.0**-53 <= 0.5 * tolerance


def samples(predicted: Array, target: Array, **options: Any) -> Samples:
    """Check the arguments of `given`, and read all samples."""
    arguments = given(predicted, target, **options)
    return arguments.read(arguments.scores, arguments.aims)
