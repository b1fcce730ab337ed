"""The template of a call: its arguments as text, such as "t, p, onehot=True", filled with values."""

from __future__ import annotations

import ast
from functools import cache
from typing import Any

from emd_conformance._declaration.errors import CallError

EXTRA_ARGUMENTS = {"positions": ", x", "matrix": ", G", "tree": ", parents, lengths"}
TEMPLATE_NAMES = ("p", "t", "k", "x", "G", "C", "parents", "lengths", "exponent", "bias", "weight")


@cache
def parse_call(template: str) -> ast.Call:
    """Parse the arguments of a call, such as "t, p, onehot=True"."""
    try:
        node = ast.parse(f"f({template})", mode="eval").body
    except SyntaxError as error:
        raise CallError(f"call={template!r} is not a list of arguments: {error}") from None
    if not isinstance(node, ast.Call):
        raise CallError(f"call={template!r} is not a list of arguments")
    return node


def arguments(template: str, names: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call, with values in place of names."""
    call = parse_call(template)
    try:
        return positional(call, names), keywords(call, names)
    except (KeyError, ValueError) as error:
        known = ", ".join(names)
        raise CallError(f"call={template!r}: {error} is neither a literal nor one of {known}") from None


def positional(call: ast.Call, names: dict[str, Any]) -> list[Any]:
    """Return the positional arguments."""
    return [_argument(node, names) for node in call.args]


def keywords(call: ast.Call, names: dict[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments."""
    return {keyword.arg: _argument(keyword.value, names) for keyword in call.keywords if keyword.arg is not None}


def _argument(node: ast.expr, names: dict[str, Any]) -> Any:
    return names[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)
