"""Where the answer is in what a call returns, such as "[0]", "['loss']" or ".loss".

A place is a chain of indices, keys and attributes. It is parsed, and never run as code.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeAlias

Step: TypeAlias = tuple[str, Any]  # "item" and an index or a key, or "attribute" and its name
LONGEST = 12  # entries of a container that are looked through for an answer


@cache
def parse_place(text: str) -> tuple[Step, ...]:
    """Return the steps of a place, or raise ValueError."""
    try:
        return tuple(_steps(ast.parse(f"_{text}", mode="eval").body))
    except (SyntaxError, ValueError):
        allowed = "an index, a key or an attribute, such as [0], ['loss'] or .loss"
        raise ValueError(f"returns={text!r} is not understood: write it as {allowed}") from None


def _steps(node: ast.expr) -> Iterator[Step]:
    match node:
        case ast.Name(id="_"):
            return
        case ast.Attribute(value=inner, attr=name):
            yield from _steps(inner)
            yield "attribute", name
        case ast.Subscript(value=inner, slice=key) if isinstance(literal := ast.literal_eval(key), int | str):
            yield from _steps(inner)
            yield "item", literal
        case _:
            raise ValueError(ast.unparse(node))


def at_place(result: Any, text: str | None) -> Any:
    """Return what is at a place; raise LookupError, TypeError or AttributeError if nothing is there."""
    for kind, step in parse_place(text) if text is not None else ():
        result = getattr(result, step) if kind == "attribute" else result[step]
    return result


def places_in(result: Any) -> list[str]:
    """Return the places in a tuple, a dictionary or an object with fields at which the answer may be."""
    if isinstance(result, Mapping):
        return [f"[{key!r}]" for key in [*result][:LONGEST] if isinstance(key, int | str)]
    if isinstance(result, tuple):
        return [f"[{i}]" for i in range(min(len(result), LONGEST))]
    if is_dataclass(result):
        return [f".{field.name}" for field in fields(result)][:LONGEST]
    names = [] if hasattr(result, "tolist") or isinstance(result, list) else getattr(result, "__dict__", ())
    return [f".{name}" for name in [*names][:LONGEST] if not name.startswith("_")]
