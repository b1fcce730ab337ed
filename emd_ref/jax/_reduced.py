"""The loss of a batch: the losses of its samples after class weights, sample weights, masks and the reduction."""

import numbers
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from emd_ref import _class_options, _losses
from emd_ref._arguments import contract
from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Options
from emd_ref._libraries.kinds import Array, Namespace
from emd_ref._losses import Reduction
from emd_ref.jax._each import each, of_batch

JaxArray: TypeAlias = jax.Array | np.ndarray[Any, Any]
Number: TypeAlias = Any  # a float, or a JAX array without axes


class Means(NamedTuple):
    """How the losses of all samples become one, and what their classes count."""

    reduction: Reduction
    sample_weight: Array | None
    where: Array | None
    ignore_index: int
    weight: Array | None
    label_smoothing: float


def loss_of_batch(
    formula: Callable[..., Any],
    parameters: dict[str, Any],
    predicted: Array,
    target: Array,
    options: Options,
    means: Means,
) -> jax.Array:
    """The loss by a formula with `parameters` of its own, which JAX may differentiate."""
    _losses.check_reduction(means.reduction)
    _losses.check_options(options.ground, options.from_logits, options.check)
    _losses.check_ignored(means.ignore_index)
    smoothing = _class_options.smoothing(means.label_smoothing)
    predicted, target = (
        _as_jax(predicted, options.predicted_name),
        _as_jax(target, options.target_name, or_integer=True),
    )
    xp, axis = contract.validate(predicted, target, options)
    labels = contract.are_labels(xp, target)
    class_weight = _class_weight(xp, means.weight, predicted.shape[axis], "emd_weight" in parameters)
    predicted, target, weight = _counted(xp, predicted, target, axis, options.check, means)
    arguments, reduction = Arguments(predicted, target, options), means.reduction
    parameters = {"ground": options.ground, **parameters}
    if smoothing or (class_weight is not None and not labels):
        formula = _class_options.taking_classes(formula)
        parameters |= {"class_weight": class_weight, "label_smoothing": smoothing}
    if class_weight is not None and labels:
        weight, reduction = _class_options.weights_of_labels(
            xp, target, class_weight, weight, smoothing, reduction, arguments.wide
        )
    losses = each(arguments.batch(), of_batch(formula, **parameters))
    loss: jax.Array = arguments.ops.cast(_losses.reduced(xp, losses, weight, reduction), arguments.dtype)
    return loss


def _as_jax(x: Any, name: str, or_integer: bool = False) -> Any:
    """Arrays and numbers of NumPy, and integers that JAX can hold, as arrays of JAX; TypeError for anything else."""
    if or_integer and isinstance(x, numbers.Integral):
        return jnp.asarray(x) if -(2**31) <= int(x) < 2**31 else int(x)
    x = jnp.asarray(x) if isinstance(x, np.ndarray | np.generic) else x
    if not isinstance(x, jax.Array):
        kinds = "an array of JAX or NumPy, or an integer" if or_integer else "an array of JAX or NumPy"
        raise TypeError(f"`{name}` must be {kinds}, got {type(x).__name__}")
    return x


def _class_weight(xp: Namespace, weight: Any, num_classes: int, has_factor: bool) -> Array | None:
    """Valid class weights as an array of JAX."""
    if weight is None:
        return None
    weight = jnp.asarray(weight) if isinstance(weight, np.ndarray) else weight
    if not isinstance(weight, jax.Array):
        raise _class_options.no_class_weight(weight, "an array", has_factor)
    _class_options.check_class_weight(xp, weight, has_factor)
    _class_options.check_class_count(weight, num_classes)
    return weight


def _counted(
    xp: Namespace, predicted: Array, target: Array, axis: int, check: bool, means: Means
) -> tuple[Array, Array, Array | None]:
    """Prediction, target and weight, with valid samples of weight 0 in the place of those that do not count."""
    batch = predicted.shape[:axis] + predicted.shape[axis + 1 :]
    _losses.check_weight_shape(means.sample_weight, batch)
    weight = None if means.sample_weight is None else jnp.asarray(means.sample_weight)
    if check:
        _losses.check_weight_values(xp, weight)
    ignored = _losses.ignored_samples(xp, target, means.ignore_index)
    if means.where is not None:
        left_out = ~_mask(means.where, batch)
        ignored = left_out if ignored is None else ignored | left_out
    if ignored is None:
        return predicted, target, weight
    return _losses.without_ignored(xp, predicted, target, weight, ignored, axis)


def _mask(where: Any, batch: tuple[int, ...]) -> Array:
    """`where` as an array of JAX; TypeError or ValueError unless it says of each sample whether it counts."""
    if not isinstance(where, jax.Array | np.ndarray) or where.dtype != np.bool_:
        given = f"has dtype {where.dtype}" if hasattr(where, "dtype") else f"is of {type(where).__name__}"
        raise TypeError(f"`where` {given}: it must be an array of bool, which says of each sample whether it counts")
    if where.shape != batch:
        raise ValueError(f"`where` has shape {tuple(where.shape)}: it must have shape {batch}, with one bool a sample")
    return jnp.asarray(where)
