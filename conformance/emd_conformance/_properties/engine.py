"""How a property is examined: Hypothesis draws the same cases in every run, and shrinks a counter-example."""

from __future__ import annotations  # Hypothesis seeds its draws with the signature of `test`, whose text this keeps

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Quantity
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._judging.result import Result
from emd_conformance._properties.drawn_cases import Draw, obstacle_to_drawing, strategies
from emd_conformance._properties.trial import NothingToTry, Trial, Violation

Body: TypeAlias = Callable[[Trial], None]
EXAMPLES = 12


@dataclass(frozen=True)
class Property:
    """A property: its text, where it is defined, and the body that raises Violation if it does not hold.

    `summary` names it in a diagnosis, which tries it on stored cases; without one, it needs drawn cases. A property
    that is `local` needs the implementation in this process: one in another process is asked one thing at a time.
    """

    name: str
    text: str
    body: Body
    quantity: Quantity = "value"
    applies: Callable[[Declaration], bool] = lambda declared: True
    local: bool = False
    summary: str = ""


@dataclass(frozen=True)
class PropertyCheck:
    """The check of one property of one implementation."""

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
            violation = counter_example(lambda draw: self.what.body(Trial(self.caller, draw)))
        except NothingToTry:
            return Result(name, quantity, "skip", "no drawn case fits the declaration")
        if violation is None:
            return Result(name, quantity, "pass")
        message = f"it does not hold that {self.what.text}: {violation.message}"
        return Result(name, quantity, "fail", message, violation.expected, "\n".join(violation.program))


def counter_example(body: Callable[[Draw], None]) -> Violation | None:
    """Return the smallest violation that is found, or None."""
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
    @given(strategies().data())
    def test(data: Any) -> None:
        try:
            body(data.draw)
        except Violation as violation:
            seen.append(violation)
            raise

    try:
        test()
    except (Violation, errors.Flaky):  # Flaky: answers that vary from call to call cannot be shrunk
        return seen[-1]
    except errors.Unsatisfiable:
        raise NothingToTry from None
    return None
