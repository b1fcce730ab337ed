"""Whether predictions are what `from_logits` says: logits, or the probabilities of a model that ends in a softmax.

Where values can be seen, the wrong kind raises an error. Where a compiler hides them, it makes the loss NaN: no model
is trained on the softmax of a softmax, or on logits that are taken for probabilities.
"""

from emd_ref._arguments.values import default_mass_tolerance
from emd_ref._libraries.kinds import Array, Namespace
from emd_ref._libraries.namespaces import device, namespace
from emd_ref._libraries.tracing import detach, visible_truth

FAR = 0.02  # from 1: the sum of no distribution, however it was rounded

PROBABILITIES = (
    "`y_pred` holds probabilities (each sample is non-negative and sums to 1), but the loss has from_logits=True and "
    "would take their softmax: pass from_logits=False, or leave out the softmax at the end of the model; if these are "
    "logits after all, pass check=False"
)


def checked(losses: Array, y_pred: Array, axis: int, from_logits: bool) -> Array:
    """The losses of the samples, after an error or with NaN if the predictions are not what `from_logits` says.

    Visible values that are no probabilities were refused before, by the loss itself.
    """
    if y_pred.shape[axis] == 1:  # one class: its probability is 1, whatever the logit
        return losses
    xp, y_pred = namespace(y_pred), detach(y_pred)
    wrong = (look_like_probabilities if from_logits else are_no_probabilities)(xp, y_pred, axis)
    seen = visible_truth(xp.any(wrong))
    if seen and from_logits:
        raise ValueError(PROBABILITIES)
    if seen is None:
        return xp.where(wrong, xp.full((), xp.nan, dtype=losses.dtype, device=device(losses)), losses)
    return losses


def look_like_probabilities(xp: Namespace, y_pred: Array, axis: int) -> Array:
    """Whether all samples are probabilities, and some are not uniform: equal logits may sum to 1, too."""
    tolerance = default_mass_tolerance(xp, y_pred.dtype, y_pred.shape[axis])
    least, greatest = xp.min(y_pred, axis=axis), xp.max(y_pred, axis=axis)
    probable = (least >= 0) & (xp.abs(xp.sum(y_pred, axis=axis) - 1.0) <= tolerance)
    return xp.all(probable) & xp.any(least < greatest)


def are_no_probabilities(xp: Namespace, y_pred: Array, axis: int) -> Array:
    """For each sample, whether a number is negative or their sum is far from 1."""
    return (xp.min(y_pred, axis=axis) < 0) | (xp.abs(xp.sum(y_pred, axis=axis) - 1.0) > FAR)
