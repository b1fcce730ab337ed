"""Regions that random numbers miss: sums that are 0 on the way, equal classes, last classes, and tiny probabilities."""

from __future__ import annotations

from collections.abc import Iterator

from generator.cases import Entry, case
from generator.grounds import CIRCLE, OF_FOUR, TREES
from generator.inputs import Row, label, logits, simplex

SOFT, LABELS, LOGITS = "1.3 4.1 5.1", "1.2 4.1 5.1", "1.2 4.1 5.5"
NEW: Entry = {"since": "1.1"}


def cases() -> Iterator[Entry]:
    """Yield soft targets, labels and logits of the rare regions."""
    yield from _zeros_on_the_way()
    yield from _tiny()
    yield from _last_classes()
    yield from _one_row()
    yield from _alike()


def _zeros_on_the_way() -> Iterator[Entry]:
    p = [
        [0.5, 0.0, 0.25, 0.25, 0.0],
        [0.25, 0.25, 0.0, 0.5, 0.0],
        [0.0, 0.5, 0.0, 0.0, 0.5],
        [0.25, 0.5, 0.25, 0.0, 0.0],
    ]
    t = [[0.25, 0.25, 0.5, 0.0, 0.0], [0.25, 0.0, 0.25, 0.0, 0.5], [0.5, 0.0, 0.0, 0.5, 0.0], [0.5, 0.0, 0.5, 0.0, 0.0]]
    comment = "D_k returns to 0 on the way, and changes its sign"
    yield case("rare/zero-on-the-way-5", SOFT, comment, p, t, **NEW)
    yield case("rare/zero-on-the-way-circle-5", "2.3 4.4", comment, p, t, CIRCLE, **NEW)
    p = [[*simplex(f"rare tail {i}", 3, 24), 0.0, 0.0, 0.0] for i in range(3)]
    t = [[*simplex(f"rare tail t {i}", 3, 24), 0.0, 0.0, 0.0] for i in range(3)]
    yield case("rare/empty-tail-6", SOFT, "the last classes are empty: D_k is exactly 0 there", p, t, **NEW)
    yield case(
        "rare/empty-head-6", SOFT, "the first classes are empty", [r[::-1] for r in p], [r[::-1] for r in t], **NEW
    )
    p, t = ([[0.0, *row[:3], 0.0, 0.0] for row in rows] for rows in (p, t))
    yield case("rare/empty-both-6", SOFT, "the first and the last classes are empty", p, t, **NEW)
    for C in (2, 4):
        rows = [[1 / C] * C, label(0, C), label(C - 1, C)]
        comment = "equal classes against themselves and against one class"
        yield case(f"rare/equal-{C}", f"{SOFT} 5.6", comment, rows + rows[:2], [*rows, rows[2], rows[0]], **NEW)
        yield case(f"rare/equal-labels-{C}", LABELS, "equal classes", [rows[0]] * 2, [C - 1, 0], labels=True, **NEW)
    p, t = [[1.0, 0.0], [0.75, 0.25], [0.0, 1.0], [0.5, 0.5]], [[0.0, 1.0], [0.25, 0.75], [0.0, 1.0], [1.0, 0.0]]
    yield case("rare/two-classes-2", f"{SOFT} 5.6", "two classes: certain, wrong, right, undecided", p, t, **NEW)
    yield case("rare/one-class-1", "1.2 1.5 4.1", "one class and its label", [[1.0]] * 3, [0, 0, 0], labels=True, **NEW)
    p, t = [label(0, 4), label(3, 4), [0.5, 0.0, 0.0, 0.5]], [label(0, 4), label(0, 4), [0.5, 0.0, 0.0, 0.5]]
    yield case(
        "rare/tree-equal-4", "4.5 5.2 5.6", "perfect, as wrong as can be, perfect", p, t, TREES["binary-4"][1], **NEW
    )


