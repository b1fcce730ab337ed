"""Trainable losses for JAX: the reference in a training loop, as pure functions to be transformed.

Values and derivatives are those of the reference, computed in float64 in 64-bit mode and in float32 otherwise, and
rounded once. The derivative rule of each loss is the reference's gradient g, with the tangent <g, dp>; `grad`, `jvp`,
`hessian`, `jit`, `vmap` and sharded batches all work.

Importing this module makes ground distances pytrees. The matrix of a `GroundDistance` is a leaf, and losses can be
differentiated with respect to it; `Ordered`, `Circular` and `Tree` have no leaves, and are static under `jit`.
"""

from emd_ref.jax._cross_entropies import xe_squared_emd_loss, xemd_loss
from emd_ref.jax._distances import emd_loss, squared_emd_loss

__all__ = ["emd_loss", "squared_emd_loss", "xe_squared_emd_loss", "xemd_loss"]
