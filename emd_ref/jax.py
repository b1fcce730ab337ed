"""Trainable losses for JAX: the reference in a training loop, as pure functions to be transformed.

Values and derivatives are those of the reference, computed in float64 in 64-bit mode and in float32 otherwise, and
rounded once. The derivative rule of each loss is the reference's gradient g, with the tangent <g, dp>; `grad`, `jvp`,
`hessian`, `jit`, `vmap` and sharded batches all work.

Importing this module makes ground distances pytrees. The matrix of a `GroundDistance` is a leaf, and losses can be
differentiated with respect to it; `Ordered`, `Circular` and `Tree` have no leaves, and are static under `jit`.
"""

import numbers
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jax.tree_util import Partial, register_dataclass, register_pytree_node, register_static

from emd_ref import _losses
from emd_ref._arguments import contract
from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Options
from emd_ref._formulas.batch import Batch
from emd_ref._formulas.emd import emd
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._formulas.xemd import cross_entropy_and_squared_emd, xemd
from emd_ref._grounds import Circular, Ground, GroundDistance, Ordered, Tree
from emd_ref._libraries.kinds import Array
from emd_ref._losses import Reduction
from emd_ref._operations import Standard
from emd_ref._scalars import real_number

__all__ = ["emd_loss", "squared_emd_loss", "xe_squared_emd_loss", "xemd_loss"]

Function: TypeAlias = Callable[[Batch], tuple[Array, Callable[[], Array]]]
JaxArray: TypeAlias = jax.Array | np.ndarray[Any, Any]
Number: TypeAlias = Any  # a float, or a JAX array without axes

register_dataclass(GroundDistance, data_fields=["distances"], meta_fields=[])
for _kind in (Ordered, Circular, Tree):
    register_static(_kind)
register_pytree_node(
    Batch,
    lambda batch: ((batch.p, batch.t, batch.labels, batch.logits, batch.cut_sums), batch.xp),
    lambda xp, arrays: Batch(Standard(xp), *arrays),
)


def _of_batch(formula: Callable[..., Any], **parameters: Any) -> Function:
    """The formula as a function of the batch alone: a pytree of the parameters that JAX may differentiate."""
    learnt = {name for name, x in parameters.items() if any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(x))}
    constant = {name: x for name, x in parameters.items() if name not in learnt}
    function: Function = Partial(partial(formula, **constant), **{name: parameters[name] for name in learnt})
    return function


@jax.custom_jvp
def _each(batch: Batch, function: Function) -> Array:
    """The loss of each sample, in wide precision."""
    return function(batch)[0]


@partial(_each.defjvp, symbolic_zeros=True)
def _each_jvp(primals: tuple[Batch, Function], tangents: tuple[Any, Any]) -> tuple[Array, Array]:
    """<g, dp>, or <g, dz> for logits. Targets and parameters are differentiated through the formula."""
    (batch, function), (moved_batch, moved_function) = primals, tangents
    leaves, structure = jax.tree.flatten((batch.t, function))
    moved_leaves = enumerate(jax.tree.leaves((moved_batch.t, moved_function)))
    moves = {i: dx for i, dx in moved_leaves if not isinstance(dx, SymbolicZero)}

    def at(moved: list[Array]) -> tuple[Array, Array]:
        now = dict(zip(moves, moved, strict=True))
        t, here = jax.tree.unflatten(structure, [now.get(i, leaf) for i, leaf in enumerate(leaves)])
        value, gradient = here(Batch(batch.ops, batch.p, t, batch.labels, batch.logits))
        return value, gradient()

    value, tangent, g = jax.jvp(at, ([leaves[i] for i in moves],), (list(moves.values()),), has_aux=True)
    dx = moved_batch.p if batch.logits is None else moved_batch.logits
    return value, tangent if isinstance(dx, SymbolicZero) else tangent + batch.ops.inner(g, dx)


