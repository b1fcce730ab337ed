"""Find an implementation by its name."""

import ast
import importlib
from collections.abc import Callable
from typing import Any, TypeAlias

from emd_conformance._declaration.errors import LoadError
from emd_conformance._declaration.template import filled

Loss: TypeAlias = Callable[..., Any]
Factory: TypeAlias = Callable[[int], Loss]


def load(target: Loss | str) -> Factory:
    """Return a factory, which gives the loss for C classes.

    The target is a callable, "module:attribute", or "module:Class(num_classes=C)".
    """
    if not isinstance(target, str):
        return lambda classes: target
    module, colon, attribute = target.partition(":")
    if not colon:
        raise LoadError(f"{target!r} names no attribute: write it as package.module:attribute")
    try:
        node = ast.parse(attribute, mode="eval").body
        found = importlib.import_module(module)
        name = node.func if isinstance(node, ast.Call) else node
        loss = _attribute(found, name)
    except (ImportError, AttributeError, SyntaxError, ValueError) as error:
        raise LoadError(f"{target!r} cannot be loaded: {error}") from error
    if not isinstance(node, ast.Call):
        return lambda classes: loss
    call = node

    def made(classes: int) -> Any:
        args, kwargs = filled(call, {"C": classes})
        return loss(*args, **kwargs)

    return made


def elsewhere(classes: int) -> Loss:
    """Stand for the factory of an implementation that is not in this process."""
    raise NotImplementedError("the implementation is in another process")


def _attribute(found: object, node: ast.expr) -> Any:
    if isinstance(node, ast.Attribute):
        return getattr(_attribute(found, node.value), node.attr)
    if isinstance(node, ast.Name):
        return getattr(found, node.id)
    raise ValueError(f"{ast.unparse(node)!r} is not the name of an attribute")