def _tiny() -> Iterator[Entry]:
    for name, e in (("7", 24), ("12", 40), ("16", 53)):
        x = 2.0**-e
        p: list[Row] = [[1 - x, x, 0.0, 0.0], [0.5, 0.5 - x, 0.0, x], [x, 0.0, 1 - x, 0.0]]
        t: list[Row] = [[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], [0.0, x, 1 - x, 0.0]]
        comment = f"probabilities and distances of 2^-{e}: an epsilon or a threshold near 1e-{name} shows"
        yield case(f"rare/below-epsilon-{name}-4", f"{SOFT} 7.1", comment, p, t, **NEW)
        comment = f"the label has a probability of 2^-{e}, or of 0"
        yield case(f"rare/unlikely-label-{name}-4", f"{LABELS} 7.1", comment, p, [1, 3, 3], labels=True, **NEW)


def _last_classes() -> Iterator[Entry]:
    for C in (2, 3, 5, 10):
        p, k = [simplex(f"rare last {C} {i}", C, 24) for i in range(3)], [C - 1, C - 1, C - 2]
        yield case(f"rare/last-label-{C}", LABELS, "labels of the last classes", p, k, labels=True, **NEW)
        more = NEW | {"input": "logits", "labels": True}
        z = logits(f"rare last {C}", C, 3, 4)
        yield case(f"rare/logits-last-label-{C}", LOGITS, "labels of the last classes", z, k, **more)
        z = [[0.0] * C, [3.0] * (C - 1) + [-3.0], [-2.0] * (C - 1) + [2.0]]
        yield case(f"rare/logits-equal-{C}", LOGITS, "equal logits, but for the last class", z, [C - 1] * 3, **more)
        t = [label(C - 1, C), simplex(f"rare logits {C}", C, 11), [0.0] * (C - 2) + [0.5, 0.5]]
        z, more = logits(f"rare soft {C}", C, 3, 4), NEW | {"input": "logits"}
        yield case(f"rare/logits-soft-{C}", "1.3 4.1 5.5", "targets with empty classes", z, t, **more)


def _one_row() -> Iterator[Entry]:
    """Yield batches of one sample, in numbers that are exact in single precision or in every format."""
    comment = "a batch of one sample: its axis stays"
    for C in (2, 3, 5):
        p, t = [simplex(f"rare one {C} p", C, 24)], [simplex(f"rare one {C} t", C, 24)]
        yield case(f"rare/one-row-{C}", SOFT, comment, p, t, **NEW)
        yield case(f"rare/one-row-labels-{C}", LABELS, comment, p, [C - 2], labels=True, **NEW)
        more = NEW | {"input": "logits"}
        z = logits(f"rare one {C}", C, 1, 4)
        yield case(f"rare/one-row-logits-{C}", LOGITS, comment, z, [C - 1], labels=True, **more)
        yield case(
            f"rare/one-row-logits-soft-{C}", "1.3 4.1 5.5", comment, z, [simplex(f"rare one {C}", C, 11)], **more
        )
    comment = "labels that would be one one-hot row, were they no labels"
    for C in (2, 4):
        k = [int(i == C - 1) for i in range(C)]
        p = [simplex(f"rare labels {C} {i}", C, 24) for i in range(C)]
        yield case(f"rare/labels-as-one-hot-{C}", LABELS, comment, p, k, labels=True, **NEW)
        more = NEW | {"input": "logits", "labels": True}
        yield case(f"rare/logits-labels-as-one-hot-{C}", LOGITS, comment, logits(f"rare {C}", C, C, 4), k, **more)
    comment = "a batch of one sample: its axis stays"
    p, t = [[0.5, 0.25, 0.125, 0.125]], [[0.0, 0.5, 0.25, 0.25]]
    for name, ground in OF_FOUR.items():
        yield case(f"rare/one-row-{name}-4", "1.4", comment, p, t, ground, **NEW)
        yield case(f"rare/one-row-{name}-label-4", "1.4", comment, p, [3], ground, labels=True, **NEW)


