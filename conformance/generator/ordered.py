"""Ordered classes: one-hot, smooth, nearly equal, tiny and large distributions."""

from __future__ import annotations

from collections.abc import Iterator

from emd_conformance._exact.grounds import Line

from generator.cases import Entry, case
from generator.grounds import CIRCLE, MATRICES, TREES
from generator.inputs import Row, binomial, label, nearby, permuted, simplex, simplices, triangular

CLAUSES = "1.1 1.3 4.1 5.1"


def one_hot() -> Iterator[Entry]:
    """Yield the cases where p or t has all its mass on one class."""
    flags = ["off-by-one-cdf", "missing-cumsum", "w2-for-l2"]
    for C in (2, 3, 4, 5):
        p, t = [label(i, C) for i in range(C) for _ in range(C)], [label(j, C) for j in range(C)] * C
        comment = "every class against every class: E is the number of steps between them"
        yield case(f"one-hot/pairs-{C}", f"{CLAUSES} 5.6", comment, p, t, flags=flags[: 3 if C > 2 else 1])
    for C in (3, 6, 20):
        p, k = simplices(f"one-hot soft {C}", C, C), list(range(C))
        yield case(f"one-hot/every-label-{C}", f"1.2 {CLAUSES}", "every label in turn", p, k, labels=True)
        t = simplices(f"soft one-hot {C}", C, C)
        comment = "a certain prediction of a soft target"
        yield case(f"one-hot/certain-{C}", CLAUSES, comment, [label(i, C) for i in range(C)], t)
    for C in (3, 5):
        p, t = [label(i, C) for i in range(C) for _ in range(C)], [label(j, C) for j in range(C)] * C
        comment = "every class against every class of a circle: E is the shorter way"
        yield case(f"one-hot/circle-{C}", "2.3 3.3 4.4", comment, p, t, CIRCLE)


