"""Ordered classes with unit spacing: random distributions, labels, and special inputs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from generator.cases import Entry, case
from generator.inputs import halved, label, nearby, peaked, permuted, simplex, simplices


def cases() -> Iterator[Entry]:
    """Yield the cases of ordered classes with unit spacing."""
    yield case("line/one-class", "1.1 1.5 4.1 5.1", "one class: nothing to move", [[1.0]] * 3, [[1.0]] * 3)
    for classes in (2, 3, 4, 5, 7, 10, 20, 50, 100):
        yield from _line(classes)
    yield from _line_labels()
    yield from _line_hand_made()
    for classes in (3, 5, 10):
        p = simplices(f"near {classes}", classes, 3)
        for exponent in (20, 45):
            comment = f"t is p with 2^-{exponent} moved: digits are lost unless p and t are subtracted first"
            q = [nearby(row, 2.0**-exponent) for row in p]
            yield case(f"line/near-{exponent}-{classes}", "1.3 4.1 7.3", comment, p, q, flags=["near-equal"])
        p = [halved(simplex(f"swap {classes} {i}", classes - 1, 60)) for i in range(3)]
        q = [[*row[:-2], row[-1], row[-2]] for row in p]
        comment = "t is p with two nearly equal entries exchanged: a difference of CDFs loses most digits"
        yield case(f"line/near-swap-{classes}", "1.3 4.1 7.3", comment, p, q, flags=["near-equal"])


def _line(classes: int) -> Iterator[Entry]:
    seed, batch = f"line {classes}", "1.1 1.3 1.4 1.6 2.2 4.1 5.1 5.4 7.1 7.3"
    p, t = simplices(f"{seed} p", classes, 3), simplices(f"{seed} t", classes, 3)
    yield case(f"line/soft-{classes}", batch, "soft targets, full mantissas, three rows", p, t)
    singles = [simplices(f"{seed} {x} single", classes, 4, 24) for x in "pt"]
    yield case(f"line/soft-single-{classes}", f"{batch} 7.2", "exact in float32 too", singles[0], singles[1])
    sharp = [peaked(f"{seed} peaked {i}", classes) for i in range(3)]
    yield case(f"line/peaked-{classes}", batch, "entries of very different size", sharp, t)
    yield case(f"line/one-sample-{classes}", batch, "a batch of one", [simplex(seed, classes)], [t[0]])
    if classes >= 5:
        rows = [simplex(f"{seed} {i}", classes, 60) for i in range(3)]
        others = [permuted(f"{seed} {i}", row) for i, row in enumerate(rows)]
        yield case(f"line/permuted-{classes}", batch, "t is p in another order", rows, others)


def _line_labels() -> Iterator[Entry]:
    clauses = "1.2 1.4 1.6 4.1 5.1"
    for classes in (2, 3, 5, 8, 10, 100):
        k = [0, classes - 1, classes // 2, 1]
        p = simplices(f"labels {classes}", classes, 4)
        yield case(f"line/labels-{classes}", clauses, "first, last and inner labels", p, k, labels=True)
        p = simplices(f"labels single {classes}", classes, 4, 24)
        comment = "labels, exact in float32 too"
        yield case(f"line/labels-single-{classes}", f"{clauses} 7.2", comment, p, k[::-1], labels=True)
    for classes in (3, 6):
        p = [label(i, classes) for i in range(classes)]
        comment = "every class against the first: E is the number of steps"
        yield case(f"line/steps-{classes}", clauses, comment, p, [0] * classes, labels=True)
    p = [label(i, 4) for i in range(4)]
    comment = "perfect predictions: E = 0, where a root has no derivative"
    yield case(
        "line/perfect-labels-4", "4.1 5.6 7.4", comment, p, [0, 1, 2, 3], labels=True, flags=["root-gradient-nan"]
    )


def _line_hand_made() -> Iterator[Entry]:
    p = simplices("equal", 5, 3)
    comment = "p = t: E = 0, where a root has no derivative"
    yield case("line/equal-5", "4.1 5.6", comment, p, p, flags=["root-gradient-nan"])
    near, far = [0.0, 0.5, 0.5, 0.0, 0.0], [0.0, 0.5, 0.0, 0.0, 0.5]
    comment = "near and far errors that histograms alone cannot tell apart"
    t = [[0.0, 1.0, 0.0, 0.0, 0.0]] * 3
    rows = [near, far, [0.25, 0.25, 0.25, 0.125, 0.125]]
    yield case("line/near-and-far", "1.3 4.1 5.1", comment, rows, t, flags=["missing-cumsum", "abs-inside-sum"])
    square = simplices("square p", 4, 4), simplices("square t", 4, 4)
    comment = "as many rows as classes: a wrong axis has the right shape"
    yield case("line/square-4", "1.1 1.4 4.1 5.1", comment, *square, flags=["wrong-axis"])
    rows, others = [simplices(f"repeated {x}", 6, 2) for x in "pt"]
    comment = "the same sample three times beside another one: equal rows, equal results"
    yield case("line/repeated-6", "1.4 7.5", comment, [rows[0]] * 3 + [rows[1]], [others[0]] * 3 + [others[1]])
    tails = [2.0**-53 * (1 - 2.0**-53), 2.0**-106 * (1 - 2.0**-53), 2.0**-159]
    p = [[1 - 2.0**-53, *tails], [*tails[::-1], 1 - 2.0**-53], [0.5, *[x / 2 for x in tails[:2]], 0.5 - 2.0**-54]]
    p[2][3] = float(1 - sum(map(Fraction, p[2][:3])))
    mass = [sum(map(Fraction, row)) for row in p]
    t = [permuted(f"tiny {i}", row) for i, row in enumerate(p)]
    assert mass[0] == mass[1] == 1
    yield case("line/telescoping-4", "4.1 7.1 7.3", "entries down to 2^-159", p, t)
    for dtype, bits in (("half", 11), ("bfloat16", 8)):
        for classes in (3, 6):
            rows, others = [simplices(f"{dtype} {x} {classes}", classes, 3, bits) for x in "pt"]
            comment = f"exact with {bits} bits"
            yield case(f"line/{dtype}-{classes}", "4.1 5.1 7.2", comment, rows, others)
