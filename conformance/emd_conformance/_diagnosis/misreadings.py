"""Ways in which losses are known to misread predictions and targets, as hypotheses.

Exponentials are computed in float64; the slack of a comparison covers their rounding.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import exp, log
from typing import TypeAlias

from emd_conformance._diagnosis.terms import Real, Vector

Reading: TypeAlias = Callable[[Vector], Vector]
TargetReading: TypeAlias = Callable[[Vector, int | None], Vector]  # from the distribution, or from the label if any


def softmax(z: Vector) -> list[float]:
    """Return softmax(z)."""
    top = max(z)
    powers = [exp(max(float(x - top), -745.0)) for x in z]
    mass = sum(powers)
    return [x / mass for x in powers]


def softmax_along_batch(rows: list[Vector]) -> list[Vector]:
    """Return the softmax over the samples of each class."""
    columns: list[Vector] = [softmax(column) for column in zip(*rows, strict=True)]
    return list(zip(*columns, strict=True))


def _exponential(x: Vector) -> list[float]:
    """Return e^x; for x above 300 its exact size does not matter."""
    return [exp(min(float(x_j), 300.0)) for x_j in x]


def _log_softmax(z: Vector) -> list[float]:
    top = float(max(z))
    mass = log(sum(exp(max(float(x) - top, -745.0)) for x in z))
    return [float(x) - top - mass for x in z]


def _sigmoid(z: Vector) -> list[float]:
    return [1 / (1 + e) for e in _exponential([-x for x in z])]


def _as_is(x: Vector) -> Vector:
    return x


def _largest(p: Vector) -> list[int]:
    """Return the one-hot vector of the first largest entry."""
    best = list(p).index(max(p))
    return [int(j == best) for j in range(len(p))]


def _normalised(x: Vector) -> list[Real]:
    mass = sum(x)
    return [x_j / mass for x_j in x]


def _from_outputs(z: Vector, *, conditional: bool) -> list[Real]:
    """Return the probabilities of an ordinal model (1.9)."""
    S: list[Real] = [1.0]
    for x in z:
        s = 1 / (1 + exp(min(-float(x), 700.0)))
        S.append(S[-1] * s if conditional else s)
    return [a - b for a, b in pairwise([*S, 0.0])]


AS_DECLARED: dict[str, Reading] = {
    "probabilities": _as_is,
    "log-probabilities": _exponential,
    "logits": softmax,
    "cdf": _as_is,
    "cumulative": _as_is,
    "cumulative-logits": partial(_from_outputs, conditional=False),
    "conditional-logits": partial(_from_outputs, conditional=True),
}
_OTHERS: dict[str, dict[str, Reading]] = {
    "probabilities": {"input='logits'": softmax, "input='log-probabilities'": _exponential},
    "log-probabilities": {"input='probabilities'": _as_is},
    "logits": {
        "input='probabilities'": _as_is,
        "input='log-probabilities'": _exponential,
        "softmax-twice": lambda z: softmax(softmax(z)),
        "sigmoid-for-softmax": _sigmoid,
        "softmax-sign": lambda z: softmax([-x for x in z]),
        "log-softmax-for-softmax": _log_softmax,
        "sigmoid-normalised": lambda z: _normalised(_sigmoid(z)),
    },
    "cdf": {},
    "cumulative": {},
    "cumulative-logits": {"input='conditional-logits'": partial(_from_outputs, conditional=True)},
    "conditional-logits": {"input='cumulative-logits'": partial(_from_outputs, conditional=False)},
}


def normalised(declared: str) -> Reading:
    """Return the reading that divides each prediction by its sum, which shows where the masses differ."""
    read = AS_DECLARED[declared]
    return lambda x: _normalised(read(x))


def predictions(declared: str) -> dict[str, Reading]:
    """Return the ways to misread a prediction of a declared kind of input."""
    read = AS_DECLARED[declared]
    return _OTHERS[declared] | {
        "prediction-hardened": lambda x: _largest(read(x)),
    }


_TARGETS: dict[str, TargetReading] = {
    "target-softmaxed": lambda t, k: softmax(t),
    "target-hardened": lambda t, k: _largest(t),
    "target-ignored": lambda t, k: [Fraction(1, len(t))] * len(t),
}


def targets(declared: str) -> dict[str, TargetReading]:
    """Return the ways to misread a target of a declared kind."""
    if declared not in ("labels", "labels-from-1"):
        return _TARGETS
    other, by = ("labels-from-1", -1) if declared == "labels" else ("labels", 1)
    shifts: dict[str, TargetReading] = {}
    for name, step in ((f"target='{other}'", by), ("labels-shifted", -by)):
        shifts |= {name: _moved(step), f"{name}, wrapping": _moved(step, wraps=True)}
    return shifts | {name: read for name, read in _TARGETS.items() if name != "target-hardened"}


def _moved(by: int, wraps: bool = False) -> TargetReading:
    def read(t: Vector, k: int | None) -> Vector:
        place = 0 if k is None else (k + by) % len(t) if wraps else k + by
        return [int(j == place) for j in range(len(t))]

    return read
