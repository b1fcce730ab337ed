"""Which library an array belongs to, found without importing any library."""

import sys
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np

Array: TypeAlias = Any  # inside the package, where no type describes the arrays of all libraries
Namespace: TypeAlias = Any
DType: TypeAlias = Any


class AnyArray(Protocol):
    """An array of NumPy, CuPy, PyTorch, JAX, dask or another library of the array API standard; not a list."""

    @property
    def shape(self) -> Any: ...
    @property
    def dtype(self) -> Any: ...
    @property
    def ndim(self) -> int: ...


A = TypeVar("A", bound=AnyArray)
Target: TypeAlias = AnyArray | int

INTEGERS = (int, np.integer)


def is_torch(x: Array) -> bool:
    """Whether `x` is a PyTorch tensor."""
    return is_instance(x, "torch", "Tensor")


def is_jax(x: Array) -> bool:
    """Whether `x` is a JAX array or tracer."""
    return is_instance(x, "jax", "Array")


def is_dask(x: Array) -> bool:
    """Whether `x` is a dask array."""
    return is_instance(x, "dask.array", "Array")


def is_cupy(x: Array) -> bool:
    """Whether `x` is a CuPy array."""
    return is_instance(x, "cupy", "ndarray")


def is_instance(x: Array, module: str, name: str) -> bool:
    """Return isinstance(x, module.name); False if nobody has imported the module, for then no such array exists."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(x, getattr(loaded, name))


def library(x: Array) -> str:
    """Name of the library of `x`, for messages."""
    return type(x).__module__.partition(".")[0]
