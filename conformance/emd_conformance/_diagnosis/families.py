"""Families of hypotheses with one number, such as the temperature of a softmax, which is found from the answers.

Each family makes a change for a number; `start` and `end` say where the number may lie.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, sqrt, tanh
from typing import Any

from emd_conformance._declaration.declaration import Declaration
from emd_conformance._diagnosis.hypothesis import Change
from emd_conformance._diagnosis.misreadings import AS_DECLARED, Reading, TargetReading, softmax
from emd_conformance._diagnosis.terms import Formula, Real, Terms, Vector, cumulative, require_few
from emd_conformance._exact.grounds import Ground, distances


@dataclass(frozen=True)
class Family:
    """Changes with one number: its name, what it says of the number, and where the number may lie."""

    name: str
    words: str
    fields: Callable[[float], dict[str, Any]]
    start: float = 1e-9
    end: float = 0.999
    never: tuple[float, ...] = ()  # numbers that change nothing, or that have a name of their own

    def change(self, number: float, text: str = "") -> Change:
        """Return the change for a number, which may be written shortly, as this text."""
        words, doubled = self.words.format(text or f"{number:.10g}"), self.fields(2 * number)
        return Change(self.name, self.fields(number), words, solved=not text, doubled=doubled)


def families(declaration: Declaration) -> Iterator[Family]:
    """Yield the families that a declaration allows."""
    read = AS_DECLARED[declaration.input]
    yield from _targets()
    yield from _predictions(read)
    if declaration.input == "logits":
        yield Family("softmax-temperature", "{}", lambda T: {"read": lambda z: softmax([x / T for x in z])}, 1e-2, 1e2)
        yield Family("logits-clipped", "to [-{0}, {0}]", lambda c: {"read": lambda z: read(_clip(z, -c, c))}, 1e-2, 1e3)
    elif declaration.input == "probabilities":
        yield Family("prediction-sharpened", "{}", lambda r: {"read": lambda p: _shares([x**r for x in p])}, 0.05, 20)
    yield from _shapes()
    if declaration.ground in ("line", "positions", "matrix", "tree", "circle"):
        yield Family("distances-to-a-power", "{}", lambda r: {"formula": _powers(r)}, 0.05, 8, (1.0, 2.0))


def _targets() -> Iterator[Family]:
    def uniform(e: float) -> TargetReading:
        return lambda t, k: [(1 - e) * x + e / len(t) for x in t]

    def others(e: float) -> TargetReading:
        return lambda t, k: [(1 - e) * x + e * (1 - x) / (len(t) - 1) for x in t]

    yield Family("target-smoothed", "by {}", lambda e: {"read_target": uniform(e)})
    yield Family("target-smoothed", "by {} over the other classes", lambda e: {"read_target": others(e)})
    for name, kernel in {"as a Gaussian of width {}": _gaussian, "as powers of {}": lambda x, r: r ** abs(x)}.items():
        for mode, spread in {"": _spread, ", without a sum of 1": _filtered}.items():
            yield Family(
                "target-blurred",
                name + mode,
                lambda s, k=kernel, f=spread: {"read_target": lambda t, _: f(t, s, k)},  # type: ignore[misc]
                0.02,
                20,
            )


def _gaussian(x: int, width: float) -> float:
    return exp(-x * x / (2 * width * width))


def _spread(t: Vector, size: float, kernel: Callable[[int, float], float]) -> list[Real]:
    """Return the target with the mass of each class spread over its neighbours, without loss."""
    C = len(t)
    require_few(C)
    columns = [_shares([kernel(i - j, size) for i in range(C)]) for j in range(C)]
    return [sum(float(t[j]) * columns[j][i] for j in range(C)) for i in range(C)]


def _filtered(t: Vector, size: float, kernel: Callable[[int, float], float]) -> list[Real]:
    """Return the target filtered, with the mass that leaves the classes lost."""
    C = len(t)
    require_few(C)
    return [sum(float(t[j]) * kernel(i - j, size) for j in range(C)) for i in range(C)]


def _shares(x: Vector) -> list[Real]:
    mass = sum(x)
    return [x_j / mass for x_j in x]


def _clip(x: Vector, low: float, high: float) -> list[Real]:
    return [min(max(float(x_j), low), high) for x_j in x]


def _predictions(read: Reading) -> Iterator[Family]:
    ways: dict[str, Callable[[Vector, float], list[Real]]] = {
        "to [{0}, 1 - {0}]": lambda p, e: _clip(p, e, 1 - e),
        "to at least {}": lambda p, e: _clip(p, e, float("inf")),
        "by adding {}": lambda p, e: [x + e for x in p],
    }
    for words, way in ways.items():
        for more, then in {"": lambda x: x, ", then divides them by their sum": _shares}.items():
            name = "probabilities-clipped" if "adding" not in words else "probabilities-shifted"

            def one(e: float, f: Any = way, g: Any = then) -> dict[str, Any]:
                return {"read": lambda x: g(f(read(x), e))}

            def both(e: float, f: Any = way, g: Any = then) -> dict[str, Any]:
                return one(e, f, g) | {"read_target": lambda t, k: g(f(t, e))}

            yield Family(name, words + more, one, 1e-12, 0.45)
            yield Family(name, f"{words}, those of the target too{more}", both, 1e-12, 0.45)


def _shapes() -> Iterator[Family]:
    """Yield other penalties of the D_k than their squares, and functions of the whole value."""
    yield Family("another-power", "{}", lambda r: {"penalty": lambda v: v**r}, 0.1, 12, (1.0, 2.0))
    yield Family("huber", "above {}", lambda c: {"penalty": _huber(c)}, 1e-3, 0.9999)
    yield Family("huber", "pseudo-Huber, of width {}", lambda c: {"penalty": _pseudo(c)}, 1e-2, 50)
    yield Family("differences-clipped", "to {}", lambda c: {"penalty": lambda v: min(v, c) ** 2}, 1e-3, 0.9999)
    yield Family("small-differences-dropped", "below {}", lambda c: {"penalty": _dead(c)}, 1e-6, 0.9)
    yield Family("differences-shifted", "by {}", lambda e: {"formula": _shifted(e)}, 1e-10, 1)
    yield Family("differences-shifted", "by -{}", lambda e: {"formula": _shifted(-e)}, 1e-10, 1)
    yield Family("distance-clipped", "to {}", lambda c: {"after": lambda x: min(x, c)}, 1e-3, 50)
    yield Family("distance-clipped", "to at least {}", lambda c: {"after": lambda x: max(x, c)}, 1e-12, 10)
    yield Family("constant-added", "of {}", lambda c: {"after": lambda x: x + c}, 1e-13, 1e3)
    yield Family("constant-added", "of -{}", lambda c: {"after": lambda x: x - c}, 1e-13, 1e3)
    yield Family("value-to-a-power", "{}", lambda r: {"after": lambda x: max(x, 0.0) ** r}, 0.1, 8, (1.0,))
    yield Family("value-saturates", "as 1 - exp(-{} x)", lambda a: {"after": lambda x: 1 - exp(-a * x)}, 1e-2, 1e2)
    yield Family("value-saturates", "as tanh({} x)", lambda a: {"after": lambda x: tanh(a * x)}, 1e-2, 1e2)
    yield Family("value-saturates", "as x / (x + {})", lambda a: {"after": lambda x: x / (x + a)}, 1e-2, 1e2)


def _huber(c: float) -> Callable[[float], float]:
    return lambda v: v * v / 2 if v <= c else c * (v - c / 2)


def _pseudo(c: float) -> Callable[[float], float]:
    return lambda v: v * v / (sqrt(1 + (v / c) ** 2) + 1)  # c² (√(1 + (v/c)²) - 1), without cancellation


def _dead(c: float) -> Callable[[float], float]:
    return lambda v: v * v if v >= c else 0.0


def _shifted(e: float) -> Formula:
    return lambda p, t, ground: [(1, v + e) for v in cumulative(p, t)]


def _powers(r: float) -> Formula:
    """Return -½ dᵀ G d with every distance to the power r."""

    def formula(p: Vector, t: Vector, ground: Ground) -> Terms:
        require_few(len(p))
        d = [float(a) - float(b) for a, b in zip(p, t, strict=True)]
        pairs = ((i, j) for i in range(len(d)) for j in range(i) if d[i] and d[j])
        G = distances(ground, len(d))
        return [(-sum(d[i] * float(G[i][j]) ** r * d[j] for i, j in pairs), 1)]

    return formula
