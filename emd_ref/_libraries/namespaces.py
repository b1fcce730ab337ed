"""Namespace, device and dtypes of an array."""

from typing import Any

import numpy as np

from emd_ref._libraries.kinds import Array, DType, Namespace, is_dask, is_jax, is_torch

_KINDS = {"f": "real floating", "i": "integral", "u": "integral", "b": "bool", "c": "complex floating"}
_FLOAT64 = np.dtype(np.float64)
_ROUNDOFFS = {_FLOAT64: 2.0**-53, np.dtype(np.float32): 2.0**-24, np.dtype(np.float16): 2.0**-11}


def namespace(x: Array) -> Namespace:
    """Array API namespace of `x`; TypeError if it is not an array."""
    if isinstance(x, np.ndarray):
        if isinstance(x, np.ma.MaskedArray | np.matrix):
            raise TypeError(type(x).__name__)
        return np  # the first call of array_api_compat.numpy takes 0.1 s
    if is_torch(x):
        from emd_ref._libraries import torch_namespace

        return torch_namespace
    from array_api_compat import array_namespace

    if is_dask(x) and (block := getattr(x, "_meta", None)) is not None:
        namespace(block)  # what the blocks hold must be an array, too
    return array_namespace(x)


def device(x: Array) -> Any:
    """Device of `x`; None for JAX and dask, which decide themselves, and whose traced arrays have none to compare."""
    return None if is_jax(x) or is_dask(x) else x.device


def kind_of(xp: Namespace, dtype: DType) -> str:
    """Kind of a dtype in the words of the array API standard, such as "real floating"."""
    if isinstance(dtype, np.dtype) and dtype.kind in _KINDS:
        return _KINDS[dtype.kind]  # numpy.isdtype takes longer than a sum
    if hasattr(dtype, "is_floating_point"):  # PyTorch, whose isdtype takes longer than a sum, too
        return _kind_of_torch(dtype)
    return next((kind for kind in _KINDS.values() if xp.isdtype(dtype, kind)), "other")


def _kind_of_torch(dtype: DType) -> str:
    if dtype.is_floating_point:
        return "real floating"
    if dtype.is_complex:
        return "complex floating"
    return "bool" if str(dtype) == "torch.bool" else "integral"


def unit_roundoff(xp: Namespace, dtype: DType) -> float:
    """Half the distance from 1 to the next number of `dtype`."""
    if xp is np and dtype in _ROUNDOFFS:
        return _ROUNDOFFS[dtype]
    return float(xp.finfo(dtype).eps) / 2


def wide_dtype(xp: Namespace, x: Array) -> DType:
    """float64, or float32 where the library or device of `x` has no float64 (JAX in 32-bit mode, Apple GPUs)."""
    if xp is np:
        return _FLOAT64
    if is_torch(x):  # torch.compile cannot trace what some versions of array_api_compat tell of dtypes
        return xp.float32 if x.device.type == "mps" else xp.float64
    return xp.__array_namespace_info__().dtypes(device=device(x), kind="real floating").get("float64", xp.float32)


def has_unknown_shape(x: Array) -> bool:
    """Whether `x` is a lazy array whose shape is not known yet."""
    return is_dask(x) and any(n != n for n in x.shape)  # dask has NaN there


def has_strides(x: Array) -> bool:
    """Whether a PyTorch tensor is an ordinary one: neither sparse nor nested."""
    import torch

    return x.layout is torch.strided and not x.is_nested
