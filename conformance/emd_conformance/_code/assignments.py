"""A case as Python that can be pasted into a test."""

from __future__ import annotations

import ast
from typing import Any

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._declaration.template import parse_call

MAKERS = {
    "numpy": "numpy.array({values}, dtype={dtype!r})",
    "torch": "torch.tensor({values}, dtype=torch.{dtype})",
    "jax": "jax.numpy.asarray({values}, dtype={dtype!r})",
    "cupy": "cupy.array({values}, dtype={dtype!r})",
    "list": "{values}",
}


def literal(caller: Caller, case: Case) -> str:
    """Return assignments of the arguments, and the call."""
    names, call = caller.named(case), parse_call(caller.declared.template)
    used = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)} & set(names)
    lines = [f"{name} = {_value(caller, names[name])}" for name in sorted(used)]
    return "\n".join([*lines, f"loss({caller.declared.template})"])


def _value(caller: Caller, value: Any) -> str:
    plain = caller.arrays.plain(value)
    if not hasattr(value, "dtype"):
        return repr(plain)
    dtype = str(value.dtype).removeprefix("torch.")
    return MAKERS[caller.declared.array].format(values=plain, dtype=dtype)


def assigned(name: str, text: str) -> str:
    """Return an answer as an assignment; what is not a number becomes a comment."""
    number, _, exact = text.partition(" = ")
    try:
        float(number)
    except ValueError:
        return f"# {name} {text}"
    return f"{name} = {number}" + (f"  # {exact}" if exact else "")
