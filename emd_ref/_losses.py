"""What the trainable losses of PyTorch, JAX and Keras share: reductions, sample weights and ignored samples.

Their terms are the formulas of `emd_ref._formulas`, among them XE + lambda E_G.
"""

import math
from typing import Literal, TypeAlias, get_args

from emd_ref._libraries.kinds import Array, Namespace
from emd_ref._libraries.namespaces import device, kind_of
from emd_ref._libraries.tracing import visible_truth

Reduction: TypeAlias = Literal["none", "mean", "sum"]


def check_reduction(reduction: str) -> None:
    """Raise ValueError unless the reduction is a known one."""
    if reduction not in get_args(Reduction):
        raise ValueError(f"`reduction` is {reduction!r}: it must be 'none', 'mean' or 'sum'")


def check_weight_shape(weight: Array | None, batch: tuple[int, ...]) -> None:
    """Raise ValueError unless there is one weight for each sample, or no weights at all."""
    if weight is not None and tuple(weight.shape) != tuple(batch):
        raise ValueError(f"`sample_weight` has shape {tuple(weight.shape)}: it must have shape {tuple(batch)}")


def check_weight_sign(xp: Namespace, weight: Array | None) -> None:
    """Raise ValueError if a weight is negative, where this can be seen."""
    if weight is not None and visible_truth(xp.any(weight < 0)):
        raise ValueError(f"`sample_weight` holds {float(xp.min(weight))!r}: weights must not be negative")


def ignored_samples(xp: Namespace, target: Array, ignore_index: int) -> Array | None:
    """Where a label is `ignore_index`; None where that cannot be: distributions, or a dtype without this number."""
    if kind_of(xp, target.dtype) != "integral":
        return None
    limits = xp.iinfo(target.dtype)
    return target == ignore_index if limits.min <= ignore_index <= limits.max else None


def without_ignored(
    xp: Namespace, predicted: Array, target: Array, weight: Array | None, ignored: Array, axis: int
) -> tuple[Array, Array, Array]:
    """Prediction, target and weight with valid samples of weight 0 in the place of ignored ones.

    What is ignored may hold anything, and 0 times infinity would be NaN.
    """
    uniform = xp.full((), 1.0 / predicted.shape[axis], dtype=predicted.dtype, device=device(predicted))
    predicted = xp.where(xp.expand_dims(ignored, axis=axis), uniform, predicted)
    kept = xp.astype(~ignored, xp.float32)
    return predicted, xp.where(ignored, xp.zeros_like(target), target), kept if weight is None else weight * kept


def reduced(xp: Namespace, each: Array, weight: Array | None, reduction: Reduction) -> Array:
    """The loss of each sample, or their sum or mean; a mean is divided by the sum of the weights."""
    if weight is not None:
        weight = xp.astype(weight, each.dtype)
        each = each * weight
    if reduction == "none":
        return each
    total = each.sum()
    if reduction == "sum":
        return total
    return total / (math.prod(each.shape) if weight is None else weight.sum())
