"""Array libraries: with `_sums`, the only file that knows their names.

Everything else is written in the array API standard and takes its namespace, device and dtype from the arguments.
"""

import math
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, TypeAlias

import array_api_compat
import numpy as np

Array: TypeAlias = Any
Namespace: TypeAlias = Any
DType: TypeAlias = Any


def namespace(x: Array) -> Namespace:
    """Array API namespace of `x`; TypeError if it is not an array."""
    if isinstance(x, np.ma.MaskedArray | np.matrix):
        raise TypeError(type(x).__name__)
    if isinstance(x, np.ndarray):
        return np  # array_api_compat.numpy would add 0.1 s to the first call
    if is_torch(x):
        from array_api_compat import torch as torch_namespace

        return torch_namespace  # torch.compile warns of the cached look-up below
    return array_api_compat.array_namespace(x)


def library(x: Array) -> str:
    """Name of the library that `x` comes from, for messages."""
    return type(x).__module__.partition(".")[0]


def device(x: Array) -> Any:
    """Device of `x`, or None where the library decides (a traced array has none that can be compared)."""
    return None if is_jax(x) or is_dask(x) else x.device


def wide_dtype(xp: Namespace, where: Any) -> DType:
    """float64, or float32 where library or device has nothing wider (JAX without its 64-bit mode, Apple GPUs)."""
    if xp is np:
        return np.float64
    return xp.__array_namespace_info__().dtypes(device=where, kind="real floating").get("float64", xp.float32)


def kind_of(xp: Namespace, dtype: DType) -> str:
    """Kind of a dtype in the words of the array API standard, such as "real floating"."""
    if isinstance(dtype, np.dtype) and dtype.kind in KINDS:
        return KINDS[dtype.kind]  # isdtype of NumPy takes longer than a sum
    return next((kind for kind in KINDS.values() if xp.isdtype(dtype, kind)), "other")


KINDS = {"f": "real floating", "i": "integral", "u": "integral", "b": "bool", "c": "complex floating"}


def unit_roundoff(xp: Namespace, dtype: DType) -> float:
    """Half the distance from 1 to the next number of `dtype`."""
    return float(xp.finfo(dtype).eps) / 2


def move_axis(xp: Namespace, x: Array, source: int, destination: int) -> Array:
    """`x` with one axis moved; both are counted from 0."""
    if source == destination:
        return x
    axes = [i for i in range(x.ndim) if i != source]
    axes.insert(destination, source)
    return xp.permute_dims(x, tuple(axes))


BLOCK = 65_536  # numbers in a block of rows: in float64 the intermediate arrays stay in a core's cache


def in_blocks(x: Array) -> bool:
    """Whether to go through `x` in blocks of rows, into arrays that are written to: NumPy, from two blocks on."""
    return isinstance(x, np.ndarray) and math.prod(x.shape) >= 2 * BLOCK


def is_lent(x: Array) -> bool:
    """Whether `x` is a tensor that NumPy can compute with in place of PyTorch, and nobody sees the difference.

    That is no tensor on a GPU or of a dtype of PyTorch's own, and none that PyTorch records, compiles, traces, maps or
    differentiates forwards.
    """
    if not is_torch(x):
        return False
    import torch

    if torch.compiler.is_compiling() or type(x) not in (torch.Tensor, torch.nn.Parameter):
        return False
    if x.device.type != "cpu" or (torch.is_grad_enabled() and x.requires_grad) or x.dtype not in _of_numpy():
        return False
    if torch.jit.is_tracing() or torch._C._len_torch_dispatch_stack():  # type: ignore[attr-defined, no-untyped-call]
        return False
    try:
        x.untyped_storage()
    except (NotImplementedError, RuntimeError):  # inside torch.func, where a tensor stands for several
        return False
    return torch.autograd.forward_ad.unpack_dual(x).tangent is None  # type: ignore[no-untyped-call]


@cache
def _of_numpy() -> frozenset[DType]:
    import torch

    integers = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64)
    return frozenset((torch.float64, torch.float32, torch.float16, *integers))


def lend(x: Array) -> Array:
    """A tensor as an array of NumPy on the same memory."""
    return x.numpy(force=True) if is_torch(x) else x


def give_back(x: Array) -> Array:
    """A result of NumPy as a tensor on the same memory."""
    import torch

    x = np.asarray(x)
    return torch.from_numpy(x if min(x.strides, default=0) >= 0 else x.copy())  # PyTorch has no views backwards


def rows(xp: Namespace, matrix: Array, index: Array) -> Array:
    """matrix[i] for every i of `index`, along a new last axis."""
    sharding = _explicit_sharding(index) if is_jax(index) else None
    if sharding is not None:
        return matrix.at[index].get(out_sharding=sharding)
    flat = xp.take(matrix, xp.reshape(index, (-1,)), axis=0)
    return xp.reshape(flat, (*index.shape, matrix.shape[-1]))


def _explicit_sharding(x: Array) -> Any:
    """Sharding of `x` with one more axis, on a mesh where JAX wants to be told; None elsewhere."""
    import jax

    own = getattr(jax.typeof(x), "sharding", None) if hasattr(jax, "typeof") else None
    if own is None or not any(own.spec):
        return None
    return jax.sharding.NamedSharding(own.mesh, jax.sharding.PartitionSpec(*own.spec, None))


