"""A library of which emd_ref knows nothing, and which counts how often its arrays are gone over and read."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import array_api_strict
import numpy as np


class Counted:
    """An array of array-api-strict that counts what is done with it."""

    def __init__(self, array: Any, namespace: "Namespace") -> None:
        self.array, self.namespace = array, namespace

    def __array_namespace__(self, api_version: str | None = None) -> "Namespace":
        return self.namespace

    def __getattr__(self, name: str) -> Any:
        return self.namespace.watched(name, getattr(self.array, name))

    def __getitem__(self, key: Any) -> "Counted":
        return Counted(self.array[key], self.namespace)  # a view, by the keys that are used here


def _operator(name: str) -> Callable[..., Any]:
    def method(self: Counted, *others: Any) -> Any:
        return self.namespace.watched(name, getattr(type(self.array), name))(self, *others)

    return method


def _read(name: str) -> Callable[..., Any]:
    def method(self: Counted, *arguments: Any) -> Any:
        self.namespace.reads.append(name)
        return getattr(self.array, name)(*arguments)

    return method


ARITHMETIC = [
    f"__{prefix}{name}__"
    for name in ("add", "sub", "mul", "truediv", "matmul", "pow", "and", "or")
    for prefix in ("", "r", "i")
]
COMPARISONS = [f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge", "neg", "abs", "invert")]
READS = ["__bool__", "__float__", "__int__", "__index__", "__complex__", "__array__", "__iter__"]
for _name in ARITHMETIC + COMPARISONS:
    setattr(Counted, _name, _operator(_name))
for _name in READS:
    setattr(Counted, _name, _read(_name))


class Namespace:
    """The functions of array-api-strict: counts passes over arrays of a shape, and reads by the host."""

    # These functions of NumPy return another view of the same memory, and do not go over it.
    VIEWS = frozenset({"flip", "reshape", "permute_dims", "expand_dims", "squeeze", "broadcast_to"})

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.passes: Counter[str] = Counter()
        self.reads: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return self.watched(name, getattr(array_api_strict, name))

    def wrap(self, x: np.ndarray) -> Counted:
        return Counted(array_api_strict.asarray(x), self)

    def watched(self, name: str, function: Any) -> Any:
        """The function with its calls counted; what is not a function is handed on."""
        if isinstance(function, array_api_strict.asarray(0).__class__):
            return Counted(function, self)
        if isinstance(function, type) or not callable(function):
            return function

        def call(*arguments: Any, **options: Any) -> Any:
            given = [x.array if isinstance(x, Counted) else x for x in arguments]
            result = function(*given, **options)
            touched = [x for x in (*given, result) if getattr(x, "shape", None) == self.shape]
            same = name == "astype" and result is given[0]
            if touched and name not in self.VIEWS and not same:
                self.passes[name.strip("_")] += 1
            return Counted(result, self) if hasattr(result, "__array_namespace__") else result

        return call
