"""Arrays of any library, and lists, as rows of Python floats. NumPy makes this faster, but is not needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import prod
from typing import Any

Numbers = Any  # an array of any library, or nested lists

FLOATS = ("float16", "bfloat16", "float32", "float64")


@dataclass(frozen=True)
class Rows:
    """An array with its class axis apart: `batch` are its other axes, `array` its rows (N, C) if there is NumPy.

    `flat` are all numbers in the order of memory, and a class is `step` numbers from the next one.
    """

    batch: tuple[int, ...]
    classes: int
    dtype: str
    step: int
    flat: Sequence[float]
    array: Any

    def __len__(self) -> int:
        return prod(self.batch)

    def __getitem__(self, i: int) -> tuple[float, ...]:
        if self.array is not None:
            return tuple(self.array[i].tolist())
        outer, inner = divmod(i, self.step)
        first = outer * self.classes * self.step + inner
        return tuple(self.flat[first + j * self.step] for j in range(self.classes))


@cache
def numpy() -> Any:
    """Return NumPy, or None if it is not installed."""
    try:
        return import_module("numpy")
    except ImportError:
        return None


def dtype_of(x: Numbers) -> str:
    """Return the name of a dtype, such as "float32"; lists hold doubles."""
    dtype = getattr(x, "dtype", None)
    return "float64" if dtype is None else getattr(dtype, "name", str(dtype)).rpartition(".")[2]


def shape_of(x: Numbers) -> tuple[int, ...]:
    if hasattr(x, "shape"):
        return tuple(x.shape)
    return (len(x), *(shape_of(x[0]) if x else ())) if isinstance(x, list | tuple) else ()


def rows(x: Numbers, axis: int, name: str) -> Rows:
    """Read an array of real floating numbers with its classes along `axis`."""
    shape, dtype = shape_of(x), dtype_of(x)
    if dtype not in FLOATS:
        raise TypeError(f"`{name}` has dtype {dtype}: it must be one of {', '.join(FLOATS)}")
    if not shape:
        raise ValueError(f"`{name}` is one number: it must have a class axis")
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"`axis` is {axis}: `{name}` has {len(shape)} axes")
    axis %= len(shape)
    if shape[axis] == 0:
        raise ValueError(f"`{name}` has no classes: its shape is {shape}")
    batch, C, values = shape[:axis] + shape[axis + 1 :], shape[axis], _values(x, name)
    if numpy() is None:
        return Rows(batch, C, dtype, prod(shape[axis + 1 :]), values, None)
    array = numpy().moveaxis(values, axis, -1).reshape(prod(batch), C)
    return Rows(batch, C, dtype, 1, (), array)


def numbers(x: Numbers, name: str) -> list[float]:
    """Read all numbers of an array, in the order of its axes."""
    values = _values(x, name)
    flat: list[float] = values.reshape(-1).tolist() if numpy() is not None else values
    return flat


def _values(x: Numbers, name: str) -> Any:
    """Return float64 numbers: an array of NumPy, or without NumPy a flat list."""
    if hasattr(x, "detach"):  # PyTorch
        x = x.detach().cpu()
        x = x.double() if dtype_of(x) in FLOATS else x
    elif hasattr(x, "get") and hasattr(x, "shape"):  # CuPy
        x = x.get()
    try:
        if numpy() is not None:
            return numpy().asarray(x).astype("float64")
        return list(map(float, _flat(x.tolist() if hasattr(x, "tolist") else x, shape_of(x))))
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{name}` must hold numbers in rows of equal length: {error}") from None


def _flat(x: Any, shape: tuple[int, ...]) -> Iterator[Any]:
    if not shape:
        yield x
        return
    if not isinstance(x, list | tuple) or len(x) != shape[0]:
        raise ValueError(f"a row has another length than {shape[0]}")
    for part in x:
        yield from _flat(part, shape[1:])
