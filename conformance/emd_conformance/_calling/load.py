"""Find an implementation by its name."""

import ast
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from emd_conformance._calling.contained import contained, described
from emd_conformance._calling.modules import import_module, is_file, split_target
from emd_conformance._calling.watch import Lost
from emd_conformance._declaration.errors import LoadError
from emd_conformance._declaration.template import UNPACKS, filled, unpacks

Loss: TypeAlias = Callable[..., Any]
Factory: TypeAlias = Callable[[int], Loss]


def load(target: Loss | str) -> Factory:
    """Return a factory, which gives the loss for C classes: the same object at each call, as a program keeps it.

    The target is a callable, "module:attribute", "module:Class(num_classes=C)", or the same with the path of a file,
    as "./module.py:attribute".
    """
    if not isinstance(target, str):
        return _factory(target, getattr(target, "__name__", "the loss"))
    module, attribute = split_target(target)
    if not attribute:
        example = f"{target.rstrip(':')}:function" if is_file(target) else "package.module:attribute"
        raise LoadError(f"{target!r} names no attribute: write it as {example}")
    try:
        node = ast.parse(attribute, mode="eval").body
        with contained():
            found = import_module(module)
        name = node.func if isinstance(node, ast.Call) else node
        loss = _attribute(found, name)
    except (ImportError, AttributeError, SyntaxError, ValueError) as error:
        raise LoadError(f"{target!r} cannot be loaded: {error}{_remedy(module, error)}") from error
    except Exception as error:
        what = str(error) if isinstance(error, Lost) else f"it raised {described(error)}"
        raise LoadError(f"{target!r} cannot be loaded: {what} when it was imported") from error
    if not isinstance(node, ast.Call):
        return _factory(loss, target)
    call = node
    if unpacks(call):
        raise LoadError(f"{target!r}: {UNPACKS}")

    @cache
    def made(classes: int) -> Any:
        args, kwargs = filled(call, {"C": classes})
        return loss(*args, **kwargs)

    return made


def _remedy(module: str, error: Exception) -> str:
    """Return what to write instead, if the module is not found."""
    if isinstance(error, ModuleNotFoundError) and error.name == module.partition(".")[0]:
        return "; run from its folder, or write the path of its file, as ./module.py:attribute"
    return ""


def _factory(loss: Any, name: str) -> Factory:
    """Return the factory of a loss; a class that needs no arguments has one meaning, an object made without any."""
    if not isinstance(loss, type):
        return lambda classes: loss
    if any(base.__module__ == "torch.autograd.function" for base in loss.__mro__):
        raise LoadError(f"{name!r} is a class for autograd: write {name}.apply")
    needed = needs(loss)
    if needed:
        arguments = ", ".join("num_classes=C" if "class" in argument else f"{argument}=..." for argument in needed)
        raise LoadError(f"{name!r} is a class that needs arguments: write {name}({arguments}), with C for the classes")
    if "__call__" not in dir(loss):
        raise LoadError(f"{name!r} is a class whose objects cannot be called")
    return cache(lambda classes: loss())


def needs(function: Callable[..., Any]) -> list[str]:
    """Return the names of the arguments without which a function cannot be called, or a class makes no object."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # the constructor of a compiled class may have no signature
        return []
    optional = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    return [p.name for p in parameters if p.default is p.empty and p.kind not in optional]


def elsewhere(classes: int) -> Loss:
    """Stand for the factory of an implementation that is not in this process."""
    raise NotImplementedError("the implementation is in another process")


def _attribute(found: object, node: ast.expr) -> Any:
    if isinstance(node, ast.Attribute):
        return getattr(_attribute(found, node.value), node.attr)
    if isinstance(node, ast.Name):
        return getattr(found, node.id)
    raise ValueError(f"{ast.unparse(node)!r} is not the name of an attribute")
