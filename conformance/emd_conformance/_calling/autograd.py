"""The gradient of an implementation: from its own function, or by automatic differentiation."""

import importlib
import math
from typing import Any

from emd_conformance._calling.answers import AnswerError, located
from emd_conformance._calling.load import Loss
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.errors import CallError
from emd_conformance._declaration.template import apply, names_in


def gradient(loss: Loss, declared: Declaration, names: dict[str, Any]) -> Any:
    """Return the gradient of the summed loss with respect to the prediction p, which is one of `names`."""

    def total(predicted: Any) -> Any:
        return located(apply(loss, declared.template, names | {"p": predicted}), declared).sum()

    if declared.grad is None:
        raise CallError("no gradient was declared")
    if "p" not in names_in(declared.template):
        raise CallError(f"call={declared.template!r} does not pass the prediction p")
    if declared.grad != "autograd":
        function = declared.grad if callable(declared.grad) else getattr(loss, declared.grad)
        return apply(function, declared.template, names)
    if declared.array == "jax":
        return importlib.import_module("jax").grad(total)(names["p"])
    if declared.array != "torch":
        raise CallError(f'grad="autograd" needs array="torch" or array="jax", not {declared.array!r}')
    return _torch_gradient(names["p"], total(names["p"]))


def recorded(loss: Loss, declared: Declaration, names: dict[str, Any], above: list[float]) -> list[Any]:
    """Return the value of a call that is recorded for differentiation, and its gradient times those from above."""

    def value(predicted: Any) -> Any:
        return located(apply(loss, declared.template, names | {"p": predicted}), declared)

    if declared.array == "jax":
        jax = importlib.import_module("jax")
        result, pull = jax.vjp(value, names["p"])
        return [result, *pull(_like(result, jax.numpy.asarray(above, dtype=result.dtype)))]
    result = value(names["p"])
    above = _like(result, importlib.import_module("torch").tensor(above, dtype=result.dtype))
    return [result, _torch_gradient(names["p"], result, above)]


def _torch_gradient(p: Any, result: Any, above: Any = None) -> Any:
    """Return the gradient with respect to p, and leave none in it."""
    result.backward(above)
    gradient, p.grad = p.grad, None
    if gradient is None:
        raise ValueError("the prediction has no gradient: the result does not depend on it")
    return gradient


def _like(result: Any, above: Any) -> Any:
    if math.prod(result.shape) != above.shape[0]:
        raise AnswerError(f"it returned {math.prod(result.shape)} numbers, wanted {above.shape[0]}")
    return above.reshape(result.shape)
