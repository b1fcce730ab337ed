"""Wrong gradients that losses are known to return, as hypotheses in fractions."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import sqrt
from typing import TypeAlias

from emd_conformance._diagnosis.formulas import Vector, centred, cumulative, differences, mean

Rows: TypeAlias = list[Vector]


@dataclass(frozen=True)
class Parts:
    """The parts of a gradient: p, t, the right free gradient g of E, and dloss/dE."""

    p: Vector
    t: Vector
    g: Vector
    slope: Fraction

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


def right(m: Parts) -> Vector:
    """Return the right free gradient of the loss."""
    return _times(m.slope, m.g)


FREE: dict[str, Free] = {
    "gradient-sign": lambda m: _times(-m.slope, m.g),
    "gradient-no-2": lambda m: _times(m.slope / 2, m.g),
    "gradient-twice-2": lambda m: _times(2 * m.slope, m.g),
    "gradient-without-root": lambda m: m.g,
    "gradient-clipped": lambda m: [min(max(x, Fraction(-1)), Fraction(1)) for x in right(m)],
}
ON_A_LINE: dict[str, Free] = {
    "gradient-prefix": lambda m: _times(2 * m.slope, list(accumulate(m.D))),
    "gradient-no-tails": lambda m: _times(2 * m.slope, m.D),
    "gradient-off-by-one": lambda m: _times(2 * m.slope, [*_tails(m.D)[1:], Fraction(0)]),
    "gradient-missing-cumsum": lambda m: _times(2 * m.slope, differences(m.p, m.t)),
    "gradient-of-l1": lambda m: _times(m.slope, _tails([Fraction((x > 0) - (x < 0)) for x in m.D])),
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
    length = sqrt(float(sum(x * x for x in g))) or 1.0
    return [x / Fraction(length) for x in g]


OF_BATCH: dict[str, Callable[[Rows], Rows]] = {
    "gradient-batch-mean": lambda rows: [[mean(column) for column in zip(*rows, strict=True)]] * len(rows),
    "gradient-first-sample": lambda rows: [rows[0], *([Fraction(0)] * len(row) for row in rows[1:])],
    "gradient-unit-length": lambda rows: list(map(_unit_length, rows)),
}
