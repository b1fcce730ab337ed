"""An exploration: one fresh case after the other, for some seconds or until one fails; the failure is shrunk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import SystemRandom
from time import perf_counter

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._code.call import call, gradient_call, inputs, program
from emd_conformance._code.literals import assignment
from emd_conformance._exploration.cases import drawn
from emd_conformance._exploration.shrink import smallest
from emd_conformance._exploration.solve import results
from emd_conformance._judging.result import Result

LONGEST = 40  # lines of code; a longer counter-example is described
NOTHING_FITS = Result("explore/none", "value", "skip", "no fresh case fits the declaration")


def random_seed() -> int:
    """Return a seed that no earlier run had, to all intents and purposes."""
    return SystemRandom().randrange(10**9)


@dataclass(frozen=True)
class Exploration:
    """What was explored: the cases from number `seed` to `last`, their results, and code that shows a failure."""

    seed: int
    last: int
    results: Sequence[Result]
    program: str = ""

    @property
    def failure(self) -> Result | None:
        """The failure, at the smallest case that shrinking found."""
        return next((result for result in self.results if result.failed), None)

    @property
    def text(self) -> str:
        """What was explored, in words."""
        number = len({result.case for result in self.results if result.status != "skip"})
        return f"{number} fresh case{'s' * (number != 1)}; --seed {self.seed} draws them again"


def explore(caller: Caller, seconds: float, seed: int) -> Exploration:
    """Examine the cases of the numbers seed, seed + 1, … until the time is over or one fails."""
    end, found = perf_counter() + seconds, list[Result]()
    for number in count(seed):
        case = drawn(number, caller.declared)
        answered = list(results(case, caller))
        failed = next((result for result in answered if result.failed), None)
        if failed:
            small, result = _shrunk(case, failed, caller)
            others = [other for other in answered if not other.failed]
            return Exploration(seed, number, [*found, *others, result], "\n".join(_program(small, result, caller)))
        found += answered
        if perf_counter() >= end:
            return Exploration(seed, number, found or [NOTHING_FITS])
    raise AssertionError("the numbers do not end")


def _shrunk(case: Case, failed: Result, caller: Caller) -> tuple[Case, Result]:
    """Return the smallest case that fails in the same quantity, and its result."""

    def failing(other: Case) -> Iterator[Result]:
        return (r for r in results(other, caller) if r.failed and r.quantity == failed.quantity)

    small = smallest(case, lambda other: any(failing(other)))
    return small, next(failing(small), failed)


def _program(case: Case, result: Result, caller: Caller) -> list[str]:
    """Return code that calls the implementation with the case."""
    declared = replace(caller.declared)
    asking = (
        [*gradient_call(declared), "print(received)"] if result.quantity == "gradient" else [f"print({call(declared)})"]
    )
    body = "\n".join([*inputs(case, declared, result.sample), *asking]).split("\n")
    if len(body) > LONGEST:
        return [f"# {len(case.predicted)} samples of {case.classes} classes"]
    answers = {"expected": result.expected, "received": result.received}
    return [*program(body, declared), *(f"# {assignment(name, text)}" for name, text in answers.items() if text)]
