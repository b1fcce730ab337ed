"""The source of a loss, with every function of this package that it calls, as one module that can be changed."""

import ast
import builtins
import copy
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from emd_conformance.defects._register import Differentiable, Variant

PACKAGE = "emd_conformance.defects"
REGISTERING = ("right", "wrong")  # decorators that must not register a mutant


@dataclass(frozen=True)
class Source:
    """The definitions that a loss needs, the names that they refer to, and how the loss is made of them."""

    tree: ast.Module
    names: dict[str, Any]
    make: Callable[[dict[str, Any]], Callable[..., Any]]

    def loss(self, tree: ast.Module | None = None) -> Callable[..., Any]:
        """Return the loss that the definitions give, or changed ones."""
        names = dict(self.names)
        exec(compile(ast.fix_missing_locations(tree or self.tree), "<mutant>", "exec"), names)
        return self.make(names)


def source_of(entry: Variant) -> Source | None:
    """Return the source of a right loss, or None if it is no function of this package."""
    main = entry.loss.grad if isinstance(entry.loss, Differentiable) else entry.loss
    if not isinstance(main, FunctionType):
        return None
    definitions: dict[str, ast.stmt] = {}
    names: dict[str, Any] = {"__name__": main.__module__, "__builtins__": builtins}
    _collect(main, definitions, names)
    make: Callable[[dict[str, Any]], Any] = lambda made: made[main.__name__]  # noqa: E731
    if isinstance(entry.loss, Differentiable):
        value = entry.loss.value
        make = lambda made: Differentiable(value, made[main.__name__])  # noqa: E731
    return Source(ast.Module(body=list(definitions.values()), type_ignores=[]), names, make)


def _collect(function: FunctionType, definitions: dict[str, ast.stmt], names: dict[str, Any]) -> None:
    """Add the definition of a function, after those of the functions of this package that it refers to."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        return
    tree.decorator_list = [d for d in tree.decorator_list if _called(d) not in REGISTERING]
    definitions[function.__name__] = tree
    for name in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}:
        value = function.__globals__.get(name)
        own = getattr(inspect.unwrap(value), "__module__", "") if callable(value) else ""
        if isinstance(plain := inspect.unwrap(value) if callable(value) else None, FunctionType) and own.startswith(
            PACKAGE
        ):
            if name not in definitions:
                _collect(plain, definitions, names)
        elif name in function.__globals__:
            names.setdefault(name, value)


def _called(decorator: ast.expr) -> str:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    return node.id if isinstance(node, ast.Name) else ""


def copied(tree: ast.Module) -> ast.Module:
    return copy.deepcopy(tree)
