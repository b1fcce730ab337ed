"""Hypotheses: what an implementation may compute instead of what it declares, and the answers that follow.

A hypothesis differs from the declaration in a few places: the formula of a sample, the expression, how the prediction
or the target is read, and how the samples of a batch are combined. Those with the fewest changes come first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import combinations, product
from typing import Any

from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.expression import Expression, parse
from emd_conformance._declaration.sample import Sample
from emd_conformance._diagnosis import misreadings, reductions
from emd_conformance._diagnosis.formulas import GROUND_FORMULAS, Formula, Terms, Vector, specified
from emd_conformance._diagnosis.misreadings import Reading, TargetReading
from emd_conformance._diagnosis.reductions import Batch, Mixing, Reduction
from emd_conformance._exact.grounds import Line, Tree
from emd_conformance._exact.interval import Interval
from emd_conformance._exact.numbers import common, fractions
from emd_conformance._judging.quantities import exact
from emd_conformance._judging.result import Kind

TEXTS = (
    *("E", "E/C", "E/(C-1)", "E/2", "2*E", "E*C", "sqrt(E)", "sqrt(E/C)", "sqrt(E/(C-1))", "sqrt(2*E)", "sqrt(E/2)"),
    *("W1", "W1/C", "W1/(C-1)", "W1*W1", "W1/2"),
)
CROSS_ENTROPIES = ("XE", "R", "XE + R", "XE - R", "XE - weight*R", "weight*R", "XE + weight*E", "E")
LARGEST = 12  # classes in the cases that hypotheses are compared with: small ones show the formula, not the rounding
MISLEADING = {
    "near-equal",
    "overflow",
    "huge-logits",
    "infinite-logits",
}  # flags of cases that show rounding or limits instead
EPSILONS = ("1e-4", "1e-5", "1e-6", "1e-7", "1e-8", "1e-10", "1e-12")


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
    """One difference from the declaration: its id, and the field of a hypothesis that it sets."""

    name: str
    field: str
    value: Any

    @property
    def kind(self) -> Kind:
        """A convention is named by its option."""
        return "convention" if "=" in self.name else "defect"


@dataclass(frozen=True)
class Hypothesis:
    """A hypothesis on what an implementation computes."""

    expression: Expression
    read: Reading
    reduce: Reduction
    read_target: TargetReading = lambda t, k: t
    formula: Formula = specified
    mixing: Mixing | None = None
    coupled: bool = False
    softmax_along_batch: bool = False
    changes: tuple[Change, ...] = ()

    def answer(self, samples: list[Sample], slack: Slack) -> list[Interval]:
        """Return the answers to a case, as intervals that include the slack."""
        return self.combined(self.quantities(samples, slack), samples[0].parameters)

    def combined(self, names: list[dict[str, Interval]], parameters: dict[str, Fraction]) -> list[Interval]:
        """Return the answers that follow from the squared and the absolute form of every sample."""
        if self.coupled:
            names = [{name: reductions.average([row[name] for row in names]) for name in names[0]}]
        return self.reduce([self.expression.evaluate(row, parameters).value for row in names])

    def quantities(self, samples: list[Sample], slack: Slack) -> list[dict[str, Interval]]:
        """Return the squared form E and the absolute form W1 of every sample."""
        batch, per_mass = self._batch(samples), slack.of(samples[0].case.classes)
        if self.mixing is not None:
            return [_norms([(Fraction(1), v) for v in D], per_mass * len(batch)) for D in self.mixing(batch)]
        return [self._of(sample, *pair, per_mass) for sample, pair in zip(samples, batch, strict=True)]

    def _batch(self, samples: list[Sample]) -> Batch:
        rows: list[Vector] = [fractions(sample.x) for sample in samples]
        p = misreadings.softmax_along_batch(rows) if self.softmax_along_batch else map(self.read, rows)
        labels = [None if sample.case.labels is None else sample.label for sample in samples]
        t = [self.read_target(fractions(sample.target), k) for sample, k in zip(samples, labels, strict=True)]
        return list(zip(p, t, strict=True))

    def _of(self, sample: Sample, p: Vector, t: Vector, per_mass: Fraction) -> dict[str, Interval]:
        mass = sum(map(abs, p), Fraction(0)) + sum(map(abs, t), Fraction(0))
        names = _norms(self.formula(p, t, sample.ground), per_mass * mass)
        if self.formula is specified and not isinstance(sample.ground, Line | Tree):
            names.pop("W1")
        return names | {name: exact(sample, name) for name in self.expression.names - names.keys()}


def _norms(terms: Terms, error: Fraction) -> dict[str, Interval]:
    """Return Σ w v² and Σ w |v|, where each v has an error relative to the largest |v|, or to 1 if that is less."""
    (w, n), (v, m) = common(w for w, _ in terms), common(v for _, v in terms)
    e = error * max(Fraction(1), Fraction(max(map(abs, v), default=0), m))
    squared = Fraction(sum(a * b * b for a, b in zip(w, v, strict=True)), n * m * m)
    absolute = Fraction(sum(a * abs(b) for a, b in zip(w, v, strict=True)), n * m)
    size = Fraction(sum(abs(a * b) for a, b in zip(w, v, strict=True)), n * m)
    weight = Fraction(sum(map(abs, w)), n)
    off = 2 * e * size + e * e * weight + e * abs(squared)
    away = e * weight + e * abs(absolute)
    return {"E": Interval(squared - off, squared + off), "W1": Interval(absolute - away, absolute + away)}


def declared(declaration: Declaration) -> Hypothesis:
    """Return the hypothesis that the implementation computes what it declares."""
    reduction = declaration.reduction if declaration.batched else "none"
    read = misreadings.AS_DECLARED[declaration.input]
    return Hypothesis(declaration.expression, read, reductions.CONVENTIONS[reduction])


@cache
def changes(declaration: Declaration) -> tuple[tuple[Change, ...], ...]:
    """Return the possible changes of a declaration, one tuple for each place."""
    mixed = reductions.MIXINGS if declaration.ground == "line" else {}  # formulas of the line only
    mixings = [Change(name, "mixing", mixing) for name, mixing in mixed.items()]
    known = GROUND_FORMULAS[declaration.ground]
    if declaration.input == "cdf":  # a second sum means that CDFs are read as probabilities
        known = {("input='probabilities'" if name == "cumsum-twice" else name): f for name, f in known.items()}
    formulas = [Change(name, "formula", formula) for name, formula in known.items()]
    targets = [Change(name, "read_target", read) for name, read in misreadings.targets(declaration.target).items()]
    places = [_expressions(declaration), _readings_of(declaration), targets, _reductions(declaration)]
    return tuple(map(tuple, [*places, [*formulas, *mixings]]))


def _expressions(declaration: Declaration) -> list[Change]:
    known = CROSS_ENTROPIES if {"XE", "R"} & declaration.expression.names else TEXTS
    texts = [text for text in known if parse(text).tree != declaration.expression.tree and text != declaration.computes]
    found = [Change(f"computes={text!r}", "expression", parse(text)) for text in texts]
    if declaration.computes.startswith("sqrt(") and declaration.computes.endswith(")"):
        roots = [parse(f"{declaration.computes[:-1]} + {epsilon})") for epsilon in EPSILONS]
        found += [Change("epsilon-under-root", "expression", root) for root in roots]
    return found


def _readings_of(declaration: Declaration) -> list[Change]:
    found = [Change(name, "read", read) for name, read in misreadings.predictions(declaration.input).items()]
    if declaration.input == "logits":
        found.append(Change("softmax-along-batch", "softmax_along_batch", True))
    return found


def _reductions(declaration: Declaration) -> list[Change]:
    here = declaration.reduction if declaration.batched else "none"
    conventions = {f"reduction={name!r}": r for name, r in reductions.CONVENTIONS.items() if name != here}
    found = [Change(name, "reduce", reduce) for name, reduce in (conventions | reductions.DEFECTS).items()]
    return [*found, Change("batch-coupled-root", "coupled", True)]


def hypotheses(declaration: Declaration, number: int) -> Iterator[Hypothesis]:
    """Yield the hypotheses with a number of changes, of which at most one is a defect; those without one come first."""
    base, places = declared(declaration), changes(replace(declaration, grad=None))  # gradients would split the cache
    chosen = [choice for group in combinations(places, number) for choice in product(*group)]
    counted = [(sum(change.kind == "defect" for change in choice), choice) for choice in chosen]
    for defects in (0, 1) if number < 3 else (0,):
        yield from (_changed(base, choice) for count, choice in counted if count == defects)


def _changed(base: Hypothesis, chosen: tuple[Change, ...]) -> Hypothesis:
    fields: dict[str, Any] = {change.field: change.value for change in chosen}
    if "coupled" in fields:
        fields["reduce"] = reductions.CONVENTIONS["none"]
    return replace(base, **fields, changes=chosen)


def agree(received: list[float], guessed: list[Interval], slack: Slack) -> bool:
    """Tell whether answers agree with those of a hypothesis."""
    if len(received) != len(guessed):
        return False
    return all(_within(x, guess, slack.unit) for x, guess in zip(map(Fraction, received), guessed, strict=True))


def _within(x: Fraction, guess: Interval, unit: float) -> bool:
    room = Fraction(4 * unit) * (abs(x) + guess.magnitude)
    return guess.lo - room <= x <= guess.hi + room
