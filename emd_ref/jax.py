"""Trainable losses for JAX: the reference in a training loop, as pure functions to be transformed.

Values and derivatives are those of the reference, computed in float64 in 64-bit mode and in float32 otherwise, and
rounded once. Each loss has a derivative rule of its own, the reference's gradient g with the tangent <g, dp>, so that
`grad`, `jvp`, `hessian`, `jit`, `vmap` and sharded batches all work.

Importing this module makes ground distances pytrees: the matrix of a `GroundDistance` is its leaf, by which one may
differentiate; `Ordered`, `Circular` and `Tree` have no leaves, and are static under `jit`.
"""

import numbers
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Literal, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jax.tree_util import Partial, register_dataclass, register_static

from emd_ref import _checks
from emd_ref._arrays import Array
from emd_ref._samples import Samples, samples
from emd_ref._sums import inner
from emd_ref.emd import transport
from emd_ref.ground import Circular, Ground, GroundDistance, Ordered, Tree
from emd_ref.squared import energy
from emd_ref.xemd import entropy, penalised

__all__ = ["emd_loss", "squared_emd_loss", "xe_squared_emd_loss", "xemd_loss"]

Reduction: TypeAlias = Literal["none", "mean", "sum"]
Core: TypeAlias = Callable[[Samples], tuple[Array, Callable[[], Array]]]
Number: TypeAlias = Any  # a float, or a JAX array without axes

register_dataclass(GroundDistance, data_fields=["distances"], meta_fields=[])
register_dataclass(Samples, data_fields=["p", "t", "labels", "logits", "known_q"], meta_fields=["xp", "dtype", "axis"])
for _kind in (Ordered, Circular, Tree):
    register_static(_kind)


def _core(function: Callable[..., Any], **parameters: Any) -> Core:
    """The function of samples alone: a pytree whose leaves are those of the parameters that JAX may differentiate."""
    learnt = {name for name, x in parameters.items() if any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(x))}
    constant = {name: x for name, x in parameters.items() if name not in learnt}
    core: Core = Partial(partial(function, **constant), **{name: parameters[name] for name in learnt})
    return core


@jax.custom_jvp
def _each(s: Samples, core: Core) -> Array:
    """The loss of each sample, in wide precision."""
    return core(s)[0]


@partial(_each.defjvp, symbolic_zeros=True)
def _each_jvp(primals: tuple[Samples, Core], tangents: tuple[Any, Any]) -> tuple[Array, Array]:
    """<g, dp>, or <g, dz> for logits; the rest, targets and parameters, by differentiating their formula."""
    (s, core), (ds, dcore) = primals, tangents
    leaves, structure = jax.tree.flatten((s.t, core))
    moves = {i: dx for i, dx in enumerate(jax.tree.leaves((ds.t, dcore))) if not isinstance(dx, SymbolicZero)}

    def at(moved: list[Array]) -> tuple[Array, Array]:
        now = dict(zip(moves, moved, strict=True))
        t, here = jax.tree.unflatten(structure, [now.get(i, leaf) for i, leaf in enumerate(leaves)])
        value, gradient = here(replace(s, t=t))
        return value, gradient()

    value, tangent, g = jax.jvp(at, ([leaves[i] for i in moves],), (list(moves.values()),), has_aux=True)
    dx = ds.p if s.logits is None else ds.logits
    return value, tangent if isinstance(dx, SymbolicZero) else tangent + inner(jnp, g, dx)