def _loss(
    function: Function,
    predicted: Array,
    target: Array,
    options: Options,
    reduction: Reduction,
    sample_weight: Array | None,
    ignore_index: int,
) -> jax.Array:
    """The loss, after weights, ignored samples and the reduction."""
    _losses.check_reduction(reduction)
    _losses.check_options(options.ground, options.from_logits, ignore_index, options.check)
    predicted, target = _as_jax(predicted), _as_jax(target)
    if not isinstance(predicted, jax.Array):
        raise TypeError(f"`predicted` must be an array of JAX or NumPy, got {type(predicted).__name__}")
    xp, axis = contract.validate(predicted, target, options)
    _losses.check_weight_shape(sample_weight, predicted.shape[:axis] + predicted.shape[axis + 1 :])
    weight = None if sample_weight is None else jnp.asarray(sample_weight)
    if options.check:
        _losses.check_weight_values(xp, weight)
    if (ignored := _losses.ignored_samples(xp, target, ignore_index)) is not None:
        predicted, target, weight = _losses.without_ignored(xp, predicted, target, weight, ignored, axis)
    arguments = Arguments(predicted, target, options)
    each = _each(arguments.batch(), function)
    loss: jax.Array = arguments.ops.cast(_losses.reduced(xp, each, weight, reduction), arguments.dtype)
    return loss


def _as_jax(x: Any) -> Any:
    """NumPy's arrays and numbers, and integers that JAX can hold, as JAX's; anything else as it is."""
    if isinstance(x, numbers.Integral) and not -(2**31) <= int(x) < 2**31:
        return int(x)
    return jnp.asarray(x) if isinstance(x, np.ndarray | np.generic | numbers.Integral) else x


def squared_emd_loss(
    predicted: JaxArray,
    target: JaxArray | int,
    /,
    *,
    ground: Ground = Ordered(),
    from_logits: bool = True,
    reduction: Reduction = "mean",
    sample_weight: JaxArray | None = None,
    ignore_index: int = -100,
    axis: int = -1,
    check: bool = True,
) -> jax.Array:
    """Squared EMD, E = sum_k D_k^2 on ordered classes (specification, section 4), reduced over the samples.

    Parameters
    ----------
    predicted : array (..., C) of a real floating dtype
        Logits (-inf for a class of probability 0), or probabilities without `from_logits`. Of JAX or NumPy, as all
        arrays here.
    target : integer array without the class axis of `predicted`, or array of its shape
        Labels, or distributions.
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes. A matrix that is a JAX array is differentiable; a NumPy one is a constant.
    from_logits : bool
        Whether `predicted` holds logits, the default here.
    reduction : "mean", "sum" or "none"
        How the values of all samples become the loss; a mean with weights is divided by their sum.
    sample_weight : array (...), optional
        Weight of each sample.
    ignore_index : int
        Label of samples that do not count, whatever their prediction holds.
    axis : int
        The class axis; all others are batch axes.
    check : bool
        Whether to validate values. Under `jit` and `vmap` the values are hidden: there, checks cost nothing and find
        nothing. Elsewhere they wait for the device to finish. Shapes and dtypes are always validated.

    Returns
    -------
    array (), or (...) without reduction
        In the dtype of `predicted`.

    Raises
    ------
    TypeError, ValueError
        As `emd_ref.squared_emd` does, and for an unknown `reduction` or a `sample_weight` of another shape.

    Notes
    -----
    A label outside 0 .. C-1 raises an error, or gives NaN where `jit` hides it. The mean over no samples, or over
    weights that sum to 0, is NaN. These losses reduce, as those of PyTorch do; the losses of Optax do not.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from emd_ref.jax import squared_emd_loss
    >>> value, gradient = jax.jit(jax.value_and_grad(squared_emd_loss))(jnp.zeros((2, 3)), jnp.asarray([0, 1]))
    >>> round(float(value), 4), gradient.shape
    (0.3889, (2, 3))
    """
    function = _of_batch(squared_emd, ground=ground)
    options = Options(ground, from_logits, axis, check)
    return _loss(function, predicted, target, options, reduction, sample_weight, ignore_index)


