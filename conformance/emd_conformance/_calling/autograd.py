"""The gradient of an implementation: from its own function, or by automatic differentiation."""

import importlib
import math
from typing import Any

from emd_conformance._calling.answers import AnswerError, located
from emd_conformance._calling.jax_autograd import pull_back
from emd_conformance._calling.load import Loss
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.errors import CallError
from emd_conformance._declaration.template import apply, names_in


def gradient(loss: Loss, declared: Declaration, names: dict[str, Any], answers: int) -> Any:
    """Return the gradient of the sum of the answers with respect to the prediction p, which is one of `names`."""
    if declared.grad is None:
        raise CallError("no gradient was declared")
    if "p" not in names_in(declared.template):
        raise CallError(f"call={declared.template!r} does not pass the prediction p")
    if declared.grad != "autograd":
        function = declared.grad if callable(declared.grad) else getattr(loss, declared.grad)
        return apply(function, declared.template, names)
    if declared.array == "jax":
        return pull_back(loss, declared, names, [1.0] * answers)[1]
    if declared.array != "torch":
        raise CallError(f'grad="autograd" needs array="torch" or array="jax", not {declared.array!r}')
    total = located(apply(loss, declared.template, names), declared).sum()
    return _found(importlib.import_module("torch").autograd.grad(total, names["p"], allow_unused=True)[0])


def recorded(
    loss: Loss, declared: Declaration, names: dict[str, Any], above: list[float], *, interleaved: bool
) -> list[Any]:
    """Return the value of a call that is recorded for differentiation, and its gradient times those from above.

    If `interleaved`, PyTorch calls the loss once more, with other predictions, before the gradient of the first call.
    For PyTorch, `names` has those from above as a tensor, so that a change of it shows.
    """
    if declared.array == "jax":
        result, gradient = pull_back(loss, declared, names, above)
        _check_size(result, above)
        return [result, gradient]
    result = located(apply(loss, declared.template, names), declared)
    _check_size(result, above)
    if interleaved:  # what a forward pass keeps belongs to its own backward pass
        apply(loss, declared.template, names | {"p": names["p"].detach().flip(0).requires_grad_()})
    return [result, _torch_gradient(names["p"], result, names["above"].to(result.dtype).reshape(result.shape))]


def unrecorded(loss: Loss, declared: Declaration, names: dict[str, Any]) -> Any:
    """Return the value of a call for which PyTorch records nothing."""
    with importlib.import_module("torch").no_grad():
        return located(apply(loss, declared.template, names), declared)


def _torch_gradient(p: Any, result: Any, above: Any = None) -> Any:
    """Return the gradient with respect to p, and leave none in it."""
    p.grad = None
    result.backward(above)
    gradient, p.grad = p.grad, None
    return _found(gradient)


def _found(gradient: Any) -> Any:
    if gradient is None:
        raise ValueError("the prediction has no gradient: the result does not depend on it")
    return gradient


def _check_size(result: Any, above: list[float]) -> None:
    if math.prod(result.shape) != len(above):
        raise AnswerError(f"it returned {math.prod(result.shape)} numbers, wanted {len(above)}")
