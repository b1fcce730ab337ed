"""Valid arguments, and the batch that a formula computes with."""

from typing import Any

import numpy as np

from emd_ref._arguments import contract, values
from emd_ref._arguments.options import Options
from emd_ref._formulas.batch import Batch
from emd_ref._formulas.gradients import softmax
from emd_ref._grounds import GroundDistance
from emd_ref._libraries.arrays import move_axis
from emd_ref._libraries.kinds import INTEGERS, Array, DType, Namespace
from emd_ref._libraries.namespaces import device, wide_dtype
from emd_ref._libraries.tracing import detach, visible_truth
from emd_ref._operations import Standard


class Arguments:
    """Arguments whose types, shapes, labels and ground distance are valid.

    Attributes
    ----------
    scores : array (..., C)
        The prediction as it was given, with its classes along the last axis.
    targets : array (...) of integers, or (..., C)
        Labels, or distributions along the last axis.
    tolerances : (float, float)
        How far from 1 the sums of prediction and target may be.
    """

    __slots__ = ("axis", "dtype", "labels_checked", "options", "scores", "soft", "targets", "tolerances", "wide", "xp")

    def __init__(self, predicted: Array, target: Array, options: Options) -> None:
        """Validate all but the values of `predicted` and of soft targets."""
        xp, axis = contract.validate(predicted, target, options)
        self.xp: Namespace = xp
        self.axis, self.options, self.soft = axis, options, not contract.are_labels(xp, target)
        self.labels_checked, self.tolerances = False, (0.0, 0.0)
        last = predicted.ndim - 1
        if self.soft:
            self.targets = move_axis(xp, target, axis, last)
        else:
            self.targets = _labels(xp, target, predicted, options)
        if options.check:
            self._check_options(predicted, target)
        self.scores = move_axis(xp, predicted, axis, last)
        self.wide: DType = wide_dtype(xp, predicted)
        self.dtype: DType = self.wide if options.wide else predicted.dtype

    def _check_options(self, predicted: Array, target: Array) -> None:
        xp, axis, options = self.xp, self.axis, self.options
        if isinstance(options.ground, GroundDistance):
            values.ground_distance(options.ground)
        of_target = 0.0
        if self.soft:
            of_target = values.mass_tolerance(xp, target, axis, options.mass_tolerance)
        else:
            self.labels_checked = values.labels(xp, self.targets, target, options.target_name, predicted.shape[axis])
        self.tolerances = values.mass_tolerance(xp, predicted, axis, options.mass_tolerance), of_target

    def batch(self, ops: Standard, scores: Array, targets: Array, check: bool) -> Batch:
        """The rows `scores` and `targets`, all or some of the arguments, in wide precision."""
        x, labels = ops.cast(scores, self.wide), None
        if self.soft:
            t = ops.cast(targets, self.wide)
        else:
            labels, t = targets, ops.one_hot(targets, x, self.labels_checked)
        if check:
            self.check_values(ops, x, t)
        if self.options.from_logits:
            return Batch(ops, softmax(ops, x), t, labels, x)
        return Batch(ops, x, t, labels)

    def check_values(self, ops: Standard, x: Array, t: Array) -> None:
        """Raise ValueError if a number among these rows is invalid.

        One condition for all numbers is computed first. Only if it fails is the whole input searched for the place.
        """
        of_predicted, of_target = self.tolerances
        if self.options.from_logits:
            valid = self.xp.all(self.xp.isfinite(detach(x)))
        else:
            valid = ops.are_probabilities(detach(x), of_predicted)
        if self.soft:
            valid = valid & ops.are_probabilities(detach(t), of_target)
        if visible_truth(valid) is False:
            self.raise_for_values()

    def raise_for_values(self) -> None:
        """Search the whole input, and raise ValueError at the first number that is invalid."""
        xp, of_predicted, of_target = self.xp, *self.tolerances
        if self.options.from_logits:
            values.finite(xp, self._as_given(self.scores), "predicted")
        else:
            values.probabilities(xp, self._as_given(self.scores), "predicted", self.axis, of_predicted)
        if self.soft:
            values.probabilities(xp, self._as_given(self.targets), self.options.target_name, self.axis, of_target)

    def _as_given(self, x: Array) -> Array:
        return detach(move_axis(self.xp, x, x.ndim - 1, self.axis))


def _labels(xp: Namespace, target: Any, predicted: Array, options: Options) -> Array:
    """Labels in an integer type that holds every class, which their own type may not."""
    if isinstance(target, INTEGERS):
        return xp.asarray(target, dtype=xp.int64 if xp is np else None, device=device(predicted))
    return xp.astype(target, xp.arange(0).dtype, copy=False)
