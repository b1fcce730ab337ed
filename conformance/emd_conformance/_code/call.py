"""A case as Python code that needs no suite: the declaration that suits it, its inputs as literals, the call."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._code.literals import literal
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.template import TEMPLATE_NAMES, parse_call
from emd_conformance._exact.grounds import Circle, Line, Matrix, Tree

IMPORTS = {
    "numpy": ["import numpy as np"],
    "torch": ["import torch"],
    "jax": ["import jax", "import jax.numpy as jnp"],
    "cupy": ["import cupy as cp"],
}
MAKERS = {
    "numpy": ("np.array", "np."),
    "torch": ("torch.tensor", "torch."),
    "jax": ("jnp.array", "jnp."),
    "cupy": ("cp.array", "cp."),
}
XEMD: dict[str, Any] = {"computes": "XE + weight*R", "call": "p, k, G, weight, exponent, bias", "target": "labels"}
BY_GROUP: dict[str, dict[str, Any]] = {"emd": {"computes": "W1"}, "xemd": XEMD}
GROUNDS: dict[type, str] = {Circle: "circle", Tree: "tree", Matrix: "matrix"}


def suited(case: Case, **options: Any) -> Declaration:
    """Return the declaration that asks a case as it is written, but for the options given."""
    positions = isinstance(case.ground, Line) and case.ground.positions is not None
    natural: dict[str, Any] = {
        "input": case.input,
        "target": "distribution" if case.target is not None else "labels",
        "ground": "positions" if positions else GROUNDS.get(type(case.ground), "line"),
        "capabilities": case.needs,
        "validates": bool(case.invalid),
    }
    return Declaration(**(natural | BY_GROUP.get(case.group, {}) | options))


def absent(*args: Any, **kwargs: Any) -> Any:
    """Stand for an implementation that is not here to be called."""
    raise NotImplementedError


def asker(declared: Declaration) -> Caller:
    """Return what knows the arguments of a call, without an implementation."""
    return Caller(lambda classes: absent, declared)


def inputs(case: Case, declared: Declaration, sample: int = 0) -> list[str]:
    """Return the assignments of the names that the call uses; of one sample, where a call takes one."""
    values = asker(replace(declared, array="list")).named(one_call(case, declared, sample))
    return [f"{name} = {_argument(name, values[name], case, declared)}" for name in _names(declared) if name in values]


def call(declared: Declaration, function: str = "loss") -> str:
    """Return the call of the implementation."""
    return f"{function}({declared.template})"


def gradient_call(declared: Declaration) -> list[str]:
    """Return the lines that call for the gradient, and name it `received`."""
    if declared.grad == "autograd" and declared.array == "torch":
        return ["p.requires_grad_()", f"{call(declared)}.sum().backward()", f"received = {_row('p.grad', declared)}"]
    if declared.grad == "autograd":
        return [f"received = {_row(f'jax.grad(lambda p: {call(declared)}.sum())(p)', declared)}"]
    name = f"loss.{declared.grad}" if isinstance(declared.grad, str) else "gradient"
    return [f"received = {_row(call(declared, name), declared)}"]


def _row(text: str, declared: Declaration) -> str:
    return text if declared.batched else f"[{text}]"


def one_call(case: Case, declared: Declaration, sample: int = 0) -> Case:
    """Return the case, or one sample of it where a call takes one."""
    if declared.batched:
        return case
    rows = {name: getattr(case, name) for name in ("predicted", "target", "labels")}
    return replace(case, **{name: rows and rows[sample : sample + 1] for name, rows in rows.items()})


def _names(declared: Declaration) -> list[str]:
    call = parse_call(declared.template)
    used = {node.id for part in (*call.args, *call.keywords) for node in ast.walk(part) if isinstance(node, ast.Name)}
    return [name for name in TEMPLATE_NAMES if name in used]


def _argument(name: str, value: Any, case: Case, declared: Declaration) -> str:
    if declared.array == "list" or name not in ("p", "t", "k", "x", "G"):
        return literal(value)
    labels = name == "k" or (name == "t" and declared.target != "distribution")
    maker, prefix = MAKERS[declared.array]
    dtype = f"dtype={prefix}{'int64' if labels else declared.dtype}"
    if not case.predicted and not labels and name in ("p", "t"):
        return f"{prefix}zeros((0, {case.classes}), {dtype})"
    return f"{maker}({literal(value)}, {dtype})"
