"""Whether predictions are what `from_logits` says: logits, or the probabilities of a model that ends in a softmax.

Where values can be seen, the wrong kind raises an error. Where a compiler hides them, it makes the loss NaN: no model
is trained on the softmax of a softmax, or on logits that are taken for probabilities.
"""

from typing import Any

from keras import ops

from emd_ref._arguments.values import default_mass_tolerance
from emd_ref._libraries.namespaces import namespace
from emd_ref._libraries.tracing import detach, visible_truth

FAR = 0.02  # from 1: a sum that no distribution has, however it was rounded

PROBABILITIES = (
    "`y_pred` holds probabilities (each sample is non-negative and sums to 1), but the loss has from_logits=True and "
    "would take their softmax: leave from_logits at False, or leave out the softmax at the end of the model "
    "(if these are logits after all, pass check=False)"
)


def checked(losses: Any, y_pred: Any, axis: int, from_logits: bool) -> Any:
    """The losses of the samples, after an error or with NaN if the predictions are not what `from_logits` says.

    Visible values that are no probabilities were refused before, by the loss itself.
    """
    if y_pred.shape[axis] == 1:  # one class: its probability is 1, whatever the logit
        return losses
    y_pred = detach(y_pred)
    wrong = look_like_probabilities(y_pred, axis) if from_logits else are_no_probabilities(y_pred, axis)
    seen = visible_truth(ops.any(wrong))
    if seen and from_logits:
        raise ValueError(PROBABILITIES)
    return ops.where(wrong, ops.full_like(losses, float("nan")), losses) if seen is None else losses


def look_like_probabilities(y_pred: Any, axis: int) -> Any:
    """Whether all samples are probabilities, and some are not uniform: equal logits may sum to 1, too."""
    xp = namespace(y_pred)
    tolerance = default_mass_tolerance(xp, y_pred.dtype, y_pred.shape[axis])
    least, greatest = ops.min(y_pred, axis=axis), ops.max(y_pred, axis=axis)
    probable = (least >= 0) & (ops.abs(ops.sum(y_pred, axis=axis) - 1) <= tolerance)
    return ops.all(probable) & ops.any(least < greatest)


def are_no_probabilities(y_pred: Any, axis: int) -> Any:
    """For each sample, whether it is negative somewhere or its sum is far from 1."""
    return (ops.min(y_pred, axis=axis) < 0) | (ops.abs(ops.sum(y_pred, axis=axis) - 1) > FAR)
