"""Cases worked out on paper; the generator raises an error if the exact values differ from those on paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emd_conformance._cases.load import read_exact, read_fraction
from emd_conformance._exact.grounds import LINE, Circle, Ground, Line, Matrix, Tree

from generator.cases import Entry, case
from generator.inputs import Row, label


def cases() -> Iterator[Entry]:
    """Yield the cases worked out by hand."""
    yield from _line()
    yield from _grounds()
    yield from _logits()


def by_hand(
    name: str,
    clauses: str,
    comment: str,
    predicted: list[Row],
    target: Any,
    E: str,
    ground: Ground = LINE,
    **more: Any,
) -> Entry:
    """Return a case, or raise ValueError if its exact values are not E."""
    entry = case(f"hand/{name}", clauses, comment, predicted, target, ground, **more)
    found = [read_exact(x) for x in entry["expected"]["E"]]
    if not all(x.lo <= read_fraction(value) <= x.hi for x, value in zip(found, E.split(), strict=True)):
        raise ValueError(f"hand/{name}: by hand {E}, exactly {entry['expected']['E']}")
    return entry


def _line() -> Iterator[Entry]:
    clauses = "1.1 1.3 2.2 3.2 4.1 5.1"
    p, t = [[1.0, 0.0], [0.5, 0.5], [0.25, 0.75]], [[0.0, 1.0]] * 3
    yield by_hand("two-classes", clauses, "C = 2: E = (p_1 - t_1)²", p, t, "1 1/4 1/16")
    p, t = [[0.5, 0.5, 0.0], [0.25, 0.5, 0.25], [0.5, 0.0, 0.5]], [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.0, 1.0, 0.0]]
    comment = "D = (1/2, 1/2, 0), (-1/4, 1/4, 0), (1/2, -1/2, 0)"
    yield by_hand("three-classes", clauses, comment, p, t, "1/2 1/8 1/2")
    p = [[0.25] * 4, [0.5, 0.0, 0.0, 0.5], [0.0, 0.5, 0.5, 0.0]]
    comment = "against class 2 of 4: D = (1/4, 1/2, -1/4, 0), (1/2, 1/2, -1/2, 0), (0, 1/2, 0, 0)"
    yield by_hand("label-of-four", f"1.2 {clauses}", comment, p, [2, 2, 2], "3/8 3/4 1/4", labels=True)
    p, t = [[0.0, 0.5, 0.5, 0.0, 0.0], [0.0, 0.5, 0.0, 0.0, 0.5], label(4, 5)], [label(1, 5)] * 3
    comment = "half the mass one step off, three steps off, all of it three steps off: 1/4, 3/4, 3"
    flags = ["missing-cumsum", "abs-inside-sum", "w2-for-l2"]
    yield by_hand("steps-of-five", clauses, comment, p, t, "1/4 3/4 3", flags=flags)
    p, t = [label(0, 5), [0.5, 0.0, 0.0, 0.0, 0.5], [0.0, 0.0, 1.0, 0.0, 0.0]], [[0.5, 0.0, 0.0, 0.0, 0.5]] * 3
    comment = "the ends against each other: D = (1/2, …, 1/2, 0), 0, and (-1/2, -1/2, 1/2, 1/2, 0)"
    yield by_hand("ends-of-five", clauses, comment, p, t, "1 0 1")
    p, t = [[0.5, -0.0, 0.5], [-0.0, 1.0, 0.0], [1.0, -0.0, -0.0]], [label(0, 3), label(1, 3), label(2, 3)]
    comment = "a negative zero is a zero"
    yield by_hand("negative-zero", f"{clauses} 8.2", comment, p, t, "1/2 0 2")


def _grounds() -> Iterator[Entry]:
    p, t = [label(0, 3), label(0, 3), [0.5, 0.5, 0.0]], [label(2, 3), label(1, 3), label(2, 3)]
    x = Line((0.0, 1.0, 4.0))
    yield by_hand("positions", "2.2 3.2 4.2 5.1", "w = (1, 3): 1 + 3, 1, 1/4 + 3", p, t, "4 1 13/4", x)
    p, t = [label(0, 5)] * 3, [label(1, 5), label(2, 5), label(4, 5)]
    comment = "on a circle the last class is next to the first: 1, 2, 1"
    yield by_hand("circle-five", "2.3 3.3 4.4", comment, p, t, "1 2 1", Circle())
    p, t = [label(0, 4), label(0, 4), [0.5, 0.0, 0.5, 0.0]], [label(1, 4), label(2, 4), [0.0, 0.5, 0.0, 0.5]]
    yield by_hand("circle-four", "2.3 3.3 4.4", "two pairs of opposite classes tie", p, t, "1 2 0", Circle())
    p, t = [label(0, 3), label(0, 3), [0.5, 0.5, 0.0]], [label(1, 3), label(2, 3), label(2, 3)]
    star = Tree((3, 3, 3, -1), (1.0, 2.0, 4.0, 0.0))
    comment = "branches of 1, 2 and 4 to the root: 1 + 2, 1 + 4, 1/4 + 2/4 + 4"
    yield by_hand("star", "2.4 3.4 4.5", comment, p, t, "3 5 19/4", star)
    p, t = [label(0, 3), [0.5, 0.5, 0.0], [0.5, 0.0, 0.5]], [label(2, 3), label(2, 3), label(1, 3)]
    chain = Tree((1, 2, -1), (1.0, 3.0, 0.0))
    comment = "a chain is a line with positions 0, 1, 4"
    yield by_hand("chain", "2.2 2.4 4.2 4.5", comment, p, t, "4 13/4 1", chain)
    p, t = [label(0, 3), [0.5, 0.5, 0.0], [0.5, 0.25, 0.25]], [label(2, 3), label(2, 3), [0.25, 0.25, 0.5]]
    squares = Matrix(((0.0, 1.0, 4.0), (1.0, 0.0, 1.0), (4.0, 1.0, 0.0)))
    comment = "squared distances: E is the squared difference of the means, 2², (3/2)², (1/2)²"
    yield by_hand("squared-distances", "2.1 4.6 5.3", comment, p, t, "4 9/4 1/4", squares)
    discrete = Matrix(((0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0)))
    comment = "all distances 1: E is half the squared Euclidean distance of p and t"
    yield by_hand("all-alike", "2.1 4.6 5.3", comment, p, t, "1 3/4 1/16", discrete)


def _logits() -> Iterator[Entry]:
    rows = [[0.0] * 4, [5.0] * 4, [-1e4] * 4]
    comment = "p = 1/4 each: against class 0, D = (-3/4, -1/2, -1/4, 0)"
    yield by_hand(
        "equal-logits",
        "1.2 4.1 5.5",
        comment,
        rows,
        [0, 0, 0],
        "7/8 7/8 7/8",
        input="logits",
        labels=True,
        flags=["huge-logits"],
    )
    rows, comment = [[0.0] * 2, [1e4] * 2, [-3.5] * 2], "p = 1/2 each: E = 1/4 for either class"
    yield by_hand(
        "two-logits",
        "1.2 4.1 5.5",
        comment,
        rows,
        [0, 1, 1],
        "1/4 1/4 1/4",
        input="logits",
        labels=True,
        flags=["huge-logits"],
    )
