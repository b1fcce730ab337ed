"""Batches: rows that differ, many sizes, more than one axis; and the gradient in each convention."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from emd_conformance._exact.grounds import Ground, Line

from generator.cases import Entry, case
from generator.grounds import CIRCLE, MATRICES, TREES
from generator.inputs import label, logits, nearby, simplex, simplices

CLAUSES = "1.3 1.4 1.6 4.1 5.1"


def batch() -> Iterator[Entry]:
    """Yield the cases of batches of one axis."""
    for N, C in ((2, 5), (5, 3), (16, 4), (32, 8), (33, 8), (31, 5)):
        p, t = simplices(f"batch {N} p", C, N, 24), simplices(f"batch {N} t", C, N, 24)
        flags = ["batch-coupled-root", "hard-coded-size"]
        yield case(f"batch/rows-{N}-{C}", CLAUSES, f"{N} rows that differ", p, t, flags=flags)
    for C in (3, 5, 8):
        p, t = simplices(f"batch square {C} p", C, C), simplices(f"batch square {C} t", C, C)
        comment = "as many rows as classes: a wrong axis has the right shape"
        yield case(f"batch/square-{C}", CLAUSES, comment, p, t, flags=["wrong-axis"])
        comment = "as many labels as classes: a broadcast has the right shape"
        k = [(3 * i + 1) % C for i in range(C)]
        yield case(f"batch/square-labels-{C}", f"1.2 {CLAUSES}", comment, p, k, labels=True)
    p = [label(0, 4), simplex("mixed 1", 4), simplex("mixed 2", 4), [0.25] * 4, simplex("mixed 3", 4)]
    t = [label(3, 4), p[1], nearby(p[2], 2.0**-30), label(1, 4), simplex("mixed 4", 4)]
    comment = "far, equal, near, flat and random rows together: each must be as if it were alone"
    yield case("batch/mixed-4", CLAUSES, comment, p, t, flags=["near-equal", "batch-coupled-root"])
    p, t = simplices("order p", 5, 4), simplices("order t", 5, 4)
    yield case("batch/order-5", CLAUSES, "four rows", p, t)
    yield case("batch/order-reversed-5", CLAUSES, "the same four rows, the last one first", p[::-1], t[::-1])


def axes() -> Iterator[Entry]:
    """Yield batches of more than one axis, for implementations that declare them."""
    for shape, C in (((2, 3), 4), ((3, 2), 3), ((4, 1), 5), ((1, 3), 2), ((2, 2, 2), 3)):
        name, N = "x".join(map(str, shape)), prod(shape)
        p, t = simplices(f"axes {name} p", C, N, 24), simplices(f"axes {name} t", C, N, 24)
        more = {"shape": list(shape), "needs": ["batch-axes"]}
        comment = f"batch axes of sizes {name.replace('x', ', ')}"
        yield case(f"axes/soft-{name}-{C}", CLAUSES, comment, p, t, **more)
        k = [(2 * i + 1) % C for i in range(N)]
        yield case(f"axes/labels-{name}-{C}", f"1.2 {CLAUSES}", f"{comment}, labels", p, k, labels=True, **more)
    rows, k = logits("axes", 4, 6, 4), [3, 0, 1, 2, 0, 1]
    more = {"shape": [2, 3], "needs": ["batch-axes"], "input": "logits", "labels": True}
    yield case("axes/logits-2x3-4", "1.2 1.4 1.6 4.1 5.5", "batch axes of sizes 2, 3", rows, k, **more)
    yield case("axes/circle-2x3-4", "1.4 2.3 4.4", "batch axes on a circle", *_six("circle"), CIRCLE, **_TWO_BY_THREE)
    x = Line((0.0, 0.5, 1.5, 4.0))
    yield case("axes/positions-2x3-4", "1.4 2.2 4.2", "batch axes with positions", *_six("x"), x, **_TWO_BY_THREE)


_TWO_BY_THREE = {"shape": [2, 3], "needs": ["batch-axes"]}


def _six(seed: str) -> tuple[list[list[float]], list[list[float]]]:
    return simplices(f"axes {seed} p", 4, 6, 24), simplices(f"axes {seed} t", 4, 6, 24)


def gradient() -> Iterator[Entry]:
    """Yield cases that state the free gradient, the one on the simplex, and that of E(p / Σp)."""
    grounds: dict[str, tuple[str, int, Ground]] = {
        "line-5": ("4.1 5.1 5.4", 5, Line()),
        "line-12": ("4.1 5.1 5.4", 12, Line()),
        "positions-4": ("4.2 5.1 5.4", 4, Line((-1.0, 0.0, 0.25, 3.0))),
        "circle-6": ("4.4 5.2 5.4", 6, CIRCLE),
        "circle-7": ("4.4 5.2 5.4", 7, CIRCLE),
        "tree-4": ("4.5 5.2 5.4", *TREES["binary-4"]),
        "tree-6": ("4.5 5.2 5.4", *TREES["inner-6"]),
        "matrix-5": ("4.6 5.3 5.4", 5, MATRICES["random-5"]),
    }
    for name, (clauses, C, ground) in grounds.items():
        p, t = simplices(f"gradient {name} p", C, 3), simplices(f"gradient {name} t", C, 3)
        comment = "the free gradient, g - mean(g) and g - <p, g>"
        yield case(f"gradient/soft-{name}", clauses, comment, p, t, ground, conventions=True)
        p, k = simplices(f"gradient {name} single", C, 3, 24), [C - 1, 0, 1]
        yield case(f"gradient/labels-{name}", clauses, comment, p, k, ground, conventions=True, labels=True)