def soft() -> Iterator[Entry]:
    """Yield the cases of smooth distributions."""
    for C in (3, 6, 12, 20, 40):
        p = [binomial(C), [1.0, *[0.0] * (C - 1)], binomial(C)[1:] + binomial(C)[:1]]
        t = [binomial(C)[1:] + binomial(C)[:1], binomial(C), label(C // 2, C)]
        yield case(f"soft/binomial-{C}", CLAUSES, "coins: one peak in the middle, or moved by one class", p, t)
    for C in (3, 7, 15, 31):
        p, t = [triangular(C), label(0, C), triangular(C)], [label(0, C), triangular(C), label(C - 1, C)]
        yield case(f"soft/triangular-{C}", CLAUSES, "one peak with straight sides", p, t)
    for C in (2, 4, 8, 32):
        uniform = [1 / C] * C
        t = simplices(f"uniform {C}", C, 3)
        yield case(f"soft/uniform-{C}", CLAUSES, "a prediction that knows nothing", [uniform] * 3, t)
    for C in (6, 11):
        ends = [0.5, *[0.0] * (C - 2), 0.5]
        t = [simplex(f"two peaks {C}", C), label(C // 2, C), binomial(C)]
        comment = "two peaks at the ends: the mean says the middle, where nothing is"
        yield case(f"soft/two-peaks-{C}", CLAUSES, comment, [ends] * 3, t, flags=["w2-for-l2"])


def near() -> Iterator[Entry]:
    """Yield the cases of targets near the prediction, where differences of sums lose digits."""
    grounds = {
        "positions-5": (5, Line((0.0, 0.5, 2.0, 2.25, 7.0))),
        "circle-5": (5, CIRCLE),
        "circle-8": (8, CIRCLE),
        "tree-4": TREES["binary-4"],
        "matrix-5": (5, MATRICES["random-5"]),
    }
    for name, (C, ground) in grounds.items():
        p = simplices(f"near {name}", C, 3)
        t = [nearby(row, 2.0**-40) for row in p]
        clauses = "1.3 4.3 4.6 7.3"
        yield case(f"near/{name}", clauses, "t is p with 2^-40 moved", p, t, ground, flags=["near-equal"])
    for C in (2, 20, 50, 100):
        p = simplices(f"near {C}", C, 3)
        t = [nearby(row, 2.0**-e) for row, e in zip(p, (20, 35, 50), strict=True)]
        comment = "t is p with 2^-20, 2^-35 and 2^-50 moved"
        yield case(f"near/line-{C}", f"{CLAUSES} 7.3", comment, p, t, flags=["near-equal"])
    p = simplices("near last bit", 4, 3)
    t = [nearby(row, 2.0**-53) for row in p]
    yield case("near/last-bit-4", f"{CLAUSES} 7.3", "t is p with one unit of 2^-53 moved", p, t, flags=["near-equal"])


def tiny() -> Iterator[Entry]:
    """Yield the cases with tiny numbers, down to the smallest of a format."""
    least, normal = 2.0**-1074, 2.0**-1022
    rows = {
        "denormal-4": [1.0, least, 3 * least, 0.0],
        "denormal-7": [0.5, least, normal, 0.5, 5 * least, normal / 2, 0.0],
        "normal-5": [1.0, normal, 3 * normal, 2.0**-1000, 0.0],
        "single-denormal-4": [1.0, 2.0**-149, 3 * 2.0**-149, 2.0**-126],
        "half-denormal-4": [1 - 2.0**-11, 2.0**-11 - 2.0**-22, 3 * 2.0**-24, 2.0**-24],
        "spread-6": [0.75, 0.25, 2.0**-60, 2.0**-200, 2.0**-500, 2.0**-1074],
    }
    for name, row in rows.items():
        comment = "t is p in another order, entries down to the smallest of a format"
        p, t = [permuted(f"{name} {i}", row) for i in range(3)], [permuted(f"{name} t {i}", row) for i in range(3)]
        yield case(f"tiny/{name}", f"{CLAUSES} 7.1 7.3", comment, p, [_other(a, b) for a, b in zip(p, t, strict=True)])
    p = [[1 - 2.0**-e, 2.0**-e, 0.0] for e in (30, 45, 53)]
    comment = "almost certain, and right: E is about 2^-60, 2^-90 and 2^-106"
    yield case("tiny/almost-certain-3", f"1.2 {CLAUSES} 7.1", comment, p, [0, 0, 0], labels=True)
    comment = "almost certain, and wrong by two classes"
    yield case("tiny/almost-wrong-3", f"1.2 {CLAUSES} 7.1", comment, p, [2, 2, 2], labels=True)


def _other(p: Row, t: Row) -> Row:
    return t if t != p else [*p[1:], p[0]]


def large() -> Iterator[Entry]:
    """Yield the cases of many classes."""
    p, t = simplices("large p", 200, 3), simplices("large t", 200, 3)
    yield case("large/soft-200", CLAUSES, "200 classes, full mantissas", p, t)
    p = simplices("large labels", 300, 3, 24)
    yield case(
        "large/labels-300", f"1.2 {CLAUSES}", "300 classes, labels, exact in float32 too", p, [0, 299, 137], labels=True
    )
    p, t = simplices("thousand p", 1000, 2, 24), simplices("thousand t", 1000, 2, 24)
    yield case("large/soft-1000", f"{CLAUSES} 7.2", "1000 classes, exact in float32 too", p, t)
    p, k = [label(i, 1000) for i in (0, 500, 999)], [999, 499, 0]
    yield case("large/one-hot-1000", f"1.2 {CLAUSES}", "a thousand steps: E = 999, 1, 999", p, k, labels=True)
    p, t = simplices("large circle p", 50, 3, 24), simplices("large circle t", 50, 3, 24)
    yield case("large/circle-50", "2.3 2.5 4.4 5.2", "50 classes on a circle", p, t, CIRCLE)
    x = Line(tuple(float(k * k) for k in range(50)))
    yield case("large/positions-50", "2.2 4.2 5.1", "50 positions k²", p, t, x)
