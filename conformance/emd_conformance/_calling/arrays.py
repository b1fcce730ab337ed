"""Array libraries: nested lists become arrays, and arrays become nested lists.

A library is imported when the first of its arrays is made.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from emd_conformance._declaration.errors import CallError, LoadError

Nested: TypeAlias = Any


@dataclass(frozen=True)
class Arrays:
    """An array library, and the floating dtype of its arrays."""

    name: str
    dtype: str

    def floats(self, values: Nested) -> Any:
        """Return an array of the declared floating dtype."""
        return self._array(values, self.dtype)

    def labels(self, values: Nested) -> Any:
        """Return an array of 64-bit labels."""
        return self._array(values, "int64")

    def _array(self, values: Nested, dtype: str) -> Any:
        try:
            return _MAKERS[self.name](values, dtype)
        except ImportError as error:
            raise LoadError(f"array={self.name!r} needs a package that is not installed: {error}") from error

    def plain(self, result: Any) -> Nested:
        """Return nested lists of Python numbers."""
        if hasattr(result, "detach"):
            result = result.detach().cpu()
        return result.tolist() if hasattr(result, "tolist") else result


def _numpy(values: Nested, dtype: str) -> Any:
    numpy = importlib.import_module("numpy")
    try:
        return numpy.array(values, dtype=dtype)
    except TypeError as error:
        raise CallError(f"NumPy has no dtype {dtype}: declare another dtype or array") from error


def _torch(values: Nested, dtype: str) -> Any:
    torch = importlib.import_module("torch")
    return torch.tensor(values, dtype=getattr(torch, dtype))


def _jax(values: Nested, dtype: str) -> Any:
    jax = importlib.import_module("jax")
    if dtype == "float64" and not jax.config.jax_enable_x64:
        remedy = 'call jax.config.update("jax_enable_x64", True), or declare another dtype'
        raise CallError(f"JAX makes float32 of float64 by default: {remedy}")
    return jax.numpy.asarray(importlib.import_module("numpy").array(values), dtype=dtype if dtype != "int64" else int)


def _cupy(values: Nested, dtype: str) -> Any:
    return importlib.import_module("cupy").array(values, dtype=dtype)


_MAKERS: dict[str, Callable[[Nested, str], Any]] = {
    "numpy": _numpy,
    "torch": _torch,
    "jax": _jax,
    "cupy": _cupy,
    "list": lambda values, dtype: values,
}


def transpose(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return the rows as columns."""
    return [list(column) for column in zip(*rows, strict=True)]
