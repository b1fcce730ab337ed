"""The gradient of an implementation: from its own function, or by automatic differentiation."""

import importlib
from typing import Any

from emd_conformance._calling.answers import located
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
    p = names["p"].clone().requires_grad_(True)
    total(p).backward()
    if p.grad is None:
        raise ValueError("the prediction has no gradient: the result does not depend on it")
    return p.grad
