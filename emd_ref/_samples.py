"""From the caller's arguments to the letters of the specification, and back.

Inside, the class axis is the last, p and t are distributions in the widest real dtype, and d = p - t is taken in that
dtype: subtracted in float32, p near t would leave no correct digit (specification, 7.2).
"""

import numbers
from dataclasses import dataclass

from emd_ref import _checks
from emd_ref._arrays import Array, DType, Namespace, beside, detach, device, move_axis, rounded, rows, wide_dtype
from emd_ref.gradients import logits_gradient, softmax
from emd_ref.ground import Ground, GroundDistance


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

    @property
    def d(self) -> Array:
        """Difference p - t."""
        return self.p - self.t

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


def samples(
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
) -> Samples:
    """Check the arguments and read them."""
    xp, axis = _checks.metadata(predicted, target, ground, axis, name, labels_only)
    if check:
        _check_predicted(xp, predicted, from_logits, axis, mass_tolerance)
        if isinstance(ground, GroundDistance):
            _checks.ground_distance(ground)
    wide = wide_dtype(xp, device(predicted))
    last = predicted.ndim - 1
    scores = move_axis(xp, xp.astype(predicted, wide, copy=False), axis, last)
    labels = None
    if _checks.is_label(xp, target):
        labels, t = _one_hot(xp, target, scores, name, check)
    else:
        if check:
            _checks.probabilities(xp, detach(target), name, axis, mass_tolerance)
        t = move_axis(xp, xp.astype(target, wide, copy=False), axis, last)
    p = softmax(scores) if from_logits else scores
    return Samples(xp, p, t, labels, scores if from_logits else None, predicted.dtype, axis)


def _check_predicted(xp: Namespace, predicted: Array, from_logits: bool, axis: int, tolerance: float | None) -> None:
    if from_logits:
        _checks.finite(xp, detach(predicted), "predicted")
    else:
        _checks.probabilities(xp, detach(predicted), "predicted", axis, tolerance)


def _one_hot(xp: Namespace, target: Array, scores: Array, name: str, check: bool) -> tuple[Array, Array]:
    """Labels and their one-hot distributions; a label that is not known to exist gives NaN where it does not."""
    classes = xp.arange(scores.shape[-1], device=device(scores))
    if isinstance(target, numbers.Integral):
        target = xp.asarray(target, dtype=classes.dtype, device=device(scores))
    labels = xp.astype(target, classes.dtype)  # C may be beyond the range of the labels' own type
    exist = check and _checks.labels(xp, labels, name, scores.shape[-1])
    hits = classes == labels[..., None]
    t = xp.astype(hits, scores.dtype)
    if not exist:
        nan = xp.asarray(xp.nan, dtype=scores.dtype, device=device(scores))
        t = xp.where(xp.any(hits, axis=-1, keepdims=True), t, nan)
    return labels, t