def sign(xp: Namespace, x: Array) -> Array:
    """-1, 0 or 1, and NaN for NaN."""
    if is_torch(x):  # torch.func.vmap cannot follow the one of array_api_compat
        return x.sign() + 0.0 * x
    return xp.sign(x)


def detach(x: Array) -> Array:
    """`x` off the tape of a library that records one (PyTorch)."""
    return x.detach() if is_torch(x) else x


def constant(x: Array) -> Array:
    """`x` as a constant: no derivative is taken through it, in any library."""
    if is_jax(x):
        import jax

        return jax.lax.stop_gradient(x)
    return detach(x)


def log(xp: Namespace, x: Array) -> Array:
    """Natural logarithm, with log 0 = -inf meant and not warned of."""
    with silence(x):
        return xp.log(x)


def divide(a: Array, b: Array) -> Array:
    """The quotient, with infinity for a division by zero meant and not warned of."""
    with silence(a):
        return a / b


def rounded(xp: Namespace, x: Array, dtype: DType) -> Array:
    """`x` in another dtype, infinite beyond its range."""
    if x.dtype == dtype:
        return x
    with silence(x):
        return xp.astype(x, dtype, copy=False)


def silence(x: Array, nan: bool = False) -> AbstractContextManager[Any]:
    """No warning that a result is infinite, and none of NaN if a look at the values has the words for it.

    PyTorch gives none, and its compiler cannot follow NumPy's context.
    """
    return (
        nullcontext() if is_torch(x) else np.errstate(divide="ignore", over="ignore", invalid="ignore" if nan else None)
    )


def tracks_gradient(x: Array) -> bool:
    """Whether somebody may differentiate with respect to `x`."""
    return bool(x.requires_grad) if is_torch(x) else is_jax(x)


def known(condition: Array) -> bool | None:
    """Truth of a zero-dimensional condition, or None where a compiler hides it or would keep it for later inputs."""
    if is_torch(condition):
        return _known_torch(condition)
    if is_jax(condition):
        import jax

        try:
            return bool(condition)
        except jax.errors.ConcretizationTypeError:
            return None
    return bool(condition)


def _known_torch(condition: Array) -> bool | None:
    import torch

    traced = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
    if traced or torch.compiler.is_compiling() or condition.is_meta:
        return None
    try:
        return bool(condition)
    except RuntimeError as error:  # torch.func.vmap has no exception of its own
        if "vmap" in str(error):
            return None
        raise


def first_true(xp: Namespace, mask: Array) -> tuple[int, ...]:
    """Index of the first true element of `mask`, in row order."""
    flat = int(xp.argmax(xp.astype(xp.reshape(mask, (-1,)), xp.int32)))
    return tuple(int(i) for i in np.unravel_index(flat, mask.shape))


def to_numpy(x: Array) -> np.ndarray[Any, Any]:
    """`x` as a NumPy array, copied from its device where it must be."""
    if is_torch(x):
        return np.asarray(x.detach().cpu())
    if is_instance(x, "cupy", "ndarray"):
        return np.asarray(x.get())
    return np.asarray(x)


def from_numpy(xp: Namespace, x: np.ndarray[Any, Any], like: Array) -> Array:
    """The NumPy array `x` in the library, on the device and in the dtype of `like`."""
    return xp.asarray(x, dtype=like.dtype, device=device(like))


def beside(xp: Namespace, x: Array, like: Array) -> Array:
    """`x`, a NumPy array or one of the library of `like`, in the library, on the device and in the dtype of `like`."""
    return from_numpy(xp, x, like) if isinstance(x, np.ndarray) else xp.astype(x, like.dtype, copy=False)


def on_host(
    function: Callable[..., tuple[np.ndarray[Any, Any], ...]], shapes: Sequence[tuple[int, ...]], *arrays: Array
) -> tuple[Array, ...]:
    """`function` of the arrays as NumPy arrays, its results as constants beside `arrays[0]`.

    Traced JAX arrays go through `jax.pure_callback`, so that it works under jit, grad and vmap.
    """
    first, xp = arrays[0], namespace(arrays[0])
    if not is_jax(first):
        results = function(*(to_numpy(x) for x in arrays))
        return tuple(from_numpy(xp, result, first) for result in results)
    import jax

    def cast(*host: Array) -> tuple[np.ndarray[Any, Any], ...]:
        return tuple(np.asarray(result, dtype=first.dtype) for result in function(*map(np.asarray, host)))

    specifications = tuple(jax.ShapeDtypeStruct(shape, first.dtype) for shape in shapes)
    constants = (constant(x) for x in arrays)
    return tuple(jax.pure_callback(cast, specifications, *constants, vmap_method="sequential"))


def is_dask(x: Array) -> bool:
    """Whether `x` is a dask array."""
    return is_instance(x, "dask.array", "Array")


def is_jax(x: Array) -> bool:
    """Whether `x` is a JAX array or tracer."""
    return is_instance(x, "jax", "Array")


def is_torch(x: Array) -> bool:
    return is_instance(x, "torch", "Tensor")


def is_instance(x: Array, module: str, name: str) -> bool:
    """isinstance(x, module.name) for a library that is not imported here: without it there is no such array."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(x, getattr(loaded, name))


def has_unknown_shape(x: Array) -> bool:
    """Whether a lazy array does not know its shape yet."""
    return is_dask(x) and any(math.isnan(n) for n in x.shape)
