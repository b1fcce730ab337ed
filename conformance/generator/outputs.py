"""Predictions that are the C - 1 logits of ordinal models: cumulative ones, which never rise, and conditional ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emd_conformance._exact.grounds import Ground, Line
from emd_conformance._exact.ordinal import Output

from generator.cases import Entry, case
from generator.grounds import CIRCLE, MATRICES, TREES
from generator.inputs import Row, logits, simplices

CLAUSES = "1.2 1.4 1.9 4.1 5.10"
GROUNDS: dict[str, Ground] = {
    "positions": Line((0.0, 1.0, 3.0, 3.5, 8.0)),
    "circle": CIRCLE,
    "tree": TREES["chain-5"][1],
    "matrix": MATRICES["random-5"],
}


def cumulative() -> Iterator[Entry]:
    """Yield the cases of cumulative logits."""
    yield from _cases("cumulative-logits")


def conditional() -> Iterator[Entry]:
    """Yield the cases of conditional logits."""
    yield from _cases("conditional-logits")


def _cases(output: Output) -> Iterator[Entry]:
    def made(name: str, clauses: str, comment: str, rows: list[Row], target: Any, **more: Any) -> Entry:
        rows = [sorted(row, reverse=True) for row in rows] if output == "cumulative-logits" else rows
        options = {"input": output, "classes": len(rows[0]) + 1, "since": "1.1", "labels": isinstance(target[0], int)}
        return case(f"{output}/{name}", clauses, comment, rows, target, **options | more)

    for C in (2, 3, 4, 5, 10, 20):
        for scale in (1, 8):
            rows, k = logits(f"outputs {C} {scale}", C - 1, 4, scale), [0, C - 1, C // 2, 1]
            yield made(f"labels-{C}-{scale}", CLAUSES, f"logits up to {scale}", rows, k)
    for C in (2, 3, 5, 10):
        rows, t = logits(f"soft outputs {C}", C - 1, 3, 4), simplices(f"soft outputs {C}", C, 3, 24)
        yield made(f"soft-{C}", CLAUSES, "soft targets", rows, t)
    for name, N, C in (("rows", 33, 8), ("as-many", 5, 5), ("as-many-outputs", 4, 5), ("one", 1, 6)):
        rows, k = logits(f"outputs {name}", C - 1, N, 4), [(5 * i + 1) % C for i in range(N)]
        yield made(f"{name}-{N}-{C}", CLAUSES, f"{N} rows that differ, {C} classes", rows, k)
    rows = [[0.0] * 3, [2.0] * 3, [-7.5, -7.5, -8.0], [1.0, 1.0, 1.0]]
    yield made("ties-4", CLAUSES, "equal logits", rows, [3, 2, 0, 1])
    rows = [[40.0, 30.0, 0.0], [20.0, -30.0, -40.0], [-20.0, -20.5, -21.0], [35.0, 36.0, 37.0]]
    yield made("saturated-4", CLAUSES, "almost certain, right or wrong", rows, [2, 2, 0, 3])
    rows, huge = [[1e4, 9999.0, -1e4], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4], [1e4, 0.0, -1e4]], ["huge-logits"]
    yield made("huge-4", f"{CLAUSES} 7.4", "±10000 must not overflow", rows, [2, 0, 3, 1], flags=huge)
    rows = [[90.0, 89.0], [-95.0, -96.5], [100.0, -100.0]]
    yield made(
        "large-single-3", f"{CLAUSES} 7.4", "an exponential may overflow in float32", rows, [2, 0, 1], flags=huge
    )
    for name, ground in GROUNDS.items():
        rows, t = logits(f"outputs {name}", 4, 3, 3), simplices(f"outputs {name}", 5, 3, 24)
        yield made(f"{name}-5", "1.9 4.3 4.6 5.10", "another ground distance", rows, t, ground=ground)
        rows = logits(f"outputs labels {name}", 4, 3, 3)
        yield made(f"labels-{name}-5", "1.2 1.9 4.3 4.6 5.10", "labels", rows, [4, 0, 2], ground=ground)
    rows, several = logits("outputs axes", 3, 6, 4), {"shape": [2, 3], "needs": ["batch-axes"]}
    yield made("axes-2x3-4", CLAUSES, "batch axes of sizes 2, 3", rows, [3, 0, 1, 2, 0, 1], **several)
