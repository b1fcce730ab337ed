"""Wrong gradients that losses are known to return, as hypotheses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import isfinite
from typing import TypeAlias

from emd_conformance import _exact
from emd_conformance._calling.caller import Caller
from emd_conformance._declaration.sample import Sample
from emd_conformance._diagnosis.misreadings import softmax
from emd_conformance._diagnosis.terms import NotComparedError, Vector, centred, cumulative, differences, mean
from emd_conformance._exact.grounds import Ground, Line, Tree
from emd_conformance._exact.numbers import fractions, length
from emd_conformance._judging.allowed import allowed_gradient
from emd_conformance._judging.quantities import exact

Rows: TypeAlias = list[Vector]
Guess: TypeAlias = Callable[[list[Sample]], Rows]
TINY = Fraction(1, 10**12)


@dataclass(frozen=True)
class Parts:
    """The parts of a gradient: p, t, the right free gradient g of E, dloss/dE, and the ground distance."""

    p: Vector
    t: Vector
    g: Vector
    slope: Fraction
    ground: Ground

    @property
    def D(self) -> list[Fraction]:  # noqa: N802 - the letter of the specification
        """The differences of the cumulative distributions."""
        return cumulative(self.p, self.t)


Free: TypeAlias = Callable[[Parts], Vector]
Chain: TypeAlias = Callable[[Vector, Vector], Vector]  # from p and the gradient with respect to p


def _tails(values: Vector) -> list[Fraction]:
    """Return Σ_{k>=j} v_k."""
    return list(accumulate(reversed(values)))[::-1]


def _times(factor: Fraction | int, values: Vector) -> list[Fraction]:
    return [factor * x for x in values]


def sign(x: Fraction) -> Fraction:
    """Return the sign of a D_k; rounding decides that of a tiny one."""
    if 0 < abs(x) < TINY:
        raise NotComparedError
    return Fraction((x > 0) - (x < 0))


def right(m: Parts) -> Vector:
    """Return the right free gradient of the loss."""
    return _times(m.slope, m.g)


FREE: dict[str, Free] = {
    "gradient-sign": lambda m: _times(-m.slope, m.g),
    "gradient-no-2": lambda m: _times(m.slope / 2, m.g),
    "gradient-twice-2": lambda m: _times(2 * m.slope, m.g),
    "gradient-without-root": lambda m: m.g,
}
ON_A_LINE: dict[str, Free] = {
    "gradient-prefix": lambda m: _times(2 * m.slope, list(accumulate(m.D))),
    "gradient-no-tails": lambda m: _times(2 * m.slope, m.D),
    "gradient-off-by-one": lambda m: _times(2 * m.slope, [*_tails(m.D)[1:], Fraction(0)]),
    "gradient-missing-cumsum": lambda m: _times(2 * m.slope, differences(m.p, m.t)),
    "gradient-of-l1": lambda m: _times(m.slope, _tails([sign(x) for x in m.D])),
}


def through_softmax(p: Vector, g: Vector) -> list[Fraction]:
    """Return the gradient with respect to the logits, p_j (g_j - <p, g>) (5.5)."""
    inner = sum((a * b for a, b in zip(p, g, strict=True)), Fraction(0))
    return [a * (b - inner) for a, b in zip(p, g, strict=True)]


WRONG_SOFTMAX_GRADIENTS: tuple[Chain, ...] = (
    lambda p, g: g,
    lambda p, g: [a * b for a, b in zip(p, g, strict=True)],
    lambda p, g: [a * (1 - a) * b for a, b in zip(p, g, strict=True)],
    lambda p, g: centred(g),
)


def _unit_length(g: Vector) -> list[Fraction]:
    size = length(g) or 1.0
    return [x / Fraction(size) for x in g] if isfinite(size) else [Fraction(0)] * len(g)


OF_BATCH: dict[str, Callable[[Rows], Rows]] = {
    "gradient-batch-mean": lambda rows: [[mean(column) for column in zip(*rows, strict=True)]] * len(rows),
    "gradient-first-sample": lambda rows: [rows[0], *([Fraction(0)] * len(row) for row in rows[1:])],
    "gradient-unit-length": lambda rows: list(map(_unit_length, rows)),
}


def guesses(caller: Caller) -> Iterator[tuple[str, Guess]]:
    """Yield the hypotheses, each of which differs from the right gradient in one respect."""
    declared, logits = caller.declared, caller.declared.input == "logits"
    if "W1" in declared.expression.names or declared.input not in ("probabilities", "logits"):
        yield "gradient-detached", _zeros  # no other gradient is right alone (5.7 to 5.9)
        return
    if declared.expression.names != {"E"}:
        yield from _of_exact_rows()
        return
    chain = through_softmax if logits else lambda p, g: g
    yield "gradient-low-precision", _each(right, chain)
    yield "gradient-reduction", _each(right, chain)
    on_a_line = ON_A_LINE if declared.ground in ("line", "positions") else {}
    for name, free in (FREE | on_a_line).items():
        yield name, _each(free, chain)
    for wrong_chain in WRONG_SOFTMAX_GRADIENTS if logits else ():
        yield "gradient-wrong-softmax", _each(right, wrong_chain)
    if declared.ground in ("positions", "tree"):
        yield "gradient-without-weights", _each(_unweighted, chain)
    yield "gradient-detached", _each(lambda m: [Fraction(0)] * len(m.p), chain)
    for name, change in OF_BATCH.items():
        yield name, _each(right, chain, change)


def right_rows(caller: Caller, samples: list[Sample]) -> Rows:
    """Return the right gradients; those with respect to probabilities may differ by a constant in each row."""
    declared = caller.declared
    if declared.expression.names != {"E"} or declared.input not in ("probabilities", "logits"):
        return _exact_rows(samples)
    return _each(right, through_softmax if declared.input == "logits" else lambda p, g: g)(samples)


def _exact_rows(samples: list[Sample]) -> Rows:
    return [[x.exact.middle for x in allowed_gradient(sample.standard, "any")] for sample in samples]


def _zeros(samples: list[Sample]) -> Rows:
    return [[Fraction(0)] * (s.case.classes - (s.declared.form == "cumulative")) for s in samples]


def _of_exact_rows() -> Iterator[tuple[str, Guess]]:
    """Yield the hypotheses that hold for every expression."""
    yield "gradient-low-precision", _exact_rows
    yield "gradient-reduction", _exact_rows
    factors = {"gradient-sign": -1, "gradient-no-2": Fraction(1, 2), "gradient-twice-2": 2, "gradient-detached": 0}
    for name, factor in factors.items():
        yield name, lambda samples, f=factor: [_times(f, row) for row in _exact_rows(samples)]  # type: ignore[misc]
    for name, change in OF_BATCH.items():
        yield name, lambda samples, f=change: f(_exact_rows(samples))  # type: ignore[misc]


def _unweighted(m: Parts) -> list[Fraction]:
    """Return the gradient for intervals or edges of length 1."""
    ground = Tree(m.ground.parents) if isinstance(m.ground, Tree) else Line(tuple(range(len(m.p))))
    return _times(m.slope, _exact.squared_emd.gradient(m.p, m.t, ground))


def _each(free: Free, chain: Chain, change: Callable[[Rows], Rows] = lambda rows: rows) -> Guess:
    """Return the hypothesis that every sample has the same formula, and that the batch is then changed."""
    return lambda samples: change([chain(m.p, free(m)) for m in map(_parts, samples)])


def _parts(sample: Sample) -> Parts:
    p, t = fractions(softmax(sample.x) if sample.declared.input == "logits" else sample.x), fractions(sample.target)
    g = _exact.squared_emd.gradient(p, t, sample.ground)
    evaluated = sample.declared.expression.evaluate({"E": exact(sample, "E")}, sample.parameters)
    return Parts(p, t, g, evaluated.slopes["E"].middle, sample.ground)


def matches(caller: Caller, rows: Rows, guessed: Rows, name: str) -> bool:
    """Tell whether rows are the gradients of a hypothesis; those of a mean are divided by the batch size."""
    N = len(rows) if caller.declared.reduction == "mean" else 1
    factors = ({1, len(rows)} - {N}) or {1} if name == "gradient-reduction" else {N}
    return any(_close(caller, [[f * x for x in row] for row in rows], guessed, name) for f in factors)


def _close(caller: Caller, rows: Rows, guessed: Rows, name: str) -> bool:
    unit = 2.0**-24 if name == "gradient-low-precision" else caller.declared.precision.coarser
    if caller.declared.input == "probabilities":
        rows, guessed = list(map(centred, rows)), list(map(centred, guessed))
    size = max((abs(x) for row in guessed for x in row), default=Fraction(0))
    room = Fraction(unit) * 64 * len(guessed[0]) * (size + 1)
    pairs = [(a, b) for x, y in zip(rows, guessed, strict=True) for a, b in zip(x, y, strict=True)]
    return all(abs(a - b) <= room for a, b in pairs)
