"""Batches and class counts past 1, 2, 4 and 8 thousand, for code that works in blocks, tiles or up to a fixed size.

Probabilities are integers over a power of 2, and so are the exact answers, which are computed in integers: the files
state the integers alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate

from emd_conformance._cases.load import read_exact

from generator.cases import Entry, case
from generator.inputs import logits, simplex

CLAUSES = ["1.3", "1.4", "4.1", "5.1"]
FLAGS = ["hard-coded-size", "large-size"]
TAIL = 8  # rows, as many as 8200 has beyond 8192
OF_LOGITS = 31  # whose exact values take more room
DISTINCT = 101  # samples, each of which is judged once; a row that belongs elsewhere shows in 99 of 100 places


def cases() -> Iterator[Entry]:
    """Yield batches of few classes, and few rows of many classes, with soft targets or labels."""
    for N, soft in ((101, False), (257, True), (513, False), (1025, True), (2050, False), (4099, True), (8200, False)):
        yield _case(f"rows-{N}", _rows(N, DISTINCT), N, 6, 6, soft)
        if N > 1000:
            yield _logits(N, soft)
    yield _large_values()
    for C in (300, 2100):
        yield _last_labels(C)
    for C in (32, 64, 200, 300, 2050):
        yield _logits_of_many_classes(C)
    for C in (300, 2050):
        yield _nearly_right(C)
    for C, soft in ((1025, True), (2050, False), (4099, True), (8200, False)):
        yield _case(f"classes-{C}", f"{C} classes", 2, C, 16, soft)
    yield from _whole_blocks()


def _whole_blocks() -> Iterator[Entry]:
    """Yield sizes that are multiples of blocks, and more than 100 000 numbers, which float32 rounds."""
    for N, soft, bits in ((64, True, 6), (1024, False, 6), (20000, True, 24)):
        yield _case(f"rows-{N}", _rows(N, min(N, DISTINCT)), N, 6, bits, soft)
    for C, soft in ((128, False), (1024, True)):
        yield _case(f"classes-{C}", f"{C} classes", 2, C, 16, soft)


def _case(name: str, comment: str, N: int, C: int, bits: int, soft: bool) -> Entry:
    rng = random.Random(f"size {name}")
    few = min(N, DISTINCT)
    p, t = ([_counts(rng, C, bits) for _ in range(few)] for _ in range(2))
    k = [(C - 1, 0)[i] if i < 2 else rng.randrange(C) for i in range(few)]
    if not soft:
        t = [[(j == label) << bits for j in range(C)] for label in k]
    entry: Entry = {"id": f"size/{name}", "clauses": CLAUSES, "since": "1.1", "comment": comment}
    entry |= {"input": "probabilities", "classes": C, "ground": {"kind": "line"}, "predicted": _over(bits, p)}
    entry |= {"target": _over(bits, t)} if soft else {"labels": k}
    entry |= {"dtypes": ["float64", "float32"] + ["float16", "bfloat16"] * (bits == 6), "flags": FLAGS}
    entry["expected"] = {"E": _over(2 * bits, [_energy(*pair) for pair in zip(p, t, strict=True)])}
    if max(N, C) < 2000:  # those of the larger ones would take long
        entry["gradient"] = {"E": _over(bits, [_gradient(*pair) for pair in zip(p, t, strict=True)])}
    return _repeated(entry, rng, N)


def _large_values() -> Entry:
    """Return a case whose values sum to more than the largest float16, which their mean does not."""
    N, C = 1100, 65
    p, k = [[int(j == i) for j in range(C)] for i in (0, C - 1, 1)], [C - 1, 0, C - 1]
    comment = f"{N} values near {C - 1}: their sum overflows in float16, and their mean does not"
    entry = _of_counts("large-values", comment, p, k, ["1.2", "1.6", "4.1", "7.4"])
    del entry["gradient"]  # multiplied by those from above, it overflows in float16
    return _repeated(entry, random.Random("size large values"), N)


def _last_labels(C: int) -> Entry:
    """Return a case of few classes beside the labels, which formats of 8 or 11 bits take for one another."""
    k = [C - 1, C - 2, 257 if C == 300 else 2049, C - 4, 1]
    p = [[int(j == label + shift) for j in range(C)] for label, shift in zip(k, (-1, 1, -2, 1, 1), strict=True)]
    return _of_counts(f"last-labels-{C}", f"{C} classes, predictions beside labels of the last ones", p, k, CLAUSES)


def _of_counts(name: str, comment: str, p: list[list[int]], k: list[int], clauses: list[str]) -> Entry:
    """Return a case of certain predictions and labels, which every format holds."""
    C = len(p[0])
    pairs = [([2 * x for x in row], [2 * int(j == label) for j in range(C)]) for row, label in zip(p, k, strict=True)]
    entry: Entry = {"id": f"size/{name}", "clauses": clauses, "since": "1.1", "comment": comment}
    entry |= {"input": "probabilities", "classes": C, "ground": {"kind": "line"}}
    entry |= {"predicted": _over(1, [row for row, _ in pairs]), "labels": k}
    entry |= {"dtypes": ["float64", "float32", "float16", "bfloat16"], "flags": FLAGS}
    entry["expected"] = {"E": _over(2, [_energy(*pair) for pair in pairs])}
    entry["gradient"] = {"E": _over(1, [_gradient(*pair) for pair in pairs])}
    return entry


def _logits(N: int, soft: bool) -> Entry:
    name = f"logits-{N}"
    rng = random.Random(f"size {name}")
    rows, t = logits(f"size {name}", 6, OF_LOGITS, 4), [simplex(f"size {name} {i}", 6, 11) for i in range(OF_LOGITS)]
    k = [rng.randrange(6) for _ in rows]
    more: Entry = {"input": "logits", "flags": FLAGS, "since": "1.1"} | ({} if soft else {"labels": True})
    entry = case(f"size/{name}", "1.2 1.3 1.4 5.5", _rows(N, OF_LOGITS), rows, t if soft else k, **more)
    if N > 2000:
        del entry["gradient"]
    return _repeated(entry, rng, N)


def _logits_of_many_classes(C: int) -> Entry:
    """Return a case of whole blocks of classes, or of labels that narrow integers or, beyond 2048, float16 lack."""
    more: Entry = {"input": "logits", "flags": FLAGS, "since": "1.1", "labels": True}
    k, comment = [C - 1, C - 2, *([255] if C > 256 else [])], f"{C} classes, labels of the last ones"
    rows = logits(f"size logits {C}", C, len(k), 4)
    entry = case(f"size/logits-classes-{C}", "1.2 1.4 5.5", comment, rows, k, **more)
    if C > 100:
        del entry["gradient"]
    return entry


def _nearly_right(C: int) -> Entry:
    """Return a case of predictions that are nearly right, beside which the error of a neighbouring label is large."""
    k, more = [C - 1, C - 2], {"input": "logits", "flags": FLAGS, "since": "1.1", "labels": True}
    rows = [[30.0 if j == label else -30.0 for j in range(C)] for label in k]
    entry = case(f"size/logits-nearly-right-{C}", "1.2 1.4 5.5", f"{C} classes, nearly right", rows, k, **more)
    del entry["gradient"]
    return entry


def _repeated(entry: Entry, rng: random.Random, N: int) -> Entry:
    """Return a case of N samples, whose rows are those of this case in random order.

    The last ones have the largest value, so that a mean without them differs by more than rounding.
    """
    values = entry["expected"]["E"]
    values = values["numerators"] if isinstance(values, dict) else [read_exact(x).middle for x in values]
    listed = len(values)
    if N > listed:
        order = [i if i < listed else rng.randrange(listed) for i in range(N)]
        entry["order"] = order[:-TAIL] + [values.index(max(values))] * TAIL
    return entry


def _rows(N: int, distinct: int) -> str:
    return f"{N} rows, {distinct} of them distinct, in random order"


def _over(bits: int, numerators: list[list[int]] | list[int]) -> Entry:
    return {"over": f"2^{bits}", "numerators": numerators}


def _counts(rng: random.Random, C: int, bits: int) -> list[int]:
    """Return counts of sum 2^bits, of which no float16 rounds one."""
    cuts = sorted(rng.getrandbits(bits) for _ in range(C - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, 1 << bits], strict=True)]


def _energy(p: list[int], t: list[int]) -> int:
    """Return Σ D_k² (4.1) over 2^(2 bits)."""
    return sum(D * D for D in _differences(p, t))


def _gradient(p: list[int], t: list[int]) -> list[int]:
    """Return 2 Σ_{k>=j} D_k (5.1) over 2^bits."""
    return [2 * x for x in accumulate(reversed(_differences(p, t)))][::-1]


def _differences(p: list[int], t: list[int]) -> list[int]:
    return [*accumulate(a - b for a, b in zip(p, t, strict=True))]