def emd_loss(
    predicted: JaxArray,
    target: JaxArray | int,
    /,
    *,
    ground: Ground = Ordered(),
    from_logits: bool = True,
    reduction: Reduction = "mean",
    sample_weight: JaxArray | None = None,
    ignore_index: int = -100,
    axis: int = -1,
    check: bool = True,
) -> jax.Array:
    """Exact EMD (specification, section 3), with the arguments of `squared_emd_loss`.

    Soft targets under a GroundDistance are linear programmes, solved on the host, one after the other.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from emd_ref.jax import emd_loss
    >>> round(float(emd_loss(jnp.zeros((2, 3)), jnp.asarray([0, 1]))), 4)
    0.8333
    """
    function = _of_batch(emd, ground=ground)
    options = Options(ground, from_logits, axis, check)
    return _loss(function, predicted, target, options, reduction, sample_weight, ignore_index)


def xemd_loss(
    predicted: JaxArray,
    target: JaxArray | int,
    /,
    *,
    ground: Ground,
    weight: Number = 1.0,
    exponent: Number = 1.0,
    bias: Number = 0.0,
    from_logits: bool = True,
    reduction: Reduction = "mean",
    sample_weight: JaxArray | None = None,
    ignore_index: int = -100,
    axis: int = -1,
    check: bool = True,
) -> jax.Array:
    """Cross-entropy with a ground distance, -log p_k + lambda sum_i p_i^2 (G_ik^omega + mu) (specification, section 6).

    Parameters
    ----------
    predicted, from_logits, reduction, sample_weight, ignore_index, axis, check
        As of `squared_emd_loss`.
    target : integer array without the class axis of `predicted`
        Labels; for soft targets see `squared_emd_loss` and `xe_squared_emd_loss`.
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes, usually scaled to a largest distance of 1.
    weight, exponent, bias : float, or array ()
        lambda, omega and mu. Arrays may change from step to step under `jit`, and are differentiable.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from emd_ref import Ordered
    >>> from emd_ref.jax import xemd_loss
    >>> round(float(xemd_loss(jnp.zeros((2, 3)), jnp.asarray([0, 1]), ground=Ordered([0, 0.5, 1]), weight=0.5)), 4)
    1.1681
    """
    exponent = real_number(exponent, "`exponent`", positive=True)
    weight, bias = real_number(weight, "`weight`"), real_number(bias, "`bias`")
    function = _of_batch(xemd, ground=ground, weight=weight, exponent=exponent, bias=bias)
    options = Options(ground, from_logits, axis, check, labels_only=True)
    return _loss(function, predicted, target, options, reduction, sample_weight, ignore_index)


def xe_squared_emd_loss(
    predicted: JaxArray,
    target: JaxArray | int,
    /,
    *,
    ground: Ground = Ordered(),
    weight: Number = 1.0,
    from_logits: bool = True,
    reduction: Reduction = "mean",
    sample_weight: JaxArray | None = None,
    ignore_index: int = -100,
    axis: int = -1,
    check: bool = True,
) -> jax.Array:
    """Cross-entropy with a squared EMD, -sum_j t_j log p_j + lambda E_G(p, t) (specification, 6.5).

    For a ground distance of negative type (a line, a circle, a tree) it is a proper score, which XEMD is not, and
    targets may be distributions.

    Parameters
    ----------
    weight : float, or array ()
        lambda. An array may change from step to step under `jit`, and is differentiable.
    predicted, target, ground, from_logits, reduction, sample_weight, ignore_index, axis, check
        As of `squared_emd_loss`.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from emd_ref.jax import xe_squared_emd_loss
    >>> round(float(xe_squared_emd_loss(jnp.zeros((2, 3)), jnp.asarray([0, 1]), weight=0.5)), 4)
    1.2931
    """
    function = _of_batch(cross_entropy_and_squared_emd, ground=ground, weight=real_number(weight, "`weight`"))
    options = Options(ground, from_logits, axis, check)
    return _loss(function, predicted, target, options, reduction, sample_weight, ignore_index)
