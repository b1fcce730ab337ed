"""The gradient of an implementation: from its own function, or by automatic differentiation."""

from __future__ import annotations

import importlib
from typing import Any

from emd_conformance._calling.arrays import Arrays
from emd_conformance._calling.load import Loss
from emd_conformance._declaration.errors import CallError


def gradient(loss: Loss, grad: str | Loss, arrays: Arrays, position: int | str, args: list[Any], kwargs: Any) -> Any:
    """Return the gradient of the summed loss with respect to the prediction, which is the argument at `position`."""
    if callable(grad):
        return grad(*args, **kwargs)
    if grad != "autograd":
        return getattr(loss, grad)(*args, **kwargs)
    if arrays.name == "torch":
        return _torch_gradient(loss, position, args, kwargs)
    if arrays.name == "jax":
        return _jax_gradient(loss, position, args, kwargs)
    raise CallError(f'grad="autograd" needs array="torch" or array="jax", not {arrays.name!r}')


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
