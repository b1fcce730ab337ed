"""How an implementation is found and called: what it is, its arrays, the arguments of a call, its gradient.

NumPy, torch, JAX and CuPy are imported here, and only when a declaration asks for their arrays.
"""

from __future__ import annotations

import ast
import importlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

Loss: TypeAlias = Callable[..., Any]
Factory: TypeAlias = Callable[[int], Loss]
Nested: TypeAlias = Any


class HarnessError(RuntimeError):
    """The implementation could not be loaded, or the arrays that it wants are not installed."""


def load(target: Loss | str) -> Factory:
    """Return what gives the loss for C classes: of a callable, "module:attribute" or "module:Class(num_classes=C)"."""
    if not isinstance(target, str):
        return lambda classes: target
    module, colon, attribute = target.partition(":")
    if not colon:
        raise HarnessError(f"{target!r} names no attribute: write it as package.module:attribute")
    try:
        node = ast.parse(attribute, mode="eval").body
        found = importlib.import_module(module)
        name = node.func if isinstance(node, ast.Call) else node
        loss = _attribute(found, name)
    except (ImportError, AttributeError, SyntaxError, ValueError) as error:
        raise HarnessError(f"{target!r} cannot be loaded: {error}") from error
    if not isinstance(node, ast.Call):
        return lambda classes: loss
    call = node
    return lambda classes: loss(*_positional(call, {"C": classes}), **_keywords(call, {"C": classes}))


def _attribute(found: object, node: ast.expr) -> Any:
    if isinstance(node, ast.Attribute):
        return getattr(_attribute(found, node.value), node.attr)
    if isinstance(node, ast.Name):
        return getattr(found, node.id)
    raise ValueError(f"{ast.unparse(node)!r} is not the name of an attribute")


@cache
def parse_call(template: str) -> ast.Call:
    """Parse the arguments of a call, such as "t, p, onehot=True"."""
    try:
        node = ast.parse(f"f({template})", mode="eval").body
    except SyntaxError as error:
        raise HarnessError(f"call={template!r} is not a list of arguments: {error}") from None
    if not isinstance(node, ast.Call):
        raise HarnessError(f"call={template!r} is not a list of arguments")
    return node


def arguments(template: str, names: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call, with the names replaced."""
    call = parse_call(template)
    try:
        return _positional(call, names), _keywords(call, names)
    except (KeyError, ValueError) as error:
        known = ", ".join(names)
        raise HarnessError(f"call={template!r}: {error} is neither a literal nor one of {known}") from None


def _positional(call: ast.Call, names: dict[str, Any]) -> list[Any]:
    return [_argument(node, names) for node in call.args]


def _keywords(call: ast.Call, names: dict[str, Any]) -> dict[str, Any]:
    return {keyword.arg: _argument(keyword.value, names) for keyword in call.keywords if keyword.arg is not None}


def _argument(node: ast.expr, names: dict[str, Any]) -> Any:
    return names[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)


@dataclass(frozen=True)
class Arrays:
    """One array library: from nested lists to its arrays and back."""

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
            raise HarnessError(f"array={self.name!r} needs a package that is not installed: {error}") from error

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
        raise HarnessError(f"NumPy has no dtype {dtype}: declare another dtype or array") from error


def _torch(values: Nested, dtype: str) -> Any:
    torch = importlib.import_module("torch")
    return torch.tensor(values, dtype=getattr(torch, dtype))


def _jax(values: Nested, dtype: str) -> Any:
    jax = importlib.import_module("jax")
    if dtype == "float64" and not jax.config.jax_enable_x64:
        raise HarnessError(
            'JAX would make float32 of float64: jax.config.update("jax_enable_x64", True), or declare dtype'
        )
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


def gradient(loss: Loss, grad: str | Loss, arrays: Arrays, position: int | str, args: list[Any], kwargs: Any) -> Any:
    """Return the gradient of the summed loss with respect to the argument that holds the prediction."""
    if callable(grad):
        return grad(*args, **kwargs)
    if grad != "autograd":
        return getattr(loss, grad)(*args, **kwargs)
    if arrays.name == "torch":
        return _torch_gradient(loss, position, args, kwargs)
    if arrays.name == "jax":
        return _jax_gradient(loss, position, args, kwargs)
    raise HarnessError(f'grad="autograd" needs array="torch" or array="jax", not {arrays.name!r}')


def _torch_gradient(loss: Loss, position: int | str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    holder: Any = args if isinstance(position, int) else kwargs
    holder[position] = holder[position].clone().requires_grad_(True)
    loss(*args, **kwargs).sum().backward()
    if holder[position].grad is None:
        raise ValueError("the prediction has no gradient: the result does not depend on it")
    return holder[position].grad


def _jax_gradient(loss: Loss, position: int | str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    jax = importlib.import_module("jax")
    holder: Any = args if isinstance(position, int) else kwargs

    def total(predicted: Any) -> Any:
        holder[position] = predicted
        return loss(*args, **kwargs).sum()

    return jax.grad(total)(holder[position])


def convert(x: float, dtype: str) -> float:
    """Return x rounded to a dtype."""
    if dtype == "bfloat16":
        return _bfloat16(x)
    code = {"float64": "d", "float32": "f", "float16": "e"}[dtype]
    return float(struct.unpack(code, struct.pack(code, x))[0])


def _bfloat16(x: float) -> float:
    bits = struct.unpack("I", struct.pack("f", x))[0]
    return float(struct.unpack("f", struct.pack("I", (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000))[0])


def transpose(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return the rows as columns."""
    return [list(column) for column in zip(*rows, strict=True)]
