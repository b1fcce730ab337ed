"""The template of a call: its arguments as text, such as "t, p, onehot=True", filled with values."""

import ast
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from emd_conformance._declaration.errors import CallError

EXTRA_ARGUMENTS = {"positions": ", x", "matrix": ", G", "tree": ", parents, lengths"}
Arguments: TypeAlias = tuple[list[Any], dict[str, Any]]


@cache
def parse_call(template: str) -> ast.Call:
    try:
        node = ast.parse(f"f({template})", mode="eval").body
    except SyntaxError as error:
        raise CallError(f"call={template!r} is not a list of arguments: {error}") from None
    if not isinstance(node, ast.Call):
        raise CallError(f"call={template!r} is not a list of arguments")
    return node


def names_in(template: str) -> set[str]:
    call = parse_call(template)
    return {node.id for part in (*call.args, *call.keywords) for node in ast.walk(part) if isinstance(node, ast.Name)}


def arguments(template: str, names: dict[str, Any]) -> Arguments:
    """Return the arguments of a call, with values in place of names."""
    try:
        return filled(parse_call(template), names)
    except (KeyError, ValueError) as error:
        known = ", ".join(names)
        raise CallError(f"call={template!r}: {error} is neither a literal nor one of {known}") from None


def apply(function: Callable[..., Any], template: str, names: dict[str, Any]) -> Any:
    """Call a function with the arguments of a template."""
    args, kwargs = arguments(template, names)
    return function(*args, **kwargs)


def filled(call: ast.Call, names: dict[str, Any]) -> Arguments:
    """Return the arguments of a parsed call; raise KeyError or ValueError for what is no name and no literal."""

    def value(node: ast.expr) -> Any:
        return names[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)

    keywords = {keyword.arg: value(keyword.value) for keyword in call.keywords if keyword.arg is not None}
    return [value(node) for node in call.args], keywords
