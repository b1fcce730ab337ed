"""Softmax, and the conventions for a gradient with respect to a distribution (specification, 5.4 and 5.5)."""

from emd_ref._libraries.kinds import Array
from emd_ref._operations import Standard


def softmax(ops: Standard, z: Array, axis: int = -1) -> Array:
    """p_j = e^{z_j} / sum_i e^{z_i}."""
    powers = ops.exponentials(z, axis)
    return ops.divided(powers, ops.total(powers, axis, keepdims=True))


def simplex_gradient(ops: Standard, g: Array, axis: int) -> Array:
    """The gradient g - mean(g), along the simplex."""
    return g - ops.xp.mean(g, axis=axis, keepdims=True)


def normalised_gradient(ops: Standard, g: Array, p: Array, axis: int) -> Array:
    """The gradient g - <p, g>, of E(p / sum p)."""
    return ops.difference(g, ops.inner(p, g, axis, keepdims=True))


def logits_gradient(ops: Standard, g: Array, p: Array, axis: int = -1) -> Array:
    """The gradient p (g - <p, g>), with respect to z where p = softmax(z)."""
    return ops.multiplied(normalised_gradient(ops, g, p, axis), p)
