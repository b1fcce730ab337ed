"""The ways to call a loss that `infer` tries, and the expressions and reductions that it knows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from emd_conformance._declaration.declaration import Array, Declaration, Options
from emd_conformance._declaration.options import given
from emd_conformance._exact.ordinal import OUTPUTS

LIBRARIES: tuple[Array, ...] = ("numpy", "torch", "list", "jax")
FORMATS: tuple[dict[str, Any], ...] = ({}, {"dtype": "float32"}, {"compute_dtype": "float32"})
CALLS: dict[str, Sequence[Any]] = {
    "batched": (True, False),
    "axis": (-1, 0),
    "input": ("probabilities", "logits", "log-probabilities", "cdf", "cumulative", *OUTPUTS),
    "target": ("distribution", "labels", "labels-from-1", "cdf", "cumulative", "probabilities"),
    "label_shape": ("(N,)", "(N,1)"),
    "order": ("predicted-first", "target-first"),
}
MEANINGS: dict[str, Sequence[Any]] = {
    "reduction": ("none", "mean", "sum", "weighted-mean"),
    "computes": (
        *("E", "E/C", "E/(C-1)", "E/2", "2*E", "E*C", "sqrt(E)", "sqrt(E/C)", "sqrt(E/(C-1))", "sqrt(2*E)"),
        *("sqrt(E/2)", "W1", "W1/C", "W1/(C-1)", "W1*W1", "W1/2", "E/range", "W1/range", "sqrt(E/range)"),
    ),
}
LAMBDAS = (
    "0.01",
    "0.05",
    "0.1",
    "0.2",
    "0.25",
    "0.3",
    "0.4",
    "0.5",
    "0.6",
    "0.7",
    "0.75",
    "0.8",
    "0.9",
    "2",
    "5",
    "10",
)
MIXTURES = (
    *("XE", "XE + E", "XE + E/C", "XE + sqrt(E/C)"),
    *(f"XE + {weight}*{form}" for weight in LAMBDAS for form in ("E", "E/C")),
    *(f"{1 - float(weight):g}*XE + {weight}*E" for weight in LAMBDAS if float(weight) < 1),
)  # of the cross-entropy and the squared EMD
NAMES = ("array", "dtype", "compute_dtype", *CALLS, *MEANINGS)  # of a proposal, in this order


def formats(known: Declaration, hints: Options) -> Iterator[Declaration]:
    """Yield the array libraries and formats of numbers, the closest to the specification first."""
    for library in (known.array,) if "array" in hints else LIBRARIES:
        fixed = {"dtype", "compute_dtype"} & hints.keys()
        for numbers in ({},) if fixed else FORMATS:
            yield replace(known, array=library, **numbers)


def calls(known: Declaration, hints: Options) -> list[Declaration]:
    """Return the ways to call a loss with numbers of one format, the closest to the specification first."""
    found = _products(known, hints, CALLS)
    return sorted((way for way in found if _distinct(way, hints)), key=lambda way: len(given(way)))


def meanings(known: Declaration, hints: Options) -> list[Declaration]:
    """Return the declarations with this way to call: every reduction and every expression."""
    mixtures = MIXTURES if known.input in ("probabilities", "logits", "log-probabilities") else ()
    usual: dict[str, Sequence[Any]] = {
        "reduction": MEANINGS["reduction"][: None if known.weighted else -1],
        "computes": (*MEANINGS["computes"], *mixtures),
    }
    return [guess for guess in _products(known, hints, usual) if guess.batched or guess.reduction == "none"]


def _products(known: Declaration, hints: Options, choices: dict[str, Sequence[Any]]) -> list[Declaration]:
    open_to = {name: (getattr(known, name),) if name in hints else values for name, values in choices.items()}
    return [replace(known, **dict(zip(open_to, way, strict=True))) for way in product(*open_to.values())]


def _distinct(way: Declaration, hints: Options) -> bool:
    """Tell whether a way to call is not only another form of one that differs less from the specification."""
    if not way.batched and (way.axis != -1 or way.label_shape != "(N,)"):
        return False
    if way.array == "list" and way.batched and "array" not in hints:
        return False
    if way.call is not None and way.order != "predicted-first":
        return False
    if way.target == "probabilities":
        return way.input == "cdf"
    if way.target == "cdf" and way.input == "cdf":
        return False
    return way.label_shape == "(N,)" or way.takes_labels
