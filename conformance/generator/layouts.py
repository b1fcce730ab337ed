"""The same kind of numbers as elsewhere, passed in other layouts of memory, and labels of every integer dtype."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.cases import Entry, case
from generator.inputs import label, logits, simplices

SOFT, LABELS, LOGITS = "1.3 1.4 4.1 5.1 8.1", "1.2 1.4 4.1 5.1 8.1", "1.2 1.4 4.1 5.5 8.1"
WORDS = {
    "fortran": "the columns are contiguous, not the rows",
    "reversed": "the classes have a negative stride",
    "strided": "every other number of wider rows",
    "part": "the inner columns of a wider array",
    "read-only": "arrays that cannot be written to",
}
NEW: dict[str, Any] = {"since": "1.1"}


def layouts() -> Iterator[Entry]:
    """Yield the cases of each layout: soft targets, labels, and logits; and of inputs whose samples share memory."""
    for passed, words in WORDS.items():
        more = NEW | {"passed": passed}
        p, t = simplices(f"layout {passed} p", 4, 3, 24), simplices(f"layout {passed} t", 4, 3, 24)
        yield case(f"layout/soft-{passed}-4", SOFT, words, p, t, **more)
        yield case(f"layout/labels-{passed}-4", LABELS, f"{words}, labels", p, [3, 0, 1], labels=True, **more)
        z = logits(f"layout {passed}", 4, 3, 4)
        logit = more | {"input": "logits", "labels": True}
        yield case(f"layout/logits-{passed}-4", LOGITS, f"{words}, logits", z, [2, 3, 0], **logit)
    for passed in ("fortran", "strided", "part"):
        p, t = simplices(f"layout axes {passed} p", 4, 6, 24), simplices(f"layout axes {passed} t", 4, 6, 24)
        more = NEW | {"passed": passed, "shape": [2, 3], "needs": ["batch-axes"]}
        yield case(f"layout/soft-{passed}-2x3-4", SOFT, f"{WORDS[passed]}, two batch axes", p, t, **more)
    more = NEW | {"passed": "broadcast"}
    rows, (one,) = simplices("layout broadcast", 5, 3, 24), simplices("layout broadcast one", 5, 1, 24)
    comment = "one {} for all samples, repeated without a copy (stride 0)"
    yield case("layout/target-broadcast-5", SOFT, comment.format("target"), rows, [one] * 3, **more)
    yield case("layout/predicted-broadcast-5", SOFT, comment.format("prediction"), [one] * 3, rows, **more)
    comment = comment.format("label")
    yield case("layout/labels-broadcast-5", LABELS, comment, rows, [4] * 3, labels=True, **more)


def axes() -> Iterator[Entry]:
    """Yield batches of two and three axes whose sizes and classes all differ, or are all alike."""
    for shape, C in (((2, 3, 5), 4), ((3, 3), 3), ((4, 2), 2)):
        name, N = "x".join(map(str, shape)), 1
        for size in shape:
            N *= size
        more = NEW | {"shape": list(shape), "needs": ["batch-axes"]}
        comment = f"batch axes of sizes {name.replace('x', ', ')}"
        p, t = simplices(f"more axes {name} p", C, N, 11), simplices(f"more axes {name} t", C, N, 11)
        yield case(f"axes/soft-{name}-{C}", SOFT, comment, p, t, **more)
        k = [(3 * i + i // 4) % C for i in range(N)]
        yield case(f"axes/labels-{name}-{C}", LABELS, f"{comment}, labels", p, k, labels=True, **more)
    rows, k = logits("more axes", 3, 8, 4), [2, 0, 1, 2, 2, 1, 0, 1]
    more = NEW | {"shape": [2, 2, 2], "needs": ["batch-axes"], "input": "logits", "labels": True}
    yield case("axes/logits-2x2x2-3", LOGITS, "batch axes of sizes 2, 2, 2, logits", rows, k, **more)


def label_dtypes() -> Iterator[Entry]:
    """Yield labels of every integer dtype, among them labels of more classes than a narrow dtype can count."""
    for dtype in ("int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64"):
        more = NEW | {"passed": dtype, "labels": True}
        p = simplices(f"label dtype {dtype}", 5, 4, 24)
        yield case(f"label-dtype/{dtype}-5", LABELS, f"labels of {dtype}", p, [0, 4, 2, 1], **more)
        z = logits(f"label dtype {dtype}", 5, 3, 4)
        yield case(f"label-dtype/logits-{dtype}-5", LOGITS, f"labels of {dtype}", z, [4, 0, 3], **more, input="logits")
    for dtype, C, k in (("int8", 200, [126, 0, 99]), ("uint8", 300, [254, 0, 199])):
        comment = f"labels of {dtype}, for more classes than it can count"
        p = [*simplices(f"many {dtype}", C, 2, 11), label(C - 1, C)]
        yield case(f"label-dtype/{dtype}-{C}", LABELS, comment, p, k, **NEW, passed=dtype, labels=True)
