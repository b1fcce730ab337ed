"""Arrays that cross between a library and NumPy on the host."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from emd_ref._libraries.kinds import Array, DType, Namespace, is_cupy, is_jax, is_torch
from emd_ref._libraries.namespaces import device, namespace
from emd_ref._libraries.tracing import constant, is_observed, is_transformed
from emd_ref._quiet import QUIET

SMALL = 2**16  # bytes: comparing so many takes less time than copying them to a GPU


def to_numpy(x: Array) -> np.ndarray[Any, Any]:
    """`x` as a NumPy array, copied from its device if it is on one."""
    if is_torch(x):
        return np.asarray(x.detach().cpu())
    if is_cupy(x):
        return np.asarray(x.get())
    return np.asarray(x)


def from_numpy(xp: Namespace, x: np.ndarray[Any, Any], like: Array) -> Array:
    """The NumPy array `x` in the library, on the device and in the dtype of `like`."""
    return xp.asarray(x, dtype=like.dtype, device=device(like))


def beside(xp: Namespace, x: Array, like: Array) -> Array:
    """`x`, a NumPy array or one of the library of `like`, in the library, on the device and in the dtype of `like`.

    What is small or read-only is kept on a GPU for later calls: to copy it again would wait for the GPU.
    """
    if not isinstance(x, np.ndarray):
        return xp.astype(x, like.dtype, copy=False)
    if is_torch(like) and not (like.is_cpu or is_observed(like)) and (x.nbytes <= SMALL or not x.flags.writeable):
        return _kept_beside(Constant(x), like.dtype, like.device)
    own = x if xp is np else np.array(x)  # PyTorch would share the memory of `x`, and warn if it is read-only
    return from_numpy(xp, own, like)


class Constant:
    """An array as a key: equal to itself if it is read-only, else to arrays with the same numbers."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array  # an id belongs to it as long as it is held here
        self.key = (array.shape, array.tobytes() if array.flags.writeable else id(array))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=32)
def _kept_beside(x: Constant, dtype: DType, where: Any) -> Array:
    import torch

    return torch.as_tensor(np.array(x.array), dtype=dtype, device=where)


def on_host(
    function: Callable[..., tuple[np.ndarray[Any, Any], ...]], shapes: Sequence[tuple[int, ...]], *arrays: Array
) -> tuple[Array, ...]:
    """Call `function` with the arrays as NumPy arrays; its results are constants in the library of `arrays[0]`.

    All but the last array may have more axes in front. Traced JAX arrays go through `jax.pure_callback`, so that jit,
    grad and vmap work; tensors under a transformation of torch.func go through an operation that does the same.
    """
    first, xp = arrays[0], namespace(arrays[0])
    if is_torch(first) and is_transformed():
        from emd_ref._libraries.torch_callback import Callback

        return tuple(Callback.apply(function, *map(constant, arrays)))  # type: ignore[no-untyped-call]
    if not is_jax(first):
        results = QUIET.copy().run(function, *map(to_numpy, arrays))
        return tuple(from_numpy(xp, result, first) for result in results)
    import jax

    def cast(*host: Array) -> tuple[np.ndarray[Any, Any], ...]:
        return tuple(np.asarray(result, dtype=first.dtype) for result in function(*map(np.asarray, host)))

    specifications = tuple(jax.ShapeDtypeStruct(shape, first.dtype) for shape in shapes)
    constants = (constant(x) for x in arrays)
    return tuple(jax.pure_callback(cast, specifications, *constants, vmap_method="sequential"))
