"""Random compositions of right conventions: none may be blamed, none certified undeclared, and `infer` must find them.

Run as `python tests/benchmarks/compositions.py [NUMBER] [FIRST] [--no-infer]`. Each composition is a NumPy or PyTorch
loss that is put together here, from an input, a target, an order, a reduction, an axis, a scale and the rest, and its
declaration. The exit code is 1 if one is blamed, or certified with one of its conventions undeclared, or if `infer`
finds fewer than 95 % of those that it can express.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import emd_conformance
import numpy as np
import torch
from emd_conformance._run.ways import CALLS, LIBRARIES, MEANINGS

FEW = (2, 3, 4, 5, 10)
ENOUGH = 0.95  # of the compositions that `infer` can express
SCALES: dict[str, Callable[[Any, int], Any]] = {
    "E": lambda E, C: E,
    "E/C": lambda E, C: E / C,
    "E/(C-1)": lambda E, C: E / (C - 1),
    "E/2": lambda E, C: E / 2,
    "2*E": lambda E, C: 2 * E,
    "sqrt(E)": lambda E, C: E**0.5,
    "sqrt(E/C)": lambda E, C: (E / C) ** 0.5,
    "sqrt(2*E)": lambda E, C: (2 * E) ** 0.5,
    "3*E/C": lambda E, C: 3 * E / C,
    "0.3*E": lambda E, C: 0.3 * E,
    "W1": lambda W1, C: W1,
    "W1/C": lambda W1, C: W1 / C,
    "W1/(C-1)": lambda W1, C: W1 / (C - 1),
}
CHOICES: dict[str, tuple[Any, ...]] = {
    "array": ("numpy", "numpy", "torch"),
    "input": ("probabilities", "probabilities", "logits", "log-probabilities", "cdf", "cumulative"),
    "target": ("distribution", "labels", "labels-from-1", "cdf", "cumulative"),
    "label_shape": ("(N,)", "(N,)", "(N,1)"),
    "order": ("predicted-first", "target-first"),
    "reduction": ("none", "mean", "sum"),
    "axis": (-1, -1, 1, 0),
    "computes": tuple(SCALES),
    "dtype": ("float64", "float64", "float32"),
    "batched": (True, True, True, False),
    "weighted": (False, False, True),
    "grad": (None, "autograd"),
}
DEFAULTS = emd_conformance.Declaration()
SILENT = ("array", "dtype", "grad", "classes", "call")  # left undeclared, these do not make a loss look right or wrong


@dataclass(frozen=True)
class Composition:
    """A loss and its declaration."""

    number: int
    loss: Callable[..., Any]
    options: dict[str, Any]

    @property
    def conventions(self) -> list[str]:
        """The options without which the answers of the loss are wrong."""
        forms = emd_conformance.Declaration(**self.options)
        symmetric = not forms.takes_labels and forms.input != "logits" and forms.form == forms.target_form
        symmetric = symmetric and forms.input != "log-probabilities"
        names = [name for name in self.options if name not in SILENT and self.options[name] != "probabilities"]
        if forms.target == forms.input:  # a target has the form of the prediction unless another one is declared
            names.remove("target")
        if _adds_all_squares(forms):
            names = [name for name in names if name != "axis"]
        return [name for name in names if not (name == "order" and symmetric) and self.options.get(name) != 1]

    @property
    def can_be_inferred(self) -> bool:
        """Whether `infer` tries the options, given those that it takes as hints."""
        tried = {"array": LIBRARIES, "dtype": ("float64", "float32")} | CALLS | MEANINGS
        return "call" not in self.options and all(
            value in tried[name] for name, value in self.options.items() if name in tried and name != "array"
        )


def _adds_all_squares(forms: emd_conformance.Declaration) -> bool:
    """Whether the loss is a multiple of the sum of all squared differences, which is the same along every axis."""
    if forms.form != forms.target_form or forms.form == "probabilities" or "sqrt" in forms.computes:
        return False
    if forms.reduction == "sum":
        return "C" not in forms.computes
    return forms.reduction == "mean" and forms.form == "cdf" and forms.computes.endswith("E/C")


def compositions(number: int, first: int = 0) -> Iterator[Composition]:
    """Yield so many compositions, each a function of its number."""
    for n in range(first, first + number):
        rng = Random(f"composition {n}")
        yield composed(n, {name: rng.choice(values) for name, values in CHOICES.items()})


def composed(number: int, drawn: dict[str, Any]) -> Composition:
    """Return the composition of options, after those that do not go together are set to their defaults."""
    options = dict(drawn)
    labels = options["target"] in ("labels", "labels-from-1")
    if options["computes"].startswith("W1") and options["input"] not in ("probabilities", "logits"):
        options["computes"] = "E"
    if options["computes"].startswith("W1") and options["target"] in ("cdf", "cumulative"):
        options["target"] = "distribution"
    if options["input"] != "probabilities" and options["input"] not in ("logits",):
        options["grad"] = None
    if not labels:
        options["label_shape"] = "(N,)"
    if not options["batched"]:
        options |= {"reduction": "none", "axis": -1, "label_shape": "(N,)", "weighted": False}
    if options["array"] == "numpy" or options["computes"].startswith(("sqrt", "W1")):
        options["grad"] = None
    if options.pop("weighted") and options["order"] == "predicted-first":
        options["call"] = "p, t, w"
    loss = _loss(options)
    given = {name: value for name, value in options.items() if value != getattr(DEFAULTS, name)}
    return Composition(number, loss, given | {"classes": FEW})


def _loss(options: dict[str, Any]) -> Callable[..., Any]:
    library = torch if options["array"] == "torch" else np
    axis = options["axis"] if options["batched"] else -1

    def loss(first: Any, second: Any, weights: Any = None) -> Any:
        x, y = (first, second) if options["order"] == "predicted-first" else (second, first)
        if not options["batched"] and x.ndim > 1:
            raise ValueError("it takes one sample")
        F = _distribution_function(library, _last(library, x, axis), options["input"])
        target = y if options["target"].startswith("labels") else _last(library, y, axis)
        D = F - _target_function(library, target, options, F)
        size = (D * D if options["computes"].count("E") else abs(D)).sum(-1)
        values = SCALES[options["computes"]](size, F.shape[-1])
        values = values if weights is None else values * weights
        return values if options["reduction"] == "none" else getattr(values, options["reduction"])()

    return loss


def _last(library: Any, x: Any, axis: int) -> Any:
    return library.moveaxis(x, axis, -1)


def _distribution_function(library: Any, x: Any, form: str) -> Any:
    """Return the cumulative sums of a prediction in any form."""
    match form:
        case "logits":
            powers = library.exp(x - (x.max(-1, keepdims=True) if library is np else x.amax(-1, keepdim=True)))
            return library.cumsum(powers / powers.sum(-1)[..., None], -1)
        case "log-probabilities":
            return library.cumsum(library.exp(x), -1)
        case "cdf":
            return x
        case "cumulative":
            one = library.ones_like(x[..., :1])
            return (np.concatenate if library is np else torch.cat)([1 - x, one], -1)
        case _:
            return library.cumsum(x, -1)


def _target_function(library: Any, y: Any, options: dict[str, Any], like: Any) -> Any:
    """Return the cumulative sums of a target in any form."""
    form = options["target"]
    if not form.startswith("labels"):
        plain = "cdf" if options["input"] == "cdf" else "probabilities"
        return _distribution_function(library, y, plain if form == "distribution" else form)
    labels = y if options["label_shape"] == "(N,1)" else y[..., None]
    classes = library.arange(like.shape[-1])
    step = classes >= labels - int(form == "labels-from-1")
    return step.astype(like.dtype) if library is np else step.to(like.dtype)


@dataclass(frozen=True)
class Outcome:
    """What the suite made of a composition; `inferred` is None if `infer` cannot express it, or was not asked."""

    one: Composition
    blamed: bool
    certified_without: str
    inferred: bool | None

    @property
    def text(self) -> str:
        """What is wrong, in words, or an empty string."""
        words = ["blamed"] if self.blamed else []
        words += [f"certified without {self.certified_without}"] if self.certified_without else []
        words += ["not inferred"] if self.inferred is False else []
        return ", ".join(words)


def examine(one: Composition, *, inferring: bool = True) -> Outcome:
    """Return what the suite makes of a composition: declared, with one option undeclared, and inferred."""
    blamed = emd_conformance.run(one.loss, **one.options).verdict != "conforms"
    certified, inferred = "", None
    if one.conventions:
        name = Random(one.number).choice(one.conventions)
        less = {option: value for option, value in one.options.items() if option != name}
        certified = name if emd_conformance.run(one.loss, **less).verdict == "conforms" else ""
    if inferring and one.can_be_inferred:
        hints = {name: one.options[name] for name in ("classes", "dtype") if name in one.options}
        inferred = bool(emd_conformance.infer(one.loss, **hints))  # a run has confirmed each proposal
    return Outcome(one, blamed, certified, inferred)


def good(outcomes: Sequence[Outcome]) -> bool:
    """Tell whether none is blamed or certified undeclared, and enough are inferred."""
    inferred = [outcome.inferred for outcome in outcomes if outcome.inferred is not None]
    wrong = any(outcome.blamed or outcome.certified_without for outcome in outcomes)
    return not wrong and sum(inferred) >= ENOUGH * len(inferred)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the figures as a table."""
    inferred = [outcome.inferred for outcome in outcomes if outcome.inferred is not None]
    rows = {
        "compositions": len(outcomes),
        "blamed": sum(outcome.blamed for outcome in outcomes),
        "certified without a convention": sum(bool(outcome.certified_without) for outcome in outcomes),
        "that infer can express": len(inferred),
        "inferred": sum(inferred),
    }
    return "\n".join(f"{name:32} {count:6}" for name, count in rows.items())


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine compositions, print those that the suite gets wrong and the table, and return the exit code."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("number", type=int, nargs="?", default=1000)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("--no-infer", dest="inferring", action="store_false")
    chosen = parser.parse_args(arguments)
    outcomes: list[Outcome] = []
    for one in compositions(chosen.number, chosen.first):
        outcomes.append(examine(one, inferring=chosen.inferring))
        if text := outcomes[-1].text:
            print(f"{one.number}: {text}: {one.options}", flush=True)
    print(table(outcomes))
    return int(not good(outcomes))


if __name__ == "__main__":
    sys.exit(main())
