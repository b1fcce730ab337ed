"""Valid arguments, and the batch that a formula computes with."""

from collections.abc import Callable
from typing import Any, TypeAlias

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

Choose: TypeAlias = Callable[[Namespace, Array], Standard]


def standard(xp: Namespace, x: Array) -> Standard:
    """The plain operations, whatever the library."""
    return Standard(xp)


class Arguments:
    """Arguments whose types, shapes, labels and ground distance are valid.

    Attributes
    ----------
    ops : Standard
        The operations to compute with, chosen by the library of the arrays.
    scores : array (..., C)
        The prediction as it was given, with its classes along the last axis.
    targets : array (...) of integers, or (..., C)
        Labels, or distributions along the last axis.
    soft : bool
        Whether the targets are distributions.
    tolerances : (float, float)
        How far from 1 the sums of prediction and target may be.
    wide, dtype : dtype
        Of the computation, and of the results.
    """

    __slots__ = ("axis", "dtype", "labels_checked", "ops", "options", "scores", "soft", "targets", "tolerances", "wide")

    def __init__(self, predicted: Array, target: Array, options: Options, choose: Choose = standard) -> None:
        """Validate everything but the numbers in `predicted` and in soft targets; `choose` gives the operations."""
        xp, axis = contract.validate(predicted, target, options)
        self.ops, self.options, self.axis = choose(xp, predicted), options, axis
        self.soft = not contract.are_labels(xp, target)
        self.targets = move_axis(xp, target, axis, predicted.ndim - 1) if self.soft else self._labels(target, predicted)
        self.labels_checked, self.tolerances = False, (0.0, 0.0)
        if options.check:
            self._validate_options(predicted, target)
        self.scores = move_axis(xp, predicted, axis, predicted.ndim - 1)
        self.wide: DType = wide_dtype(xp, predicted)
        self.dtype: DType = self.wide if options.wide else predicted.dtype

    def _labels(self, target: Any, predicted: Array) -> Array:
        """Labels in an integer type that holds every class, which their own type may not."""
        xp = self.ops.xp
        if isinstance(target, INTEGERS):
            return xp.asarray(target, dtype=xp.int64 if xp is np else None, device=device(predicted))
        return self.ops.cast(target, xp.arange(0).dtype)

    def _validate_options(self, predicted: Array, target: Array) -> None:
        xp, axis, given, of_target = self.ops.xp, self.axis, self.options.mass_tolerance, 0.0
        if isinstance(self.options.ground, GroundDistance):
            values.ground_distance(self.options.ground)
        if self.soft:
            of_target = values.mass_tolerance(xp, target, axis, given)
        else:
            self.labels_checked = self._validate_labels(target, predicted.shape[axis])
        self.tolerances = values.mass_tolerance(xp, predicted, axis, given), of_target

    def _validate_labels(self, target: Array, num_classes: int) -> bool:
        """Whether all labels are known to be in 0 .. C-1; ValueError if one is known not to be."""
        valid = visible_truth(self.ops.are_labels(self.targets, num_classes))
        if valid is False:
            values.raise_for_labels(self.ops.xp, self.targets, target, self.options.target_name, num_classes)
        return valid is not None

    def batch(self) -> Batch:
        """All samples, with their values validated unless the options say otherwise."""
        return self.some(self.scores, self.targets, self.options.check)

    def some(self, scores: Array, targets: Array, check: bool) -> Batch:
        """The samples of some rows of scores and targets."""
        ops, labels = self.ops, None
        x = ops.cast(scores, self.wide)
        if self.soft:
            t = ops.cast(targets, self.wide)
        else:
            labels, t = targets, ops.one_hot(targets, x, self.labels_checked)
        if check:
            self.validate_values(x, t)
        if self.options.from_logits:
            return Batch(ops, softmax(ops, x), t, labels, x)
        return Batch(ops, x, t, labels)

    def validate_values(self, x: Array, t: Array) -> None:
        """Raise ValueError if a number among these rows is invalid.

        One condition for all numbers is computed first. Only if it fails is the whole input searched for the place.
        """
        ops, (of_predicted, of_target) = self.ops, self.tolerances
        if self.options.from_logits:
            valid = ops.are_logits(detach(x))
        else:
            valid = ops.are_probabilities(detach(x), of_predicted)
        if self.soft:
            valid = valid & ops.are_probabilities(detach(t), of_target)
        if visible_truth(valid) is False:
            self._raise_for_values()

    def _raise_for_values(self) -> None:
        """Search the whole input, and raise ValueError at the first number that is invalid."""
        xp, of_predicted, of_target = self.ops.xp, *self.tolerances
        name = self.options.predicted_name
        if self.options.from_logits:
            values.logits(xp, self.as_given(self.scores), name, self.axis)
        else:
            values.probabilities(xp, self.as_given(self.scores), name, self.axis, of_predicted)
        if self.soft:
            values.probabilities(xp, self.as_given(self.targets), self.options.target_name, self.axis, of_target)

    def as_given(self, x: Array) -> Array:
        """An array (..., C) with its classes along the axis of the prediction as it was given, detached."""
        return detach(move_axis(self.ops.xp, x, x.ndim - 1, self.axis))
