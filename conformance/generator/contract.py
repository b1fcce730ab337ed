"""Unequal masses and empty batches, for implementations that declare them."""

from __future__ import annotations

from collections.abc import Iterator

from emd_conformance._exact.grounds import LINE, Circle, Ground, Line

from generator.cases import Entry, case
from generator.inputs import simplices


def off_simplex() -> Iterator[Entry]:
    """Yield the cases of unequal masses."""
    uneven = Line((0.0, 1.0, 3.0, 3.5))
    grounds: dict[str, tuple[str, Ground]] = {"line": ("4.1 4.7 5.1", LINE), "positions": ("4.2 4.7 5.1", uneven)}
    for name, (clauses, ground) in grounds.items():
        rows = zip(simplices(f"off {name}", 4, 3), (0.5, 2.0, 1.25), strict=True)
        p = [[x * scale for x in row] for row, scale in rows]
        t = simplices(f"off {name} t", 4, 3)
        comment = "masses of 1/2, 2 and about 5/4"
        yield case(f"off-simplex/{name}-4", clauses, comment, p, t, ground, needs=["off-simplex"])
    yield from _more_masses()


def _more_masses() -> Iterator[Entry]:
    line, needs = "4.1 4.7 5.1", {"needs": ["off-simplex"]}
    p, t = simplices("off ten", 10, 3), simplices("off ten t", 10, 3)
    t = [[x * scale for x in row] for row, scale in zip(t, (4.0, 0.25, 1.5), strict=True)]
    yield case("off-simplex/line-10", line, "targets of mass 4, 1/4 and about 3/2", p, t, **needs)
    x = Line((0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2))
    yield case("off-simplex/positions-10", "4.2 4.7 5.1", "the same with positions", p, t, x, **needs)
    p, t = [[0.5], [2.0], [0.0]], [[1.0], [1.0], [1.0]]
    yield case("off-simplex/line-1", f"1.5 {line}", "one class: E = (p - t)²", p, t, **needs)
    p, t = [[0.0] * 4, [1.0] * 4, [0.5] * 4], [[0.25] * 4, [0.25] * 4, [0.0] * 4]
    yield case("off-simplex/constant-4", line, "no mass, four times the mass, mass against none", p, t, **needs)
    p, t = [[1.0, 2.0, 4.0]] * 2 + [[8.0, 0.0, 1.0]], [[0.0, 0.0, 0.0], [2.0, 2.0, 2.0], [1.0, 1.0, 1.0]]
    yield case("off-simplex/counts-3", line, "counts instead of probabilities", p, t, **needs)


def empty() -> Iterator[Entry]:
    """Yield the empty batch."""
    yield case("empty/line-5", "1.4", "no samples, no results", [], [], needs=["empty-batch"], classes=5)
    yield case("empty/labels-5", "1.2 1.4", "no samples, no labels", [], [], labels=True, **_NONE)
    yield case("empty/circle-5", "1.4 2.3", "no samples on a circle", [], [], Circle(), **_NONE)
    yield case("empty/logits-5", "1.4 5.5", "no logits", [], [], labels=True, input="logits", **_NONE)


_NONE: Entry = {"needs": ["empty-batch"], "classes": 5}
