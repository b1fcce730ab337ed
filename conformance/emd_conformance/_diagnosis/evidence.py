"""What an implementation answered to every case, errors and NaN included, and which of it a hypothesis reproduces."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import inf, isfinite
from typing import Self

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._diagnosis.hypothesis import LARGEST, MISLEADING, UNDEFINED, Hypothesis, Inputs, Slack, agree
from emd_conformance._diagnosis.scales import accuracy
from emd_conformance._diagnosis.terms import NotComparedError
from emd_conformance._exact.grounds import Matrix
from emd_conformance._judging.result import Result

ROUNDED = ("near", "tiny", "large", "size")  # groups in which rounding and thresholds hide the formula
LARGE = 2000  # terms of the sums of a case: then floats may show what it would take long to compute exactly
SHOWN = 3  # ids of cases that a sentence lists
PROBES = 6  # answers with which hypotheses are tried first


@dataclass(frozen=True)
class Answered:
    """A case, its result, and the numbers of the answer, or None if the call failed."""

    case: Case
    inputs: Inputs
    result: Result
    received: list[float] | None

    @property
    def finite(self) -> bool:
        return self.received is not None and all(map(isfinite, self.received))

    @property
    def clear(self) -> bool:
        """Whether it is small, and p and t differ clearly: there hypotheses differ most."""
        small = self.case.classes <= LARGEST and self.case.group not in ROUNDED and not self.case.passed
        return self.finite and small and not MISLEADING & set(self.case.flags)


@dataclass(frozen=True)
class Support:
    """Which answers a hypothesis reproduces, which it does not, and which are too large to be compared."""

    right: int
    wrong: tuple[Answered, ...]
    larger: int = 0

    @property
    def share(self) -> float:
        return self.right / max(self.right + len(self.wrong), 1)

    def sentence(self) -> str:
        """Return in words what is reproduced and what is not."""
        total = self.right + len(self.wrong)
        left_out = f" (of at most 100 classes; {self.larger} larger ones were not compared)" if self.larger else ""
        if not self.wrong:
            return f"this reproduces all {total} answers{left_out}"
        return f"this reproduces {self.right} of {total} answers{left_out}, but not {listed(self.wrong)}"


def listed(answers: Sequence[Answered]) -> str:
    """Return the first few cases, and how each failed."""
    shown = [f"{a.case.id} ({_kind(a)})" for a in sorted(answers, key=_size)[:SHOWN]]
    more = len(answers) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _kind(answer: Answered) -> str:
    if answer.received is None:
        return answer.result.message.removeprefix("it ").split(":")[0]
    return "another number" if answer.finite else "not finite"


def _size(answer: Answered) -> tuple[int, int]:
    return answer.case.classes, len(answer.case.predicted)


class Evidence:
    """The answers of an implementation to all cases whose value was checked."""

    def __init__(self, caller: Caller, cases: Sequence[Case], results: Sequence[Result]) -> None:
        self.caller = caller
        by_id = {case.id: case for case in cases}
        asked = [(by_id[r.case], r) for r in results if r.quantity == "value" and r.case in by_id]
        asked = [(case, result) for case, result in asked if result.status != "skip"]
        answers = [Answered(case, Inputs(caller.samples(case), False), r, _ask(caller, case)) for case, r in asked]
        self.answers = sorted(answers, key=_size)

    @cached_property
    def clear(self) -> list[Answered]:
        return [answer for answer in self.answers if answer.clear and answer.case.predicted]

    @cached_property
    def probes(self) -> list[Answered]:
        """A few answers of different sizes, wrong ones before right ones, batches before single samples."""
        varied = sorted(
            (a for a in self.clear if a.case.classes > 1),
            key=lambda a: (not a.result.failed, _plain(a), len(a.case.predicted) < 2, a.case.classes not in (3, 4, 5)),
        )
        found: list[Answered] = []
        for answer in varied:
            if all((a.case.classes, a.case.group) != (answer.case.classes, answer.case.group) for a in found):
                found.append(answer)
        return (found + [a for a in varied if a not in found])[:PROBES]

    @cached_property
    def unit(self) -> float:
        return self.caller.declared.precision.coarser

    @property
    def accuracy(self) -> float:
        """How accurate a number is that follows from the answers, relative to its size."""
        return accuracy(self.caller.declared.precision)

    def summed(self) -> Self | None:
        """Return the sums over the classes if every answer has one number for each class, else None."""
        if not all(a.received is not None and len(a.received) == _numbers(a) for a in self.answers):
            return None
        if all(_numbers(a) == len(a.case.predicted) for a in self.answers):
            return None
        other = object.__new__(type(self))
        other.caller = self.caller
        other.answers = [replace(a, received=_row_sums(a)) for a in self.answers]
        return other

    def near(self, guess: Hypothesis, answers: Sequence[Answered], tolerance: float) -> bool:
        """Tell whether the estimates of a hypothesis are those received, as far as floats can tell."""
        return all(close(a.received or [], estimated(guess, a), tolerance) for a in answers)

    def support(
        self,
        guess: Hypothesis,
        slack: Slack,
        patience: float = 1.0,
        refutes: Callable[[Answered], bool] = lambda answer: False,
    ) -> Support:
        """Compare a hypothesis with every answer.

        Stop where more than a share of them is not reproduced, or where one refutes the hypothesis.
        """
        right, larger, wrong = 0, 0, list[Answered]()
        for answer in self.answers:
            try:
                if reproduces(guess, answer, slack):
                    right += 1
                else:
                    wrong.append(answer)
                    if refutes(answer):
                        break
            except NotComparedError:
                larger += 1
            if len(wrong) > patience * len(self.answers):
                break
        return Support(right, tuple(wrong), larger)


def _numbers(answer: Answered) -> int:
    return answer.case.classes * len(answer.case.predicted)


def _row_sums(answer: Answered) -> list[float]:
    x, C = answer.received or [], answer.case.classes
    return [sum(x[i : i + C]) for i in range(0, len(x), C)]


def _plain(answer: Answered) -> int:
    """Return how unlike rows of several probabilities the rows are: zeros and certainties hide differences."""
    return sum(x == 0 for row in answer.case.predicted for x in row)


def _ask(caller: Caller, case: Case) -> list[float] | None:
    try:
        return caller.raw(case)
    except Exception:  # the check of the case has reported it
        return None


def estimated(guess: Hypothesis, answer: Answered) -> list[float] | None:
    """Return the estimates of a hypothesis for a case, or None where it has none, as E/(C-1) for one class."""
    try:
        return guess.estimate(answer.inputs)
    except (*UNDEFINED, NotComparedError):
        return None


def close(received: Sequence[float], guessed: Sequence[float] | None, tolerance: float) -> bool:
    """Tell whether numbers agree, relative to the larger of them, or to 1e-3 for small ones."""
    if guessed is None or len(received) != len(guessed):
        return False
    pairs = zip(received, guessed, strict=True)
    return all(abs(x - y) <= tolerance * max(abs(x), abs(y), 1e-3) for x, y in pairs)


def agree_to(digits: float, received: Sequence[float], guessed: Sequence[float] | None) -> bool:
    """Tell whether numbers agree to so many digits: relative to large ones, and absolutely for small ones."""
    if guessed is None or len(received) != len(guessed):
        return False
    return all(abs(x - y) <= digits * max(1.0, abs(y)) for x, y in zip(received, guessed, strict=True))


def reproduces(guess: Hypothesis, answer: Answered, slack: Slack) -> bool:
    """Tell whether a hypothesis gives the answer; in large cases floats may show it."""
    C, received = answer.case.classes, answer.received or []
    terms = len(answer.case.predicted) * (C * C if isinstance(answer.case.ground, Matrix) else C)
    if answer.finite and terms > LARGE:
        return agree_to(float(slack.of(C)) * C, received, estimated(guess, answer)) or _surely(guess, answer, slack)
    return _surely(guess, answer, slack)


def _surely(guess: Hypothesis, answer: Answered, slack: Slack) -> bool:
    """Tell whether a hypothesis gives the answer: it may be infinite beyond the format."""
    try:
        guessed = guess.answer(answer.inputs.samples, slack)
    except UNDEFINED:  # an expression such as E/(C-1) cannot be asked for one class
        return not answer.finite or answer.case.classes == 1
    if answer.received is None or len(answer.received) != len(guessed):
        return False
    largest = Fraction(answer.inputs.samples[0].declared.precision.largest) if guessed else 0
    pairs = [(x, g) for x, g in zip(answer.received, guessed, strict=True) if x != inf or g.hi < largest]
    return all(isfinite(x) for x, _ in pairs) and agree([x for x, _ in pairs], [g for _, g in pairs], slack)
