"""The template of a call: its arguments as text, such as "t, p, onehot=True" or "p, x[k]", filled with values."""

import ast
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from emd_conformance._declaration.errors import CallError, DeclarationError

EXTRA_ARGUMENTS = {"positions": ", x", "matrix": ", G", "tree": ", parents, lengths"}
UNPACKS = "* and ** are not understood: write each argument, as value or name=value"
Arguments: TypeAlias = tuple[list[Any], dict[str, Any]]


@cache
def parse_call(template: str) -> ast.Call:
    try:
        node = ast.parse(f"f({template})", mode="eval").body
    except SyntaxError as error:
        raise DeclarationError(f"call={template!r} is not a list of arguments: {error}") from None
    if not isinstance(node, ast.Call):
        raise DeclarationError(f"call={template!r} is not a list of arguments")
    if unpacks(node):
        raise DeclarationError(f"call={template!r}: {UNPACKS}")
    return node


def unpacks(call: ast.Call) -> bool:
    """Tell whether a call has arguments with * or **, which are not filled."""
    return any(keyword.arg is None for keyword in call.keywords) or any(isinstance(x, ast.Starred) for x in call.args)


def names_in(template: str) -> set[str]:
    call = parse_call(template)
    return {node.id for part in (*call.args, *call.keywords) for node in ast.walk(part) if isinstance(node, ast.Name)}


@cache
def indexed_in(template: str) -> set[str]:
    """Return the names that are used as an index, as k in x[k]."""
    call = parse_call(template)
    walked = (node for part in (*call.args, *call.keywords) for node in ast.walk(part))
    indices = (node.slice for node in walked if isinstance(node, ast.Subscript))
    return {node.id for index in indices for node in ast.walk(index) if isinstance(node, ast.Name)}


def arguments(template: str, names: dict[str, Any]) -> Arguments:
    """Return the arguments of a call, with values in place of names."""
    try:
        return filled(parse_call(template), names)
    except (KeyError, ValueError) as error:
        known = ", ".join(names)
        raise CallError(f"call={template!r}: {error} is neither a literal nor one of {known}") from None
    except (IndexError, TypeError) as error:
        raise CallError(f"call={template!r}: an index does not fit: {error}") from None


def apply(function: Callable[..., Any], template: str, names: dict[str, Any]) -> Any:
    """Call a function with the arguments of a template."""
    args, kwargs = arguments(template, names)
    return function(*args, **kwargs)


def filled(call: ast.Call, names: dict[str, Any]) -> Arguments:
    """Return the arguments of a parsed call; raise KeyError or ValueError for what is no name and no literal."""

    def value(node: ast.expr) -> Any:
        match node:
            case ast.Name(id=name):
                return names[name]
            case ast.Subscript(value=array, slice=index):
                return value(array)[value(index)]
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(*(None if part is None else value(part) for part in (lower, upper, step)))
            case ast.Tuple(elts=parts):
                return tuple(map(value, parts))
            case _:
                return _literal(node)

    keywords = {keyword.arg: value(keyword.value) for keyword in call.keywords if keyword.arg is not None}
    return [value(node) for node in call.args], keywords


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        raise ValueError(ast.unparse(node)) from None