def _alike() -> Iterator[Entry]:
    """Yield rows that code may take for others: nearly hard targets, rows that are close, logits like probabilities."""
    t = [[1 - 2.0**-8, 2.0**-8, 0.0, 0.0], [2.0**-12, 0.0, 0.0, 1 - 2.0**-12], [0.0, 2.0**-20, 1 - 2.0**-20, 0.0]]
    p, comment = [simplex(f"rare alike {i}", 4, 24) for i in range(3)], "soft targets that are nearly hard"
    yield case("rare/nearly-hard-4", SOFT, comment, p, t, **NEW)
    more = NEW | {"input": "logits"}
    yield case("rare/logits-nearly-hard-4", "1.3 4.1 5.5", comment, logits("rare alike", 4, 3, 4), t, **more)
    x, comment = 2.0**-18, "p and t differ by less than what is often taken for equal"
    t = [[0.5, 0.25, 0.25, 0.0], [0.25, 0.5, 0.125, 0.125], [0.0, 0.5, 0.5, 0.0]]
    p = [[0.5 - x, 0.25 + x, 0.25, 0.0], [0.25, 0.5 + x, 0.125, 0.125 - x], [0.0, 0.5 + x, 0.5 - x, 0.0]]
    yield case("rare/close-4", f"{SOFT} 7.1", comment, p, t, **NEW)
    t = [[0.375, 0.375, 0.25, 0.0], [0.25, 0.25, 0.25, 0.25], [0.0, 0.4375, 0.125, 0.4375]]
    p, comment = (
        [simplex(f"rare ties {i}", 4, 24) for i in range(3)],
        "soft targets whose largest probability is not one",
    )
    yield case("rare/ties-4", SOFT, comment, p, t, **NEW)
    yield case("rare/logits-ties-4", "1.3 4.1 5.5", comment, logits("rare ties", 4, 3, 4), t, **more)
    p, t, comment = (
        [simplex("rare one hard", 3, 24)],
        [[0.03125, 0.96875, 0.0]],
        "one sample, whose target is nearly hard",
    )
    yield case("rare/one-row-nearly-hard-3", SOFT, comment, p, t, **NEW)
    yield case("rare/one-row-logits-nearly-hard-3", "1.3 4.1 5.5", comment, [[0.0, 1.0, 0.0]], t, **more)
    p, k = [simplex(f"rare repeated {i}", 4, 24) for i in range(2)], [0, 0, 2, 0, 2]
    order, comment = [0, 0, 1, 0, 1], "rows and labels that repeat: each counts"
    yield case("rare/repeated-rows-4", LABELS, comment, [p[i] for i in order], k, labels=True, **NEW)
    z = logits("rare repeated", 4, 2, 4)
    yield case("rare/logits-repeated-rows-4", LOGITS, comment, [z[i] for i in order], k, labels=True, **more)
    for N in (16, 32, 64):
        z, k = logits(f"rare whole blocks {N}", 4, N, 4), [(5 * i + 1) % 4 for i in range(N)]
        yield case(f"rare/logits-rows-{N}-4", LOGITS, f"{N} rows: whole blocks", z, k, labels=True, **more)
    rows = [[0.5, 0.25, 0.25, 0.0], [0.0, 0.0, 1.0, 0.0], [0.25] * 4, [0.125, 0.5, 0.125, 0.25]]
    comment = "logits that could be probabilities"
    yield case("rare/logits-as-probabilities-4", LOGITS, comment, rows, [0, 1, 2, 3], labels=True, **more)
    for e in (22, 40):
        x, comment = 2.0**-e, f"every probability but one is 2^-{e}"
        p = [[1 - 3 * x, x, x, x], [x, x, x, 1 - 3 * x]]
        yield case(f"rare/tiny-everywhere-{e}-4", f"{SOFT} 7.1", comment, p, [label(0, 4), label(3, 4)], **NEW)
