"""Ground distances other than unit spacing: positions, circles, trees and matrices."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from emd_conformance._exact.grounds import Circle, Ground, Line, Matrix, Tree

from generator.cases import Entry, case
from generator.inputs import label, simplices

CIRCLE = Circle()
OF_FOUR: dict[str, Ground] = {  # ground distances of four classes whose numbers are exact in every format
    "circle": CIRCLE,
    "positions": Line((0.0, 1.0, 3.0, 4.0)),
    "tree": Tree((4, 4, 4, 4, -1)),
    "matrix": Matrix(((0.0, 1.0, 2.0, 1.0), (1.0, 0.0, 1.0, 2.0), (2.0, 1.0, 0.0, 1.0), (1.0, 2.0, 1.0, 0.0))),
}


def positions() -> Iterator[Entry]:
    """Yield the cases of ordered classes at uneven positions."""
    grids = {
        "uneven-3": (0.0, 1.0, 3.0),
        "decimal-5": (0.1, 0.25, 0.7, 1.9, 2.3),
        "negative-4": (-3.0, -0.5, 0.0, 4.0),
        "wide-4": (0.0, 2.0**-20, 1.0, 2.0**20),
        "ten": (0.0, 1.0, 2.0, 4.0, 7.0, 11.0, 16.0, 22.0, 29.0, 37.0),
        "unit-5": (0.0, 1.0, 2.0, 3.0, 4.0),
        "one": (2.5,),
        "two": (-0.75, 2.0),
        "centuries-3": (1800.0, 1900.0, 2026.0),
        "offset-4": (1e6, 1e6 + 0.5, 1e6 + 1.0, 1e6 + 4.0),
        "fine-4": (0.0, 2.0**-40, 3 * 2.0**-40, 2.0**-38),
        "twenty": tuple(k * (k + 1) / 2 for k in range(20)),
    }
    clauses = "1.3 2.2 3.2 4.2 5.1"
    for name, x in grids.items():
        C, ground = len(x), Line(x)
        p, t = simplices(f"{name} p", C, 3), simplices(f"{name} t", C, 3)
        yield case(f"positions/soft-{name}", clauses, "soft targets", p, t, ground)
        if C > 1:
            p = simplices(f"{name} single", C, 3, 24)
            yield case(f"positions/labels-{name}", clauses, "labels", p, [0, C - 1, C // 2], ground, labels=True)
    p, t = [label(0, 3), label(2, 3), label(0, 3)], [label(2, 3), label(0, 3), label(2, 3)]
    comment = "a distance beyond float64 is infinite"
    yield case("positions/overflow", "4.2 7.4", comment, p, t, Line((-1e308, 0.0, 1e308)), flags=["overflow"])


def circle() -> Iterator[Entry]:
    """Yield the cases of circular classes."""
    clauses = "2.3 2.5 3.3 4.3 4.4 5.2"
    for classes in (1, 2, 3, 4, 5, 8, 12, 6, 7, 9, 10, 24):
        p, t = simplices(f"circle {classes} p", classes, 3), simplices(f"circle {classes} t", classes, 3)
        yield case(f"circle/soft-{classes}", clauses, "soft targets", p, t, CIRCLE)
        if classes >= 3:
            p, k = simplices(f"circle {classes} single", classes, 3, 24), [0, classes - 1, classes // 2]
            yield case(f"circle/labels-{classes}", clauses, "labels", p, k, CIRCLE, labels=True)
    p, t = [[0.5, 0.0, 0.5, 0.0]] * 3, [[0.0, 0.5, 0.0, 0.5], [0.25] * 4, [0.5, 0.0, 0.5, 0.0]]
    yield case("circle/even-null-4", clauses, "an even circle: E = 0 though p and t differ", p, t, CIRCLE)
    p, k = [label(i, 6) for i in range(6)], [5, 0, 4, 0, 1, 2]
    yield case("circle/wrap-6", clauses, "the short way leads over the end", p, k, CIRCLE, labels=True)


TREES = {
    "star-4": (4, Tree((4, 4, 4, 4, -1))),
    "star-lengths-3": (3, Tree((3, 3, 3, -1), (0.5, 1.0, 2.0, 0.0))),
    "chain-5": (5, Tree((1, 2, 3, 4, -1))),
    "binary-4": (4, Tree((4, 4, 5, 5, 6, 6, -1), (1.0, 2.0, 1.5, 0.25, 3.0, 0.75, 0.0))),
    "inner-6": (6, Tree((1, 2, -1, 2, 3, 3), (1.0, 0.5, 0.0, 2.0, 1.25, 0.75))),
}
MORE_TREES = {
    "two-2": (2, Tree((1, -1), (1.5, 0.0))),
    "long-star-9": (9, Tree((*[9] * 9, -1), (*(2.0**k for k in range(-4, 5)), 0.0))),
    "caterpillar-8": (8, Tree((8, 8, 9, 9, 10, 10, 11, 11, 9, 10, 11, -1))),
    "balanced-8": (8, Tree((8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, -1))),
    "deep-12": (12, Tree((*range(1, 12), -1), (*(1 + k / 8 for k in range(11)), 0.0))),
    "leaves-first-5": (5, Tree((5, 5, 6, 6, 7, 7, 7, -1), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.0))),
}


def tree() -> Iterator[Entry]:
    """Yield the cases of trees."""
    clauses = "2.4 2.5 3.4 4.3 4.5 5.2"
    for name, (classes, ground) in (TREES | MORE_TREES).items():
        p, t = simplices(f"tree {name} p", classes, 3), simplices(f"tree {name} t", classes, 3)
        yield case(f"tree/soft-{name}", clauses, "soft targets", p, t, ground)
        p = simplices(f"tree {name} single", classes, 3, 24)
        yield case(f"tree/labels-{name}", clauses, "labels", p, [0, classes - 1, 1], ground, labels=True)


def symmetric(seed: str, classes: int, unit: int) -> Matrix:
    """Return a random ground distance of multiples of 1/unit, at most 1; it is rarely a metric."""
    rng = random.Random(seed)
    upper = {(i, j): (rng.getrandbits(16) % unit + 1) / unit for j in range(classes) for i in range(j)}
    cell = {(i, j): upper.get((min(i, j), max(i, j)), 0.0) for i in range(classes) for j in range(classes)}
    return _of(classes, lambda i, j: cell[i, j])


def _of(classes: int, distance: Callable[[int, int], float]) -> Matrix:
    return Matrix(tuple(tuple(distance(i, j) for j in range(classes)) for i in range(classes)))


MATRICES = {
    "two": Matrix(((0.0, 3.0), (3.0, 0.0))),
    "discrete-4": Matrix(tuple(tuple(float(i != j) for j in range(4)) for i in range(4))),
    "broken-triangle-3": Matrix(((0.0, 1.0, 9.0), (1.0, 0.0, 1.0), (9.0, 1.0, 0.0))),
    "not-negative-type-3": Matrix(((0.0, 1.0, 1.0), (1.0, 0.0, 9.0), (1.0, 9.0, 0.0))),
    "random-5": symmetric("five", 5, 4096),
    "random-10": symmetric("ten", 10, 4096),
}
MORE_MATRICES = {
    "squares-6": _of(6, lambda i, j: float((i - j) ** 2)),
    "line-5": _of(5, lambda i, j: float(abs(i - j))),
    "circle-6": _of(6, lambda i, j: float(min(abs(i - j), 6 - abs(i - j)))),
    "ultrametric-4": _of(4, lambda i, j: 0.0 if i == j else 1.0 if i // 2 == j // 2 else 4.0),
    "zeros-3": _of(3, lambda i, j: 0.0),
    "decimal-3": _of(3, lambda i, j: 0.1 * abs(i - j)),
    "random-20": symmetric("twenty", 20, 4096),
}


def matrix() -> Iterator[Entry]:
    """Yield the cases of ground distances given by a matrix."""
    clauses = "2.1 3.1 4.6 5.3"
    for name, ground in (MATRICES | MORE_MATRICES).items():
        C = len(ground.rows)
        p, t = simplices(f"matrix {name} p", C, 3), simplices(f"matrix {name} t", C, 3)
        yield case(f"matrix/soft-{name}", clauses, "soft targets", p, t, ground)
        p = simplices(f"matrix {name} single", C, 3, 24)
        yield case(f"matrix/labels-{name}", f"{clauses} 3.5", "labels", p, [0, C - 1, 1], ground, labels=True)
    p, t = [[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.25, 0.25, 0.5]], [[0.0, 0.5, 0.5], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    comment = "not of negative type: E is negative"
    yield case("matrix/negative-value", "4.6", comment, p, t, MATRICES["not-negative-type-3"])
