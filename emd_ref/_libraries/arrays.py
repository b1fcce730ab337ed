"""Operations on arrays that the array API standard does not have, or does not have for every library."""

from typing import Any

import numpy as np

from emd_ref._libraries.kinds import Array, Namespace, is_jax


def move_axis(xp: Namespace, x: Array, source: int, destination: int) -> Array:
    """`x` with one axis moved; both are counted from 0."""
    if source == destination:
        return x
    axes = [i for i in range(x.ndim) if i != source]
    axes.insert(destination, source)
    return xp.permute_dims(x, tuple(axes))


def rows(xp: Namespace, matrix: Array, index: Array) -> Array:
    """matrix[i] for every i of `index`, along a new last axis."""
    sharding = _explicit_sharding(index) if is_jax(index) else None
    if sharding is not None:
        return matrix.at[index].get(out_sharding=sharding)
    flat = xp.take(matrix, xp.reshape(index, (-1,)), axis=0)
    return xp.reshape(flat, (*index.shape, matrix.shape[-1]))


def _explicit_sharding(x: Array) -> Any:
    """Sharding of `x` with one more axis, on a mesh whose axes JAX wants to be told; None elsewhere."""
    import jax

    own = getattr(jax.typeof(x), "sharding", None) if hasattr(jax, "typeof") else None
    if own is None or not any(own.spec):
        return None
    return jax.sharding.NamedSharding(own.mesh, jax.sharding.PartitionSpec(*own.spec, None))


def first_true(xp: Namespace, mask: Array) -> tuple[int, ...]:
    """Index of the first true element of `mask`, in row order."""
    flat = int(xp.argmax(xp.astype(xp.reshape(mask, (-1,)), xp.int32)))
    return tuple(int(i) for i in np.unravel_index(flat, mask.shape))
