"""Hypotheses: what an implementation may compute instead of what it declares, and the answers that follow.

A hypothesis differs from the declaration in a few places: the formula of a sample, the expression, how the prediction
or the target is read, and how the samples of a batch are combined. It is tried in floats, and verified with intervals.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from math import isfinite
from typing import Any

from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.expression import Expression
from emd_conformance._declaration.sample import Sample
from emd_conformance._diagnosis import misreadings, reductions
from emd_conformance._diagnosis.formulas import MASSES
from emd_conformance._diagnosis.misreadings import Reading, TargetReading
from emd_conformance._diagnosis.norms import SMALL, estimates, norms
from emd_conformance._diagnosis.reductions import Mixing, Reduction
from emd_conformance._diagnosis.scales import number
from emd_conformance._diagnosis.terms import Formula, Real, Vector, specified
from emd_conformance._exact.grounds import Ground, Line, Tree
from emd_conformance._exact.interval import Interval
from emd_conformance._judging.quantities import exact
from emd_conformance._judging.result import Kind

LARGEST = 12  # classes in the cases that hypotheses are tried with: small ones show the formula, not the rounding
MISLEADING = {
    "near-equal",
    "overflow",
    "huge-logits",
    "infinite-logits",
}  # flags of cases that show rounding or limits instead
UNDEFINED = (ZeroDivisionError, KeyError, ValueError, OverflowError, IndexError)  # where a hypothesis has no answer


@dataclass(frozen=True)
class Slack:
    """How far an answer may be from that of a hypothesis: a few roundings in every cumulative sum."""

    unit: float
    roundings: int | None = None

    def of(self, classes: int) -> Fraction:
        """Return the error of a cumulative sum per unit of mass, at worst a rounding for each addition."""
        return Fraction(self.unit) * (4 * classes + 16 if self.roundings is None else self.roundings)


@dataclass(frozen=True)
class Change:
    """One difference from the declaration: its id, the fields of a hypothesis that it sets, and its size in words.

    A size that was solved for, and is no round number, has an error of its own. `doubled` are the fields for twice the
    size: if they explain the answers too, these do not tell the size.
    """

    name: str
    fields: dict[str, Any]
    detail: str = ""
    solved: bool = False
    doubled: dict[str, Any] = field(default_factory=dict[str, Any], compare=False)

    @property
    def kind(self) -> Kind:
        """A convention is named by its option."""
        return "convention" if "=" in self.name else "defect"


@dataclass(frozen=True)
class Inputs:
    """The numbers of a case, as fractions or as floats, and the exact values of quantities that no formula replaces."""

    samples: Sequence[Sample] = field(repr=False)
    exactly: bool

    @cached_property
    def rows(self) -> list[tuple[Vector, Vector, int | None, Ground]]:
        convert: Callable[[float], Real] = _fraction if self.exactly else float
        return [
            (
                [convert(x) for x in sample.x],
                [convert(x) for x in sample.target],
                None if sample.case.labels is None else sample.label,
                sample.ground,
            )
            for sample in self.samples
        ]

    @cached_property
    def parameters(self) -> dict[str, Any]:
        parameters = self.samples[0].parameters
        return parameters if self.exactly else {name: float(x) for name, x in parameters.items()}

    def quantity(self, i: int, name: str, is_interval: bool) -> Any:
        """Return the exact value of a quantity."""
        value = _exact(self.samples[i].standard, name)
        return value if is_interval else float(value.middle)


@lru_cache(maxsize=8192)
def _exact(sample: Sample, name: str) -> Interval:
    return exact(sample, name)


def _fraction(x: float) -> Real:
    return Fraction(*x.as_integer_ratio()) if isfinite(x) else x


@dataclass(frozen=True)
class Hypothesis:
    """A hypothesis on what an implementation computes.

    `penalty` replaces the square: an increasing function of |v|. `after` is a monotonic function of a sample's value.
    """

    expression: Expression
    read: Reading
    reduce: Reduction
    read_target: TargetReading = lambda t, k: t
    formula: Formula = specified
    penalty: Callable[[float], float] | None = None
    after: Callable[[float], float] | None = None
    mixing: Mixing | None = None
    coupled: bool = False
    softmax_along_batch: bool = False
    changes: tuple[Change, ...] = ()

    def answer(self, samples: Sequence[Sample], slack: Slack) -> list[Interval]:
        """Return the answers to a case, as intervals that include the slack."""
        return self.combined(self.quantities(samples, slack), samples[0].parameters)

    def estimate(self, inputs: Inputs) -> list[float]:
        """Return the answers to a case in floats."""
        return self.estimated(self.estimated_quantities(inputs), inputs.parameters)

    def combined(self, names: list[dict[str, Interval]], parameters: dict[str, Fraction]) -> list[Interval]:
        """Return the answers that follow from the squared and the absolute form of every sample."""
        if self.coupled:
            names = [{name: reductions.average([row[name] for row in names]) for name in names[0]}]
        values = [self.expression.evaluate(row, parameters).value for row in names]
        if (after := self.after) is not None:
            values = [Interval(*sorted(Fraction(after(float(end))) for end in (x.lo, x.hi))) for x in values]
        answers: list[Interval] = self.reduce(values)
        return answers

    def estimated(self, names: list[dict[str, float]], parameters: dict[str, float]) -> list[float]:
        """Return in floats the answers that follow from the quantities of every sample."""
        if self.coupled:
            names = [{name: reductions.average([row[name] for row in names]) for name in names[0]}]
        values = [number(self.expression, row | parameters) for row in names]
        if self.after is not None:
            values = list(map(self.after, values))
        answers: list[float] = self.reduce(values)
        return answers

    def quantities(self, samples: Sequence[Sample], slack: Slack) -> list[dict[str, Interval]]:
        """Return the squared form E and the absolute form W1 of every sample."""
        exactly = len(samples) * samples[0].case.classes <= SMALL
        inputs, per_mass = Inputs(samples, exactly), slack.of(samples[0].case.classes)
        if self.formula is not specified and samples[0].case.classes > LARGEST:
            per_mass *= samples[0].case.classes  # a sum of the D_k has the errors of all of them
        batch = self._batch(inputs)
        if self.mixing is not None:
            rows = self.mixing([(p, t) for p, t, _ in batch])
            return [norms([(1, v) for v in D], per_mass * len(batch), None) for D in rows]
        found: list[dict[str, Interval]] = []
        for i, (p, t, ground) in enumerate(batch):
            mass = Fraction(sum(map(abs, p)) + sum(map(abs, t)))
            names = self._own(norms(self.formula(p, t, ground), per_mass * mass, self.penalty), inputs, i)
            if self.formula in MASSES:  # the masses that move are differences of cumulative sums
                names["E"] = _wider(
                    names["E"], per_mass * mass * sum(Fraction(v) ** 2 for _, v in self.formula(p, t, ground))
                )
            others = self._others(names, inputs, i)
            for name, x in others.items():
                others[name] = _wider(x, per_mass * (x.magnitude + _size(samples[i].x)))
            found.append(names | others)
        return found

    def estimated_quantities(self, inputs: Inputs) -> list[dict[str, float]]:
        """Return the quantities of every sample in floats."""
        batch = self._batch(inputs)
        if self.mixing is not None:
            rows = self.mixing([(p, t) for p, t, _ in batch])
            return [estimates([(1, v) for v in D], None) for D in rows]
        terms = [self.formula(p, t, ground) for p, t, ground in batch]
        own = [self._own(estimates(row, self.penalty), inputs, i) for i, row in enumerate(terms)]
        return [names | self._others(names, inputs, i) for i, names in enumerate(own)]

    def _batch(self, inputs: Inputs) -> list[tuple[Vector, Vector, Ground]]:
        rows = inputs.rows
        if self.softmax_along_batch:
            p: Sequence[Vector] = misreadings.softmax_along_batch([row[0] for row in rows])
        else:
            p = [self.read(row[0]) for row in rows]
        return [(x, self.read_target(t, k), ground) for x, (_, t, k, ground) in zip(p, rows, strict=True)]

    def _own(self, names: dict[str, Any], inputs: Inputs, i: int) -> dict[str, Any]:
        """Return the quantities that the formula gives: it gives the EMD on a line and on a tree alone."""
        if self.formula is specified and not isinstance(inputs.samples[i].ground, Line | Tree):
            return {"E": names["E"]}
        return names

    def _others(self, own: dict[str, Any], inputs: Inputs, i: int) -> dict[str, Any]:
        """Return the quantities that the expression names besides, as the implementation should compute them."""
        is_interval = isinstance(own["E"], Interval)
        return {name: inputs.quantity(i, name, is_interval) for name in self.expression.names - own.keys()}


def _size(x: Sequence[float]) -> Fraction:
    """Return 1 or the largest finite magnitude: a cross-entropy errs by as much as its logits are large."""
    return Fraction(max([1.0] + [abs(x_j) for x_j in x if isfinite(x_j)]))


def _wider(x: Interval, by: Fraction) -> Interval:
    return Interval(x.lo - by, x.hi + by)


def declared(declaration: Declaration) -> Hypothesis:
    """Return the hypothesis that the implementation computes what it declares."""
    reduction = declaration.reduction if declaration.batched else "none"
    read = misreadings.AS_DECLARED[declaration.input]
    return Hypothesis(declaration.expression, read, reductions.CONVENTIONS[reduction])


def predicted(guess: Hypothesis, samples: list[Sample], slack: Slack) -> list[Interval] | None:
    """Return the answers of a hypothesis, or None where it has none, as E/(C-1) for one class."""
    try:
        return guess.answer(samples, slack)
    except UNDEFINED:
        return None


def agree(received: Sequence[float], guessed: Sequence[Interval], slack: Slack) -> bool:
    """Tell whether answers agree with those of a hypothesis."""
    if len(received) != len(guessed):
        return False
    return all(_within(Fraction(x), guess, slack.unit) for x, guess in zip(received, guessed, strict=True))


def _within(x: Fraction, guess: Interval, unit: float) -> bool:
    room = Fraction(4 * unit) * (abs(x) + guess.magnitude)
    return guess.lo - room <= x <= guess.hi + room
