"""Ways in which losses are known to misread predictions and targets, as hypotheses.

Exponentials are computed in float64; the slack of a comparison covers their rounding.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import exp
from typing import TypeAlias

from emd_conformance._diagnosis.formulas import Vector

Reading: TypeAlias = Callable[[Vector], Vector]
ONE = Fraction(1)


def softmax(z: Sequence[Fraction | float]) -> list[Fraction]:
    """Return softmax(z)."""
    top = max(z)
    powers = [exp(max(float(x - top), -745.0)) for x in z]
    return [Fraction(x / sum(powers)) for x in powers]


def exponential(x: Vector) -> list[Fraction]:
    """Return e^x; for x above 300 its exact size does not matter."""
    return [Fraction(exp(min(float(x_j), 300.0))) for x_j in x]


def _sigmoid(z: Vector) -> list[Fraction]:
    return [1 / (1 + Fraction(exp(min(float(-x), 300.0)))) for x in z]


def _as_is(x: Vector) -> Vector:
    return x


def _clipped(p: Vector) -> list[Fraction]:
    return [min(max(x, Fraction(1e-7)), Fraction(1 - 1e-7)) for x in p]


def largest(p: Vector) -> list[Fraction]:
    """Return the one-hot vector of the first largest entry."""
    best = list(p).index(max(p))
    return [Fraction(int(j == best)) for j in range(len(p))]


def _smoothed(t: Vector) -> list[Fraction]:
    return [Fraction(0.9) * x + Fraction(0.1) / len(t) for x in t]


def _after(change: Reading, read: Reading) -> Reading:
    return lambda x: change(read(x))


AS_DECLARED: dict[str, Reading] = {
    "probabilities": _as_is,
    "log-probabilities": exponential,
    "logits": softmax,
    "cdf": _as_is,
}
_OTHERS: dict[str, dict[str, Reading]] = {
    "probabilities": {
        "input='logits'": softmax,
        "input='log-probabilities'": exponential,
    },
    "log-probabilities": {"input='probabilities'": _as_is},
    "logits": {
        "input='probabilities'": _as_is,
        "input='log-probabilities'": exponential,
        "softmax-twice": _after(softmax, softmax),
        "sigmoid-for-softmax": _sigmoid,
        "softmax-sign": lambda z: softmax([-x for x in z]),
    },
    "cdf": {},
}
_CHANGES: dict[str, Reading] = {"probabilities-clipped": _clipped, "prediction-hardened": largest}


def predictions(declared: str) -> dict[str, Reading]:
    """Return the ways to misread a prediction of a declared kind of input."""
    read = AS_DECLARED[declared]
    return _OTHERS[declared] | {name: _after(change, read) for name, change in _CHANGES.items()}


# A target is read from its distribution or, if it has one, from its label k.

TargetReading: TypeAlias = Callable[[Vector, int | None], Vector]


def _moved(by: int, wraps: bool = False) -> TargetReading:
    def read(t: Vector, k: int | None) -> Vector:
        place = 0 if k is None else (k + by) % len(t) if wraps else k + by
        return [Fraction(int(j == place)) for j in range(len(t))]

    return read


_TARGETS: dict[str, TargetReading] = {
    "target-softmaxed": lambda t, k: softmax(t),
    "target-smoothed": lambda t, k: _smoothed(t),
    "target-hardened": lambda t, k: largest(t),
    "target-ignored": lambda t, k: [ONE / len(t)] * len(t),
}


def targets(declared: str) -> dict[str, TargetReading]:
    """Return the ways to misread a target of a declared kind."""
    if declared == "distribution":
        return _TARGETS
    by = -1 if declared == "labels" else 1
    other_labels = "target='labels-from-1'" if declared == "labels" else "target='labels'"
    shifts = {other_labels: _moved(by), f"{other_labels}, wrapping": _moved(by, wraps=True)}
    shifts |= {"labels-shifted": _moved(-by), "labels-shifted, wrapping": _moved(-by, wraps=True)}
    return shifts | {name: read for name, read in _TARGETS.items() if name != "target-hardened"}
