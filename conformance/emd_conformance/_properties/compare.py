"""What the bodies of the properties share: cases that may be asked, and answers that must agree.

Two answers that must agree may differ by the sum of their error bounds (7.3): there is no other tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import isfinite
from typing import Any

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case, Quantity
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._judging.allowed import allowed_value, reduce, rounded
from emd_conformance._judging.check import Check
from emd_conformance._properties.drawn_cases import Draw, a_case
from emd_conformance._properties.engine import Violation

# What they share


def drawn(caller: Caller, draw: Draw, **options: Any) -> Case:
    """Draw a case that may be asked."""
    from hypothesis import assume

    case = a_case(draw, caller.declared, **options)
    assume(not obstacle(caller.declared, case, "value"))
    return case


def examine(caller: Caller, case: Case, quantity: Quantity) -> None:
    if obstacle(caller.declared, case, quantity):
        return
    result = Check(caller, case, quantity).examine()
    if result.failed:
        raise Violation(caller, case, result.message, result.expected, result.received)


def rows_of(case: Case, order: Sequence[int]) -> Case:
    def pick(rows: Any) -> Any:
        return None if rows is None else tuple(rows[i] for i in order)

    return replace(
        case,
        predicted=pick(case.predicted),
        target=pick(case.target),
        labels=pick(case.labels),
        expected={name: pick(row) for name, row in case.expected.items()},
        gradient={name: pick(rows) for name, rows in case.gradient.items()},
    )


def values_of(caller: Caller, case: Case) -> list[float]:
    try:
        return caller.values(case)
    except Exception as error:  # whatever foreign code raises is its answer
        raise Violation(caller, case, f"it raised {type(error).__name__}: {error}") from None


def answers_of(caller: Caller, case: Case) -> list[tuple[Fraction, Fraction]]:
    """Return the numbers of an answer, each with its error bound."""
    values = values_of(caller, case)
    if not all(map(isfinite, values)):
        raise Violation(caller, case, "it is not finite", "a finite number", repr(values))
    allowed = [allowed_value(sample, "any") for sample in caller.samples(case)]
    reduced = reduce(allowed, caller.declared) if caller.declared.batched else allowed
    around = [rounded(x, caller.declared) for x in reduced]
    rooms = [max(x.range.hi - x.exact.lo, x.exact.hi - x.range.lo) for x in around]
    return [(Fraction(value), room) for value, room in zip(values, rooms, strict=True)]


def same(caller: Caller, case: Case, other: Case, order: Sequence[int] | None = None) -> None:
    if obstacle(caller.declared, case, "value") or obstacle(caller.declared, other, "value"):
        return
    first, second = answers_of(caller, case), answers_of(caller, other)
    if order is not None and len(first) == len(order):
        first = [first[i] for i in order]
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        close(caller, other, a, b, f"number {i}")


def close(caller: Caller, case: Case, a: Any, b: Any, place: str) -> None:
    difference, room = abs(a[0] - b[0]), a[1] + b[1]
    if difference > room:
        raise Violation(caller, case, f"{place} differs", repr(float(a[0])), repr(float(b[0])))
