"""A trial of a property: where its cases come from, and how far two answers that must agree may differ.

On drawn cases, two answers may differ by the sum of their error bounds (7.3). The diagnosis tries some properties on
stored cases, with a trial of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import TypeAlias

from emd_conformance._calling.caller import Caller
from emd_conformance._calling.contained import described
from emd_conformance._cases.case import Case, Quantity, Row
from emd_conformance._code.call import call, inputs, program
from emd_conformance._code.literals import assignment
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._judging.allowed import allowed_values
from emd_conformance._judging.check import Check
from emd_conformance._properties.drawn_cases import Draw, Targets, build, draw_case, strategies

Answer: TypeAlias = tuple[Fraction, Fraction]  # a value, and how far it may be from the right one
BATCH = 4  # samples at most in a case for a property of batches; others need fewer


class Violation(Exception):  # noqa: N818  # it is no error of the suite
    """A property does not hold for a case."""

    def __init__(self, caller: Caller, case: Case, message: str, expected: str = "", received: str = "") -> None:
        super().__init__(message)
        self.message, self.expected, self.received = message, expected, received
        self.caller, self.case = caller, case

    @property
    def program(self) -> list[str]:
        """The code that calls the implementation with the case, and assigns the answers."""
        declared, answers = self.caller.declared, {"expected": self.expected, "received": self.received}
        called = program([*inputs(self.case, declared), call(declared)], declared)
        return [*called, *(assignment(name, text) for name, text in answers.items() if text)]


class NothingToTry(Exception):  # noqa: N818
    """No case allows to try the property."""


@dataclass(frozen=True)
class Trial:
    """A trial of a property on drawn cases; another kind of trial changes where the cases and the answers come from."""

    caller: Caller
    draw: Draw

    def case(self, *, rows: int = 3, spare_bits: int = 0) -> Case:
        """Return a case of at most so many samples, whose probabilities leave bits of the significand unused."""
        from hypothesis import assume

        case = draw_case(self.draw, self.caller.declared, rows=rows, spare_bits=spare_bits)
        assume(not obstacle(self.caller.declared, case, "value"))
        return case

    def changed(self, case: Case, predicted: Sequence[Row], target: Targets) -> Case:
        """Return the case with another prediction and target, and their exact answers."""
        return build(self.caller.declared, predicted, target, case.ground)

    def order(self, length: int) -> Sequence[int]:
        """Return a permutation of a batch."""
        return [*self.draw(strategies().permutations(range(length)))]

    def answers(self, case: Case) -> list[Answer]:
        """Return the answers, each with its error bound."""
        declared, values = self.caller.declared, values_of(self.caller, case)
        if not all(map(isfinite, values)):
            raise Violation(self.caller, case, "it is not finite", "a finite number", repr(values))
        around = allowed_values(self.caller.samples(case), declared, "any")
        rooms = [max(x.range.hi - x.exact.lo, x.exact.hi - x.range.lo) for x in around]
        return [(Fraction(value), room) for value, room in zip(values, rooms, strict=True)]

    def same(self, case: Case, other: Case, order: Sequence[int] | None = None) -> None:
        """Raise Violation unless two cases have the same answers, those of the other one in this order."""
        if obstacle(self.caller.declared, case, "value") or obstacle(self.caller.declared, other, "value"):
            return
        first, second = self.answers(case), self.answers(other)
        if order is not None and len(first) == len(order):
            first = [first[i] for i in order]
        for i, (a, b) in enumerate(zip(first, second, strict=True)):
            self.close(other, a, b, f"number {i}")

    def close(self, case: Case, a: Answer, b: Answer, place: str) -> None:
        """Raise Violation if two answers differ by more than both errors together."""
        if abs(a[0] - b[0]) > a[1] + b[1]:
            raise Violation(self.caller, case, f"{place} differs", repr(float(a[0])), repr(float(b[0])))


def examine(caller: Caller, case: Case, quantity: Quantity) -> None:
    """Raise Violation unless the answer to a case is the exact one, within its error bound."""
    if obstacle(caller.declared, case, quantity):
        return
    result = Check(caller, case, quantity).examine()
    if result.failed:
        raise Violation(caller, case, result.message, result.expected, result.received)


def values_of(caller: Caller, case: Case) -> list[float]:
    """Return the values of a case, or raise Violation with the exception."""
    try:
        return caller.values(case)
    except Exception as error:  # an implementation may raise anything
        raise Violation(caller, case, f"it raised {described(error)}") from None
