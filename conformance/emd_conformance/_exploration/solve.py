"""The exact answers to a drawn case."""

from collections.abc import Iterator
from dataclasses import replace
from math import inf
from typing import Any

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case, Quantity
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.interval import Interval, enclose
from emd_conformance._judging.check import Check
from emd_conformance._judging.quantities import QUANTITIES
from emd_conformance._judging.result import Result


def solved(case: Case, names: frozenset[str], *, gradients: bool) -> Case:
    """Return the case with its exact values and gradients."""
    samples = [Sample(case, i, row, Declaration(input=case.input)) for i, row in enumerate(case.predicted)]
    suffix = "_of_logits" if case.input == "logits" else ""
    known = [name for name in names if gradients and hasattr(QUANTITIES[name].exact, f"gradient{suffix}")]
    return replace(
        case,
        expected={name: tuple(_value(sample, name, suffix) for sample in samples) for name in names},
        gradient={name: tuple(tuple(_gradient(sample, name, suffix)) for sample in samples) for name in known},
    )


def results(case: Case, caller: Caller) -> Iterator[Result]:
    """Yield the results of the checks of a case that the declaration allows."""
    unanswered = replace(case, expected=dict.fromkeys(QUANTITIES, ()))
    if obstacle(caller.declared, unanswered, "value") or _infinite(case, caller):
        return
    case = solved(case, frozenset(caller.declared.expression.names), gradients=caller.declared.grad is not None)
    quantities: tuple[Quantity, ...] = ("value", "gradient")
    for quantity in quantities:
        if not obstacle(caller.declared, case, quantity):
            yield Check(caller, case, quantity).examine()


def _infinite(case: Case, caller: Caller) -> bool:
    """Tell whether a cross-entropy may be infinite, as a class has no probability (6.1)."""
    zero = -inf if case.input == "logits" else 0.0
    return "XE" in caller.declared.expression.names and any(zero in row for row in case.predicted)


def _value(sample: Sample, name: str, suffix: str) -> Interval:
    return enclose(_call(sample, name, f"value{suffix}"))


def _gradient(sample: Sample, name: str, suffix: str) -> list[Interval]:
    return [enclose(x) for x in _call(sample, name, f"gradient{suffix}")]


def _call(sample: Sample, name: str, function: str) -> Any:
    quantity = QUANTITIES[name]
    row = sample.case.predicted[sample.index]
    return getattr(quantity.exact, function)(row, *quantity.arguments(sample, sample.case.ground))
