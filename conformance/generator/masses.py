"""Rows as real code leaves them: their sums differ from 1 by rounding, up to the tolerance of clause 8.2 and beyond.

Every operation is exact and then rounded to the format, so that no arithmetic of this machine can enter.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import sqrt

from emd_conformance._bounds.precision import PRECISIONS, convert
from emd_conformance._exact.grounds import LINE, Ground, Line
from emd_conformance._exact.interval import exp

from generator.cases import Entry, case
from generator.grounds import CIRCLE, MATRICES, TREES
from generator.inputs import Row, label, simplices

CLAUSES = "1.3 4.1 4.7 5.1 7.2 7.3 8.2"
UNITS = {dtype: Fraction(precision.output_unit) for dtype, precision in PRECISIONS.items()}
HIDDEN = {"float64": 6, "float32": 6, "float16": Fraction(1, 2), "bfloat16": Fraction(1, 2)}  # units near the tolerance


def tolerance(dtype: str, classes: int) -> Fraction:
    """Return the mass tolerance of clause 8.2."""
    u = UNITS[dtype]
    return 4 * u + 8 * Fraction(sqrt(classes)) * min(u, Fraction(1, 2**24))


def excess(row: Row) -> Fraction:
    """Return how much the sum of a row exceeds 1."""
    return sum(map(Fraction, row), Fraction(-1))


def _rounded(x: Fraction, dtype: str) -> Fraction:
    return Fraction(convert(float(x), dtype))


def quotients(seed: str, classes: int, dtype: str) -> Row:
    """Return counts, divided by their sum."""
    rng = random.Random(seed)
    counts = [rng.getrandbits(20) + 1 for _ in range(classes)]
    return [float(_rounded(Fraction(n, sum(counts)), dtype)) for n in counts]


def softmax(seed: str, classes: int, dtype: str) -> Row:
    """Return a softmax in the order in which libraries compute it: exponentials, their sum, quotients."""
    rng = random.Random(seed)
    z = [Fraction(rng.getrandbits(10) - 512, 128) for _ in range(classes)]
    powers = [_rounded(exp(x - max(z), 128).middle, dtype) for x in z]
    total = Fraction(0)
    for power in powers:
        total = _rounded(total + power, dtype)
    return [float(_rounded(power / total, dtype)) for power in powers]


def average(seed: str, classes: int, dtype: str) -> Row:
    """Return the average of three rows of quotients, as an ensemble has it."""
    rows = [quotients(f"{seed} {i}", classes, dtype) for i in range(3)]
    return [float(_rounded(sum(map(Fraction, column), Fraction(0)) / 3, dtype)) for column in zip(*rows, strict=True)]


def off(seed: str, classes: int, dtype: str, sign: int, *, valid: bool) -> Row:
    """Return quotients whose largest is moved until the sum is just inside, or just outside, of the tolerance."""
    row, limit, hidden = quotients(seed, classes, dtype), tolerance(dtype, classes), HIDDEN[dtype] * UNITS[dtype]
    goal = sign * (limit - hidden if valid else limit + hidden)
    largest = row.index(max(row))
    step = UNITS[dtype] * sign * (-1 if valid else 1)  # no number below 1 is rounded when it is added
    wanted = Fraction(row[largest]) + goal - excess(row)
    row[largest] = float(_rounded(wanted, dtype))
    while (abs(excess(row)) > limit - hidden) if valid else (abs(excess(row)) < limit + hidden):
        row[largest] = float(_rounded(Fraction(row[largest]) + step, dtype))
    return row


KINDS: dict[str, Callable[[str, int, str], Row]] = {"softmax": softmax, "quotient": quotients, "average": average}
WORDS = {
    "softmax": "rows as a softmax leaves them in {}",
    "quotient": "counts divided by their sum in {}, predictions and targets",
    "average": "averages of three rows in {}",
}


def cases() -> Iterator[Entry]:
    """Yield valid rows whose sums are not 1; each case is for one dtype, in which alone its sums are valid."""
    for dtype in UNITS:
        for C in (3, 10):
            for kind, make in KINDS.items():
                comment, seed = WORDS[kind].format(dtype), f"mass {kind} {dtype} {C}"
                p = [_checked(make(f"{seed} {i}", C, dtype), dtype) for i in range(4)]
                t = [_checked(make(f"{seed} t {i}", C, dtype), dtype) for i in range(4)]
                yield _case(f"{kind}-{dtype}-{C}", comment, p, t, dtype)
                if kind == "softmax":
                    yield _case(
                        f"labels-{dtype}-{C}", f"{comment}, labels", p, [0, C - 1, 1, C // 2], dtype, labels=True
                    )
            p = [off(f"mass edge {dtype} {C} {i}", C, dtype, sign, valid=True) for i, sign in enumerate((1, -1, 1))]
            t = simplices(f"mass edge {dtype} {C}", C, 2, 8)
            comment = f"sums just inside of the tolerance of {dtype}"
            yield _case(f"edge-{dtype}-{C}", comment, p, [*t, p[0]], dtype)
    yield from _on_other_grounds()
    yield _unlikely()


def _unlikely() -> Entry:
    """Return a case of labels whose probabilities no float32 holds: a bound on them, or on logarithms, shows."""
    p = [[1.0, 2.0**-200, 2.0**-400, 2.0**-600], [2.0**-120, 1.0, 2.0**-90, 2.0**-300]]
    more: Entry = {"since": "1.1", "flags": ["rounded-mass", "unlikely-label"], "labels": True}
    comment = "the logarithm of the label's probability is -62 to -416"
    return case("mass/unlikely-label-4", "1.2 4.1 4.7 5.1 6.1", comment, p * 2, [1, 3, 3, 2], **more)


def _on_other_grounds() -> Iterator[Entry]:
    grounds: dict[str, tuple[str, int, Ground]] = {
        "positions-4": ("2.2 4.2 4.7 8.2", 4, Line((-1.0, 0.0, 0.25, 3.0))),
        "circle-5": ("2.3 4.4 4.7 8.2", 5, CIRCLE),
        "circle-6": ("2.3 4.4 4.7 8.2", 6, CIRCLE),
        "tree-4": ("2.4 4.5 4.7 8.2", *TREES["binary-4"]),
        "matrix-5": ("2.1 4.6 4.7 8.2", 5, MATRICES["random-5"]),
    }
    for name, (clauses, C, ground) in grounds.items():
        for dtype in ("float64", "float32"):
            p = [_checked(softmax(f"mass {name} {dtype} {i}", C, dtype), dtype) for i in range(3)]
            t = [_checked(quotients(f"mass {name} {dtype} t {i}", C, dtype), dtype) for i in range(3)]
            yield _case(f"{name}-{dtype}", WORDS["softmax"].format(dtype), p, t, dtype, ground, clauses)


def _case(
    name: str,
    comment: str,
    p: list[Row],
    t: list[Row] | list[int],
    dtype: str,
    ground: Ground = LINE,
    clauses: str = CLAUSES,
    **more: bool,
) -> Entry:
    fields: Entry = {"since": "1.1", "dtypes": [dtype], "flags": ["rounded-mass"]}
    return case(f"mass/{name}", clauses, comment, p, t, ground, **fields, **more)


def _checked(row: Row, dtype: str) -> Row:
    """Return the row, or raise ValueError if its sum is not certainly valid."""
    if abs(excess(row)) > tolerance(dtype, len(row)) - HIDDEN[dtype] * UNITS[dtype]:
        raise ValueError(f"the sum is off by {float(excess(row))}: {row}")
    return row


def invalid() -> Iterator[Entry]:
    """Yield rows whose sums are just outside of the tolerance, and rows with the least negative number."""
    for dtype in UNITS:
        good = [label(0, 4), [0.5, 0.25, 0.25, 0.0], label(3, 4)]
        for word, sign in (("high", 1), ("low", -1)):
            bad = [*good[:2], off(f"outside {dtype} {word}", 4, dtype, sign, valid=False)]
            what = f"a prediction whose sum is just too {word} for {dtype}"
            fields: Entry = {"since": "1.1", "dtypes": [dtype]}
            yield case(f"invalid/predicted-just-{word}-{dtype}", "8.2 8.4", what, bad, good, invalid=what, **fields)
            what = f"a target whose sum is just too {word} for {dtype}"
            yield case(f"invalid/target-just-{word}-{dtype}", "8.2 8.4", what, good, bad, invalid=what, **fields)
    least = [*good[:2], [-(2.0**-60), 0.5, 0.5, 2.0**-60]]
    what = "a prediction of -2^-60"
    yield case("invalid/predicted-least-negative", "8.2 8.4", what, least, good, invalid=what, since="1.1")
    what = "a target of -2^-60"
    yield case("invalid/target-least-negative", "8.2 8.4", what, good, least, invalid=what, since="1.1")
