"""The EMD, with a flow and potentials that prove every value."""

from __future__ import annotations

from collections.abc import Iterator

from emd_conformance._exact.grounds import LINE, Ground, Line

from generator.cases import Entry, case
from generator.grounds import CIRCLE, MATRICES, TREES, symmetric
from generator.inputs import label, nearby, permuted, simplices


def cases() -> Iterator[Entry]:
    """Yield the cases of the EMD."""
    grounds: dict[str, tuple[str, int, Ground]] = {
        "line-4": ("3.1 3.2 3.6", 4, LINE),
        "line-8": ("3.1 3.2 3.6", 8, LINE),
        "positions-5": ("3.1 3.2 3.6", 5, Line((0.0, 0.5, 2.0, 2.25, 7.0))),
        "circle-5": ("3.1 3.3 3.6", 5, CIRCLE),
        "circle-6": ("3.1 3.3 3.6", 6, CIRCLE),
        "matrix-5": ("3.1 3.6", 5, MATRICES["random-5"]),
        "matrix-8": ("3.1 3.6", 8, symmetric("eight", 8, 4096)),
        "triangle-3": ("3.1 3.6", 3, MATRICES["broken-triangle-3"]),
    } | {f"tree-{name}": ("3.1 3.4 3.6", classes, ground) for name, (classes, ground) in TREES.items()}
    for name, (clauses, classes, ground) in grounds.items():
        p, t = simplices(f"emd {name} p", classes, 3), simplices(f"emd {name} t", classes, 3)
        yield case(f"emd/soft-{name}", clauses, "soft targets, with certificates", p, t, ground)
    p, t = [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]]
    comment = "ties: the sign of 0 is no gradient on a circle"
    yield case("emd/ties-circle-2", "3.3 3.6", comment, p, t, CIRCLE)
    yield from _more()


def _more() -> Iterator[Entry]:
    line = "3.1 3.2 3.6"
    for C in (2, 3, 16, 20):
        p, t = simplices(f"emd more {C} p", C, 3), simplices(f"emd more {C} t", C, 3)
        yield case(f"emd/soft-line-{C}", line, "soft targets, with certificates", p, t, emd=True)
    for C in (3, 6, 12):
        p, k = simplices(f"emd labels {C}", C, 3, 24), [0, C - 1, C // 2]
        yield case(f"emd/labels-line-{C}", f"3.5 {line}", "labels", p, k, labels=True, emd=True)
    p = simplices("emd near", 6, 3)
    t = [nearby(row, 2.0**-40) for row in p]
    yield case("emd/near-line-6", line, "t is p with 2^-40 moved", p, t, flags=["near-equal"])
    rows = [[1.0, 2.0**-1074, 2.0**-1060, 0.0], [0.5, 0.5, 2.0**-1022, 2.0**-1074], [2.0**-500, 0.0, 1.0, 2.0**-900]]
    t = [permuted(f"emd tiny {i}", row) for i, row in enumerate(rows)]
    yield case("emd/tiny-line-4", line, "entries down to the smallest", rows, t)
    p, t = [[0.5, 0.5, 0.0, 0.0], [0.25] * 4, label(0, 4)], [[0.0, 0.5, 0.5, 0.0], [0.25] * 4, label(3, 4)]
    comment = "D_k = 0 inside and everywhere: any slope from -1 to 1 is a gradient there"
    yield case("emd/ties-line-4", line, comment, p, t)
    p, t = [label(0, 6), [0.5, 0.0, 0.0, 0.5, 0.0, 0.0], [0.25, 0.25, 0.0, 0.25, 0.25, 0.0]], [label(3, 6)] * 3
    yield case("emd/opposite-circle-6", "3.1 3.3 3.6", "both ways round are as long", p, t, CIRCLE)
    p, t = simplices("emd circle 13 p", 13, 3), simplices("emd circle 13 t", 13, 3)
    yield case("emd/soft-circle-13", "3.1 3.3 3.6", "soft targets, with certificates", p, t, CIRCLE, emd=True)
    ground = symmetric("twelve", 12, 4096)
    p, t = simplices("emd matrix 12 p", 12, 3), simplices("emd matrix 12 t", 12, 3)
    yield case("emd/soft-matrix-12", "3.1 3.6", "soft targets, with certificates", p, t, ground, emd=True)
    p, k = simplices("emd matrix labels", 12, 3, 24), [11, 0, 5]
    yield case("emd/labels-matrix-12", "3.1 3.5", "labels: one flow only", p, k, ground, emd=True, labels=True)