def _loss(
    core: Core,
    predicted: Array,
    target: Array,
    *,
    ground: Ground,
    from_logits: bool,
    reduction: Reduction,
    sample_weight: Array | None,
    ignore_index: int,
    axis: int,
    check: bool,
    labels_only: bool = False,
) -> Array:
    """What the losses share: labels or distributions in, the mean, the sum or one number a sample out."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"`reduction` is {reduction!r}: wanted 'none', 'mean' or 'sum'")
    predicted, target = _own(predicted), _own(target)
    if not isinstance(predicted, jax.Array):
        raise TypeError(f"`predicted` must be an array of JAX or NumPy, got {type(predicted).__name__}")
    _, axis = _checks.metadata(predicted, target, ground, axis, "target", labels_only)
    weight = _weight(sample_weight, predicted.shape[:axis] + predicted.shape[axis + 1 :])
    if (kept := _kept(target, ignore_index)) is not None:  # what is ignored may hold anything: inf * 0 would be NaN
        target = jnp.where(kept, target, 0)
        filling = 0.0 if from_logits else 1.0 / predicted.shape[axis]
        predicted = jnp.where(jnp.expand_dims(kept, axis), predicted, filling)
        weight = kept if weight is None else weight * kept
    s = samples(
        predicted,
        target,
        ground=ground,
        from_logits=from_logits,
        axis=axis,
        check=check,
        labels_only=labels_only,
    )
    return s.value(_reduced(_each(s, core), weight, reduction))


def _own(x: Any) -> Any:
    """NumPy's arrays and numbers, and integers, as JAX's; anything else as it is."""
    return jnp.asarray(x) if isinstance(x, np.ndarray | np.generic | numbers.Integral) else x


def _weight(sample_weight: Any, batch: tuple[int, ...]) -> Array | None:
    if sample_weight is None:
        return None
    weight = jnp.asarray(sample_weight)
    if weight.shape != batch:
        raise ValueError(f"`sample_weight` has shape {weight.shape}: wanted {batch}")
    return weight


def _kept(target: Array, ignore_index: int) -> Array | None:
    """Where a label is to be used; None if no target can be `ignore_index`."""
    if not jnp.issubdtype(target.dtype, jnp.integer):
        return None
    limits = np.iinfo(target.dtype)
    return target != ignore_index if limits.min <= ignore_index <= limits.max else None


def _reduced(each: Array, weight: Array | None, reduction: Reduction) -> Array:
    if weight is not None:
        weight = weight.astype(each.dtype)
        each = each * weight
    if reduction == "none":
        return each
    total = each.sum()
    if reduction == "sum":
        return total
    return total / (each.size if weight is None else weight.sum())


def squared_emd_loss(
    predicted: Array,
    target: Array,
    /,
    *,
    ground: Ground = Ordered(),
    from_logits: bool = True,
    reduction: Reduction = "mean",
    sample_weight: Array | None = None,
    ignore_index: int = -100,
    axis: int = -1,
    check: bool = True,
) -> Array:
    """Squared EMD, E = sum_k D_k^2 on ordered classes (specification, section 4), reduced over the samples.

    Parameters
    ----------
    predicted : array (..., C) of a real floating dtype
        Logits, or probabilities without `from_logits`; of JAX or NumPy, as all arrays here.
    target : integer array without the class axis of `predicted`, or array of its shape
        Labels, or distributions.
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes. A matrix that is a JAX array is differentiable; a NumPy one is a constant.
    from_logits : bool
        Whether `predicted` holds scores before a softmax, the default here.
    reduction : "mean", "sum" or "none"
        Over all samples; with weights a mean is divided by their sum.
    sample_weight : array (...), optional
        Weight of each sample.
    ignore_index : int
        Label of samples that do not count, whatever their prediction holds.
    axis : int
        The class axis; all others are batch axes.
    check : bool
        Whether to look at the values. Under `jit` and `vmap` they are hidden: there it costs nothing and finds nothing.
        Outside it waits for the device to finish. Shapes and dtypes are always checked.

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
    A label that does not exist is an error where it can be seen, and gives NaN where `jit` hides it. The mean over no
    samples, or weights that sum to 0, is NaN. The losses of Optax do not reduce; these do, as those of PyTorch.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from emd_ref.jax import squared_emd_loss
    >>> value, gradient = jax.jit(jax.value_and_grad(squared_emd_loss))(jnp.zeros((2, 3)), jnp.asarray([0, 1]))
    >>> round(float(value), 4), gradient.shape
    (0.3889, (2, 3))
    """
    return _loss(
        _core(energy, ground=ground),
        predicted,
        target,
        ground=ground,
        from_logits=from_logits,
        reduction=reduction,
        sample_weight=sample_weight,
        ignore_index=ignore_index,
        axis=axis,
        check=check,
    )


def emd_loss(
    predicted: Array,
    target: Array,
    /,
    *,
    ground: Ground = Ordered(),
    from_logits: bool = True,
    reduction: Reduction = "mean",
    sample_weight: Array | None = None,
    ignore_index: int = -100,
    axis: int = -1,
    check: bool = True,
) -> Array:
    """Exact EMD (specification, section 3), with the arguments of `squared_emd_loss`.

    Soft targets under a GroundDistance are linear programmes, solved on the host, one after the other.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from emd_ref.jax import emd_loss
    >>> round(float(emd_loss(jnp.zeros((2, 3)), jnp.asarray([0, 1]))), 4)
    0.8333
    """
    return _loss(
        _core(transport, ground=ground),
        predicted,
        target,
        ground=ground,
        from_logits=from_logits,
        reduction=reduction,
        sample_weight=sample_weight,
        ignore_index=ignore_index,
        axis=axis,
        check=check,
    )


def xemd_loss(
    predicted: Array,
    target: Array,
    /,
    *,
    ground: Ground,
    weight: Number = 1.0,
    exponent: Number = 1.0,
    bias: Number = 0.0,
    from_logits: bool = True,
    reduction: Reduction = "mean",
    sample_weight: Array | None = None,
    ignore_index: int = -100,
    axis: int = -1,
    check: bool = True,
) -> Array:
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
    return _loss(
        _core(penalised, ground=ground, weight=weight, exponent=exponent, bias=bias),
        predicted,
        target,
        ground=ground,
        from_logits=from_logits,
        reduction=reduction,
        sample_weight=sample_weight,
        ignore_index=ignore_index,
        axis=axis,
        check=check,
        labels_only=True,
    )


def xe_squared_emd_loss(
    predicted: Array,
    target: Array,
    /,
    *,
    ground: Ground = Ordered(),
    weight: Number = 1.0,
    from_logits: bool = True,
    reduction: Reduction = "mean",
    sample_weight: Array | None = None,
    ignore_index: int = -100,
    axis: int = -1,
    check: bool = True,
) -> Array:
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
    return _loss(
        _core(_entropy_and_energy, ground=ground, weight=weight),
        predicted,
        target,
        ground=ground,
        from_logits=from_logits,
        reduction=reduction,
        sample_weight=sample_weight,
        ignore_index=ignore_index,
        axis=axis,
        check=check,
    )


def _entropy_and_energy(s: Samples, ground: Ground, weight: Number) -> tuple[Array, Callable[[], Array]]:
    XE, entropy_gradient = entropy(s)
    E, energy_gradient = energy(s, ground)
    return XE + weight * E, lambda: entropy_gradient() + weight * energy_gradient()
