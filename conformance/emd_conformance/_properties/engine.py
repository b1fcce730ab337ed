"""How a property is tried: Hypothesis draws cases, always the same ones, and shrinks a counter-example."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case, Quantity
from emd_conformance._code.assignments import assigned, literal
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._judging.result import Result
from emd_conformance._properties.drawn_cases import Draw, obstacle_to_drawing, strategies

Body: TypeAlias = Callable[[Caller, Draw], None]
EXAMPLES, THREADS = 12, 4


class Violation(Exception):  # noqa: N818  # it is no error of the suite
    """A property does not hold for a case."""

    def __init__(self, caller: Caller, case: Case, message: str, expected: str = "", received: str = "") -> None:
        super().__init__(message)
        self.message, self.expected, self.received = message, expected, received
        self.literal = literal(caller, case)


class NothingDrawn(Exception):  # noqa: N818
    """The declaration allows none of the drawn cases."""


@dataclass(frozen=True)
class Property:
    """A property, when it is defined, and the body that raises Violation.

    `here`: only of an implementation in this process. Another one is asked one thing at a time.
    """

    name: str
    text: str
    body: Body
    quantity: Quantity = "value"
    applies: Callable[[Declaration], bool] = lambda declared: True
    here: bool = False


@dataclass(frozen=True)
class PropertyCheck:
    """One property, to be examined of one implementation."""

    caller: Caller
    what: Property

    @property
    def id(self) -> str:
        """The id of the check."""
        return f"property/{self.what.name}:{self.what.quantity}"

    def examine(self) -> Result:
        """Return the result, with the smallest counter-example that shrinking finds."""
        name, quantity = f"property/{self.what.name}", self.what.quantity
        if reason := obstacle_to_drawing():
            return Result(name, quantity, "skip", reason)
        try:
            violation = counter_example(lambda draw: self.what.body(self.caller, draw))
        except NothingDrawn:
            return Result(name, quantity, "skip", "no drawn case fits the declaration")
        if violation is None:
            return Result(name, quantity, "pass")
        message = f"{self.what.text}: {violation.message}"
        answers = {"expected": violation.expected, "received": violation.received}
        lines = [violation.literal, *(assigned(name, text) for name, text in answers.items() if text)]
        received = "\n".join(lines)
        return Result(name, quantity, "fail", message, expected=violation.expected, received=received)


def counter_example(body: Callable[[Draw], None]) -> Violation | None:
    """Return the smallest violation, or None. The same examples are tried in every run."""
    st = strategies()
    from hypothesis import HealthCheck, Phase, Verbosity, errors, given, settings

    seen: list[Violation] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
    )
    @given(st.data())
    def test(data: Any) -> None:
        try:
            body(data.draw)
        except Violation as violation:
            seen.append(violation)
            raise

    try:
        test()
    except (Violation, errors.Flaky):  # what varies from call to call cannot be shrunk
        return seen[-1]
    except errors.Unsatisfiable:
        raise NothingDrawn from None
    return None
