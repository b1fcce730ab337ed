"""What the trainable losses of PyTorch, JAX and Keras share: reductions, sample weights and ignored samples.

Their terms are the formulas of `emd_ref._formulas`, among them XE + lambda E_G.
"""

import math
from typing import Literal, TypeAlias, get_args

from emd_ref._arguments import contract
from emd_ref._arguments.values import place
from emd_ref._grounds import Ground
from emd_ref._libraries.arrays import first_true
from emd_ref._libraries.kinds import INTEGERS, Array, Namespace
from emd_ref._libraries.namespaces import device, kind_of
from emd_ref._libraries.tracing import visible_truth
from emd_ref._scalars import flag

Reduction: TypeAlias = Literal["none", "mean", "sum"]


def check_reduction(reduction: str) -> None:
    """Raise ValueError unless the reduction is a known one."""
    if reduction not in get_args(Reduction):
        raise ValueError(f"`reduction` is {reduction!r}: it must be 'none', 'mean' or 'sum'")


def check_options(ground: Ground, from_logits: bool, check: bool) -> None:
    """Raise TypeError unless the options of a loss are of the types that they must have."""
    contract.check_ground(ground)
    flag(from_logits, "`from_logits`")
    flag(check, "`check`")


def check_ignored(
    label: int, name: str = "`ignore_index`", remedy: str = "choose one that does not occur, such as -100"
) -> None:
    """Raise TypeError unless the label of ignored samples is an integer."""
    if isinstance(label, bool) or not isinstance(label, INTEGERS):
        raise TypeError(f"{name} is {label!r}: it must be an integer; to ignore no label, {remedy}")


def check_weight_shape(weight: Array | None, batch: tuple[int, ...]) -> None:
    """Raise ValueError unless there is one weight for each sample, or no weights at all."""
    if weight is None:
        return
    if not hasattr(weight, "dtype") or not hasattr(weight, "shape"):
        raise TypeError(f"`sample_weight` is of {type(weight).__name__}: it must be an array like the prediction")
    if tuple(weight.shape) != tuple(batch):
        raise ValueError(f"`sample_weight` has shape {tuple(weight.shape)}: it must have shape {tuple(batch)}")


def check_weight_values(xp: Namespace, weight: Array | None, name: str = "sample_weight") -> None:
    """Raise an error unless weights are real numbers, finite and not negative, where their values can be seen."""
    if weight is None:
        return
    if kind_of(xp, weight.dtype) == "complex floating":
        raise TypeError(f"`{name}` has dtype {weight.dtype}: weights must be real numbers")
    if kind_of(xp, weight.dtype) == "bool":
        return
    valid = (weight >= 0) & (weight < math.inf)
    if visible_truth(xp.all(valid)) is False:
        where = first_true(xp, ~valid)
        raise ValueError(f"`{name}`{place(where)} is {float(weight[where])!r}: weights must be finite and not negative")


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
    if target.ndim == predicted.ndim:
        target = xp.where(xp.expand_dims(ignored, axis=axis), xp.astype(uniform, target.dtype), target)
    else:
        target = xp.where(ignored, xp.zeros_like(target), target)
    kept = xp.astype(~ignored, xp.float32)
    return predicted, target, kept if weight is None else weight * kept


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
