"""Ways in which losses are known to treat the weights of samples (1.8), as hypotheses on every answer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import inf, isfinite
from typing import TypeAlias

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._declaration.declaration import CHOICES, Declaration
from emd_conformance._declaration.weighting import is_ignored, weight
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._diagnosis.traits import where
from emd_conformance._exact.interval import INFINITY, Interval, total
from emd_conformance._judging.allowed import allowed_value
from emd_conformance._judging.result import Finding, Result

ENOUGH = 3  # answers that a hypothesis must explain
INFINITE = INFINITY.hi / 2**100  # weights change the number that stands for infinity
Weigh: TypeAlias = Callable[["Batch"], list[Fraction]]
Divide: TypeAlias = Callable[["Batch"], Fraction]


@dataclass(frozen=True)
class Batch:
    """The values of the samples of one call, their weights, and whether each of them counts at all.

    `less` has the weights that are left if those of one name are forgotten.
    """

    values: list[Interval]
    weights: list[Fraction]
    counted: list[bool]
    less: dict[str, list[Fraction]] = field(default_factory=dict)

    @cached_property
    def weight(self) -> Fraction:
        """Σ w."""
        return sum(self.weights, Fraction(0))

    @property
    def size(self) -> Fraction:
        """The number of samples."""
        return Fraction(len(self.values))


WEIGHINGS: dict[str, Weigh] = {
    "": lambda batch: batch.weights,
    "weights-ignored": lambda batch: [Fraction(1)] * len(batch.weights),
    "weights-squared": lambda batch: [w * w for w in batch.weights],
    "weights-normalised": lambda batch: [w / batch.weight for w in batch.weights],
    "weights-averaged": lambda batch: [batch.weight / batch.size] * len(batch.weights),
}
DIVISORS: dict[str, Divide] = {
    "sum": lambda batch: Fraction(1),
    "mean": lambda batch: Fraction(sum(batch.counted)),
    "weighted-mean": lambda batch: batch.weight,
    "weights-in-the-count": lambda batch: batch.size,
    "zero-weights-left-out": lambda batch: Fraction(sum(w != 0 for w in batch.weights)),
}
FORGOTTEN = {"w": "sample-weights-ignored", "mask": "mask-ignored", "class_weight": "class-weights-ignored"}


def explain_weights(caller: Caller, cases: Sequence[Case], results: Sequence[Result]) -> Finding:
    """Return the finding that explains the values of a loss with weights: all of them, or none."""
    if any(result.quantity == "gradient" for result in results):
        return finding("gradient")
    failed = {result.case for result in results if result.failed}
    asked = {result.case for result in results if result.status != "skip"}
    raised = {result.case for result in results if result.message.startswith("it raised")}
    if asked <= raised:
        return finding("every-call-fails")
    answers = [] if raised else list(_answers(caller, [case for case in cases if case.id in asked]))
    for id, weigh, divide in _hypotheses(caller.declared) if len(answers) >= ENOUGH else ():
        unit = Fraction(caller.declared.precision.coarser)
        if all(_explains(weigh, divide, *answer, unit) for answer in answers):
            note = f"this explains all {len(answers)} answers that were compared"
            return finding("convention", note, id=id) if "=" in id else finding(id, note)
    examined = [case for case in cases if case.id in asked]
    wrong, right = ([case for case in examined if (case.id in failed) == bad] for bad in (True, False))
    return finding("unexplained", where(wrong, right))


def _answers(caller: Caller, cases: Sequence[Case]) -> Iterator[tuple[Batch, list[float]]]:
    """Yield the answers to all cases, call by call."""
    for case in cases:
        samples = caller.samples(case)
        values = [allowed_value(sample.standard, "any").range for sample in samples]
        mean = caller.declared.reduction == "mean"
        counted = [not (mean and is_ignored(caller.declared, case, sample.index)) for sample in samples]
        less = {name: [weight(caller.declared, case, s.index, name) for s in samples] for name in FORGOTTEN}
        batch = Batch(values, [sample.weight for sample in samples], counted, less)
        try:
            yield batch, caller.raw(case)
        except Exception:  # the check of the case has reported it: labels of an integer dtype may be refused (8.1)
            continue


def _hypotheses(declared: Declaration) -> Iterator[tuple[str, Weigh, Divide | None]]:
    """Yield the id of a finding, what the values are multiplied by, and what their sum, if any, is divided by."""
    here = declared.reduction if declared.batched else "none"
    if here == "weighted-mean":
        yield "weights-ignored", WEIGHINGS["weights-ignored"], lambda batch: batch.size
    for reduction in CHOICES["reduction"] if declared.batched else ():
        if reduction != here:
            yield f"reduction={reduction!r}", WEIGHINGS[""], DIVISORS.get(reduction)
    for id, weigh in WEIGHINGS.items():
        if id:
            yield id, weigh, DIVISORS.get(here)
    for id in DIVISORS.keys() - CHOICES["reduction"] if here != "none" else ():
        yield id, WEIGHINGS[""], DIVISORS[id]
    for name, id in FORGOTTEN.items() if len(declared.weighted) > 1 else ():
        if name in declared.weighted:
            yield id, *_forgetting(name, DIVISORS.get(here))


def _forgetting(name: str, divide: Divide | None) -> tuple[Weigh, Divide | None]:
    """Return what weighs and what divides if the weights of a name are forgotten in both."""
    return lambda batch: batch.less[name], divide and (lambda batch: divide(replace(batch, weights=batch.less[name])))


def _explains(weigh: Weigh, divide: Divide | None, batch: Batch, received: list[float], unit: Fraction) -> bool:
    try:
        products = [x * w for x, w in zip(batch.values, weigh(batch), strict=True)]
        guessed = products if divide is None else [total(products) * (1 / divide(batch))]
    except ZeroDivisionError:
        return all(x == 0 or not isfinite(x) for x in received)  # losses that guard against 0/0 return 0
    rounding = unit * (4 * len(batch.values) + 8)  # of the weights and their sums; the intervals allow for the rest
    pairs = list(zip(received, guessed, strict=False))
    return len(received) == len(guessed) and all(_within(x, guess, rounding) for x, guess in pairs)


def _within(received: float, guess: Interval, rounding: Fraction) -> bool:
    if guess.hi > INFINITE or not isfinite(received):
        return received == inf and guess.hi > INFINITE
    room = guess.magnitude * rounding
    return guess.lo - room <= Fraction(received) <= guess.hi + room
