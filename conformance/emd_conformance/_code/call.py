"""A case as Python code that does not need the suite: its inputs as literals, and the call of the implementation."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from emd_conformance._calling.caller import ARRAYS, Caller
from emd_conformance._cases.case import Case
from emd_conformance._code.literals import literal, standard_imports
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.layouts import label_dtype, layout_of
from emd_conformance._declaration.template import names_in

IMPORTS = {
    "numpy": ["import numpy as np"],
    "torch": ["import torch"],
    "jax": ["import jax", "import jax.numpy as jnp"],
    "cupy": ["import cupy as cp"],
    "list": [],
}
MAKERS = {"numpy": "np.array", "torch": "torch.tensor", "jax": "jnp.array", "cupy": "cp.array"}
XEMD: dict[str, Any] = {"computes": "XE + weight*R", "call": "p, k, G, weight, exponent, bias", "target": "labels"}
NAMES = (*ARRAYS, "C", "parents", "lengths", "exponent", "bias", "weight")  # of a call, in order
SOFT_XEMD = {**XEMD, "call": "p, t, G, weight, exponent, bias", "target": "distribution"}
BY_GROUP: dict[str, dict[str, Any]] = {"emd": {"computes": "W1"}, "xemd": XEMD}


def suited(case: Case, **options: Any) -> Declaration:
    """Return the declaration under which a case is asked as it is written, changed by options."""
    natural: dict[str, Any] = {
        "input": case.input,
        "target": "distribution" if case.target is not None else "labels",
        "ground": case.ground.kind,
        "capabilities": case.needs,
        "validates": bool(case.invalid),
    }
    usual = SOFT_XEMD if case.group == "xemd" and case.labels is None else BY_GROUP.get(case.group, {})
    return Declaration(**(natural | usual | options))


def absent(*args: Any, **kwargs: Any) -> Any:
    """Stand for a function that the code calls by a name."""
    raise NotImplementedError


def asker(declared: Declaration) -> Caller:
    """Return a caller that makes the arguments of a call, and has no implementation to call."""
    return Caller(lambda classes: absent, declared)


def inputs(case: Case, declared: Declaration, sample: int = 0) -> list[str]:
    """Return an assignment for each name that the call uses."""
    caller, used = asker(replace(declared, array="list")), names_in(declared.template)
    values = caller.named(caller.calls(case)[0 if declared.batched else sample])
    lines: list[str] = []
    for name in (name for name in NAMES if name in used & {*values}):
        layout = layout_of(name, _dimensions(values[name]), case, declared)
        lines += [f"{name} = {_argument(name, values[name], case, declared)}", *([f"{name} = {layout}"] * bool(layout))]
    return lines


def _dimensions(value: Any) -> int:
    return 1 + _dimensions(value[0]) if isinstance(value, list) and value else 0


def _argument(name: str, value: Any, case: Case, declared: Declaration) -> str:
    if declared.array == "list" or name not in ARRAYS:
        return literal(value)
    labels = name == "k" or (name == "t" and declared.takes_labels)
    maker = MAKERS[declared.array]
    prefix = maker.partition(".")[0]
    if name == "mask":
        return f"{maker}({literal(value)})"  # of Booleans, in every library
    dtype = f"dtype={prefix}.{label_dtype(case) if labels else declared.dtype}"
    if not case.predicted and not labels and name in ("p", "t"):
        form = declared.form if name == "p" else declared.target_form
        return f"{prefix}.zeros((0, {case.classes - (form == 'cumulative')}), {dtype})"
    return f"{maker}({literal(value)}, {dtype})"


def call(declared: Declaration, function: str = "loss") -> str:
    return f"{function}({declared.template})" + (declared.returns or "" if function == "loss" else "")


def gradient_call(declared: Declaration, above: Sequence[float] = ()) -> list[str]:
    """Return the lines that compute the gradient, times those from above, and assign it to `received`."""
    row = "{}" if declared.batched else "[{}]"
    if declared.grad == "autograd" and declared.array == "torch":
        backward = ["result = " + call(declared), f"result.backward({_above('torch.tensor', above)})"]
        backward = backward if above else [f"{call(declared)}.sum().backward()"]
        return ["p.requires_grad_()", *backward, f"received = {row.format('p.grad')}"]
    if declared.grad == "autograd" and above:
        pulled = f"pull({_above('jnp.array', above)})[0]"
        return [f"result, pull = jax.vjp(lambda p: {call(declared)}, p)", f"received = {row.format(pulled)}"]
    if declared.grad == "autograd":
        return [f"received = {row.format(f'jax.grad(lambda p: {call(declared)}.sum())(p)')}"]
    name = f"loss.{declared.grad}" if isinstance(declared.grad, str) else "gradient"
    return [f"received = {row.format(call(declared, name))}"]


def _above(maker: str, above: Sequence[float]) -> str:
    return f"{maker}({[*above]}, dtype=result.dtype).reshape(result.shape)"


def program(body: list[str], declared: Declaration, *others: str) -> list[str]:
    """Return statements after the imports that they need, and other imports."""
    return [*standard_imports("\n".join(body)), *IMPORTS[declared.array], *others, *body]
