"""Predictions that are logits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emd_conformance._exact.grounds import Ground, Line

from generator.cases import Entry, case
from generator.grounds import CIRCLE, MATRICES, TREES
from generator.inputs import Row, logits, simplices


def cases() -> Iterator[Entry]:
    """Yield the cases of logits."""
    clauses = "1.2 1.4 4.1 5.5"
    for classes in (2, 3, 4, 5, 8, 10, 30, 100):
        for scale in (1, 8):
            rows, k = logits(f"logits {classes} {scale}", classes, 4, scale), [0, classes - 1, classes // 2, 1]
            comment = f"logits up to {scale}"
            yield case(f"logits/labels-{classes}-{scale}", clauses, comment, rows, k, input="logits", labels=True)
    for classes in (3, 5, 10):
        rows, t = logits(f"soft logits {classes}", classes, 3, 4), simplices(f"soft logits {classes}", classes, 3, 24)
        yield case(f"logits/soft-{classes}", "1.3 4.1 5.5", "soft targets", rows, t, input="logits")
    rows = [[1e4, 0.0, -1e4], [-1e4, 1e4, 9999.0], [1e4, 1e4, 1e4]]
    more: Entry = {"input": "logits", "labels": True, "flags": ["huge-logits"]}
    yield case("logits/huge-3", "4.1 5.5 7.4", "±10000 must not overflow", rows, [0, 2, 1], **more)
    rows = [[x + shift for x in (1.0, -0.5, 2.0, 0.25)] for shift in (0.0, 64.0, -512.0)]
    yield case("logits/shifted-4", "5.5", "adding a constant changes nothing", rows, [2, 2, 2], **more | {"flags": []})
    rows = [[0.0] * 4, [2.0] * 4, [-7.5] * 4]
    yield case("logits/uniform-4", "4.1 5.5", "equal logits: p = 1/C", rows, [0, 1, 3], **more | {"flags": []})
    yield case("logits/one-class", "1.5 5.5", "one class", [[3.0], [0.0], [-2.0]], [0, 0, 0], **more | {"flags": []})
    grounds: dict[str, Ground] = {
        "positions": Line((0.0, 1.0, 3.0, 3.5, 8.0)),
        "circle": CIRCLE,
        "tree": TREES["chain-5"][1],
        "matrix": MATRICES["random-5"],
    }
    for name, ground in grounds.items():
        rows, t = logits(f"logits {name}", 5, 3, 3), simplices(f"logits {name}", 5, 3, 24)
        yield case(f"logits/{name}-5", "4.3 4.6 5.5", "another ground distance", rows, t, ground, input="logits")
    yield from _more(grounds)
    yield from _extreme()
    yield from _infinite(grounds)


LABELS: dict[str, Any] = {"input": "logits", "labels": True}


def _more(grounds: dict[str, Ground]) -> Iterator[Entry]:
    for name, ground in grounds.items():
        rows = logits(f"logits labels {name}", 5, 3, 3)
        yield case(f"logits/labels-{name}-5", "1.2 4.3 4.6 5.5", "labels", rows, [4, 0, 2], ground, **LABELS)
    for C in (2, 4, 20):
        rows, t = logits(f"more soft logits {C}", C, 3, 4), simplices(f"more soft logits {C}", C, 3)
        yield case(f"logits/soft-{C}", "1.3 4.1 5.5", "soft targets, full mantissas", rows, t, input="logits")
    for N, C in ((1, 4), (7, 3), (33, 8)):
        rows, k = logits(f"rows {N}", C, N, 4), [(5 * i + 1) % C for i in range(N)]
        flags = ["hard-coded-size"] if N == 33 else []
        yield case(f"logits/rows-{N}-{C}", "1.2 1.4 1.6 5.5", f"{N} rows that differ", rows, k, flags=flags, **LABELS)
    rows, k = logits("logits square", 5, 5, 4), [2, 4, 0, 3, 1]
    comment = "as many labels as classes: a broadcast has the right shape"
    yield case("logits/square-5", "1.2 1.4 5.5", comment, rows, k, **LABELS)


def _extreme() -> Iterator[Entry]:
    huge = ["huge-logits"]
    comment = "logits of ±10000 must not overflow, whatever the class"
    for C in (2, 5, 10):
        rows = [[1e4 * (-1) ** ((i * j) // 2 + i) + j for j in range(C)] for i in range(4)]
        k = [0, C - 1, C // 2, 1]
        yield case(f"logits/huge-labels-{C}", "4.1 5.5 7.4", comment, rows, k, flags=huge, **LABELS)
    rows = [[9998.0, 1e4, 9999.0, 9997.0], [-1e4, -9999.0, -9999.5, -9998.0], [1e4, -1e4, 1e4, 0.0]]
    t = simplices("huge soft", 4, 3, 24)
    yield case("logits/huge-soft-4", "4.1 5.5 7.4", comment, rows, t, flags=huge, input="logits")
    rows = [[90.0, 89.0, 91.5], [-95.0, -90.0, -92.0], [100.0, 99.0, -100.0]]
    comment = "an exponential without care overflows in float32 here"
    yield case("logits/large-single-3", "5.5 7.4", comment, rows, [0, 1, 2], flags=huge, **LABELS)
    rows = [[40.0, 0.0, -40.0, 1.0], [0.0, 30.0, 0.0, -30.0], [-20.0, -20.5, 20.0, 19.0]]
    comment = "almost certain, right or wrong: the gradient nearly vanishes"
    yield case("logits/saturated-4", "4.1 5.5", comment, rows, [0, 1, 0], **LABELS)
    rows = [[2.0**-1074, 0.0, -(2.0**-1074)], [2.0**-1022, 2.0**-1030, 0.0], [2.0**-60, -(2.0**-60), 0.0]]
    yield case("logits/tiny-3", "4.1 5.5 7.1", "differences below every rounding: p = 1/3", rows, [0, 1, 2], **LABELS)
    rows = [[0.0, 0.0, 1.0, 1.0, 2.0], [1.0] * 5, [3.0, -3.0, 3.0, -3.0, 0.0]]
    yield case("logits/ties-5", "4.1 5.5", "equal logits among others", rows, [4, 2, 1], **LABELS)


def _infinite(grounds: dict[str, Ground]) -> Iterator[Entry]:
    """Yield logits of -inf: classes of probability 0, from masks and from logarithms of one-hots."""
    infinite: Entry = {"input": "logits", "flags": ["infinite-logits"], "since": "1.1"}
    clauses = "1.1 4.1 5.5 8.2"
    for C in (2, 5):
        rows, k = [_logarithm(j, C) for j in range(C) for _ in (0, 1)], [(j + i) % C for j in range(C) for i in (0, 1)]
        comment = "the logarithm of a one-hot, right and one class off: the gradient is 0"
        yield case(f"logits/infinite-one-hot-{C}", f"{clauses} 5.6", comment, rows, k, labels=True, **infinite)
    for C in (3, 4, 10, 30):
        rows, k = masked(logits(f"masked {C}", C, 4, 4)), [0, C - 1, 0, 1]
        comment = "some classes are masked, the label among them in some rows"
        yield case(f"logits/infinite-labels-{C}", f"1.2 {clauses}", comment, rows, k, labels=True, **infinite)
    for C in (3, 8):
        rows, t = masked(logits(f"masked soft {C}", C, 4, 4)), simplices(f"masked soft {C}", C, 4, 24)
        yield case(f"logits/infinite-soft-{C}", clauses, "masked classes, soft targets", rows, t, **infinite)
    for name, ground in grounds.items():
        rows, t = masked(logits(f"masked {name}", 5, 4, 3)), simplices(f"masked {name}", 5, 4, 24)
        yield case(f"logits/infinite-{name}-5", f"4.3 4.6 {clauses}", "masked classes", rows, t, ground, **infinite)
    low = float("-inf")
    rows = [[1e4, low, -1e4, 9999.0], [low, -1e4, -1e4, low], [low, low, low, 1e4]]
    more = infinite | {"flags": ["infinite-logits", "huge-logits"]}
    yield case("logits/infinite-huge-4", f"{clauses} 7.4", "-inf beside ±10000", rows, [0, 2, 1], labels=True, **more)


def masked(rows: list[Row]) -> list[Row]:
    """Return the rows with -inf in one class in two, two in three, all but one, and the last: never in all."""
    low, C = float("-inf"), len(rows[0])
    kept = [range(0, C, 2), range(1, C, 3), [C // 2], range(C - 1)]
    return [[x if j in keep else low for j, x in enumerate(row)] for row, keep in zip(rows, kept, strict=True)]


def _logarithm(k: int, classes: int) -> Row:
    """Return log e_k."""
    return [0.0 if j == k else float("-inf") for j in range(classes)]
