"""Array libraries: nested lists become arrays, and arrays become nested lists.

A library is imported when the first of its arrays is made.
"""

import contextlib
import importlib
import marshal
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from emd_conformance._declaration.errors import CallError, LoadError

Nested: TypeAlias = Any


def make_array(library: str, values: Nested, dtype: str) -> Any:
    """Return an array of a library, or raise an error that says what to install or to declare."""
    try:
        return _MAKERS[library](values, dtype)
    except ImportError as error:
        raise LoadError(f"array={library!r} needs a package that is not installed: {error}") from error


def laid_out(library: str, array: Any, name: str, layout: str) -> Any:
    """Return an array in another layout, which an expression such as "np.asfortranarray(p)" gives."""
    if not layout:
        return array
    short = {"numpy": "np", "cupy": "cp"}.get(library, library)
    return eval(layout, {short: importlib.import_module(library), name: array})


def plain(result: Any) -> Nested:
    """Return an array as nested lists of Python numbers."""
    if hasattr(result, "detach"):
        result = result.detach().cpu()
    return result.tolist() if hasattr(result, "tolist") else result


def bits(array: Any) -> Any:
    """Return what is equal for arrays of the same shape and bits alone: NaN equals itself, and 0 differs from -0."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if torch is not None and isinstance(array, torch.Tensor):
        numbers = array.detach().cpu().contiguous().reshape(-1)
        return tuple(array.shape), numbers.view(torch.uint8).numpy().tobytes()
    if numpy is not None and type(array) is numpy.ndarray and not array.dtype.hasobject:
        return array.shape, array.tobytes()
    return marshal.dumps(plain(array), 2)  # a version without references, in which equal lists become equal bytes


@contextlib.contextmanager
def holding_other_rows(arrays: Iterable[Any], axis: int) -> Iterator[None]:
    """Let arrays of NumPy, CuPy or PyTorch hold their rows in reverse order, and then what they held before."""
    held = [(x, x.clone() if hasattr(x, "clone") else x.copy()) for x in {id(x): x for x in arrays}.values()]
    for x, numbers in held:
        x[...] = numbers.flip(axis) if hasattr(numbers, "flip") else numbers[::-1] if axis == 0 else numbers[..., ::-1]
    try:
        yield
    finally:
        for x, numbers in held:
            x[...] = numbers


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


_MAKERS: dict[str, Callable[[Nested, str], Any]] = {
    "numpy": _numpy,
    "torch": _torch,
    "jax": _jax,
    "cupy": lambda values, dtype: importlib.import_module("cupy").array(values, dtype=dtype),
    "list": lambda values, dtype: values,
}
