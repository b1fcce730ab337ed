"""Rows of probabilities and of logits, drawn from the kinds that real code meets and tests leave out."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import exp, inf, sqrt
from random import Random
from typing import TypeAlias

from emd_conformance._bounds.precision import PRECISIONS, convert
from emd_conformance._cases.case import Row

BITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}  # of a significand
LARGEST_LOGIT = 30000  # float16 holds it

Kind: TypeAlias = Callable[[Random, int, str], list[float]]


def mass_tolerance(classes: int, dtype: str) -> float:
    """Return how far the sum of a valid distribution may be from 1 (8.2)."""
    unit = PRECISIONS[dtype].output_unit
    return 4 * unit + 8 * sqrt(classes) * min(unit, 2.0**-24)


def mass_allowed(classes: int, dtype: str) -> float:
    """Return the tolerance without what the sum of an implementation that validates may be rounded by."""
    unit = PRECISIONS[dtype].output_unit
    return mass_tolerance(classes, dtype) - (6 * unit if dtype in ("float64", "float32") else unit / 2)


def mass_error(row: Sequence[float]) -> Fraction:
    """Return how far the sum of a row is from 1."""
    return abs(sum(map(Fraction, row), Fraction(-1)))


def on_a_grid(rng: Random, classes: int, bits: int) -> list[float]:
    """Return n_j / 2^bits with integers n_j that sum to 2^bits, so that the mass is exactly 1."""
    cuts = sorted(rng.randint(0, 2**bits) for _ in range(classes - 1))
    return [(b - a) / 2**bits for a, b in pairwise([0, *cuts, 2**bits])]


def _fine(rng: Random, classes: int, dtype: str) -> list[float]:
    return on_a_grid(rng, classes, BITS[dtype])


def _coarse(rng: Random, classes: int, dtype: str) -> list[float]:
    """Return multiples of 1/8: cumulative sums of two such rows often agree on the way."""
    return on_a_grid(rng, classes, 3)


def _one_class(rng: Random, classes: int, dtype: str) -> list[float]:
    k = rng.choice([0, classes - 1, rng.randrange(classes)])
    return [float(j == k) for j in range(classes)]


def _empty_tails(rng: Random, classes: int, dtype: str) -> list[float]:
    """Return a row whose mass lies in a few neighbouring classes."""
    width = rng.randint(1, max(1, classes // 2))
    first = rng.randint(0, classes - width)
    return [0.0] * first + on_a_grid(rng, width, BITS[dtype]) + [0.0] * (classes - first - width)


def _tiny(rng: Random, classes: int, dtype: str) -> list[float]:
    """Return one class with nearly all mass, beside numbers down to 2^-bits, whose sum with it is exact."""
    bits = BITS[dtype]
    small = [2.0 ** -rng.randint(bits // 2, bits) if rng.random() < 0.5 else 0.0 for _ in range(classes)]
    k = rng.randrange(classes)
    small[k] = 0.0
    small[k] = 1 - min(sum(small), 0.5) if sum(small) <= 0.5 else 1.0
    return small


EXACT: tuple[Kind, ...] = (_fine, _fine, _coarse, _one_class, _empty_tails, _tiny)


def _divided(weights: list[float], dtype: str) -> list[float]:
    total = sum(weights)
    return [convert(w / total, dtype) for w in weights]


def _softmax(rng: Random, classes: int, dtype: str) -> list[float]:
    scale = rng.choice([0.1, 1.0, 3.0, 10.0])
    return _divided([exp(rng.gauss(0, scale)) for _ in range(classes)], dtype)


def _equal(rng: Random, classes: int, dtype: str) -> list[float]:
    return _divided([1.0] * classes, dtype)


def _counted(rng: Random, classes: int, dtype: str) -> list[float]:
    counts = [float(rng.randint(0, 20)) for _ in range(classes)]
    counts[rng.randrange(classes)] += 1
    return _divided(counts, dtype)


def _averaged(rng: Random, classes: int, dtype: str) -> list[float]:
    rows = [_softmax(rng, classes, dtype) for _ in range(3)]
    return [convert(sum(column) / 3, dtype) for column in zip(*rows, strict=True)]


def _at_the_edge(rng: Random, classes: int, dtype: str) -> list[float]:
    """Return a row whose sum is nearly as far from 1 as it may be."""
    row = _softmax(rng, classes, dtype)
    k = row.index(max(row))
    row[k] = convert(row[k] + rng.choice([-1, 1]) * mass_allowed(classes, dtype) * 0.9, dtype)
    return row


ROUNDED: tuple[Kind, ...] = (_softmax, _softmax, _equal, _counted, _averaged, _at_the_edge)


def positive(rng: Random, classes: int, dtype: str) -> Row:
    """Return a distribution of mass exactly 1 without zeros."""
    whole = 2 ** BITS[dtype]
    cuts = sorted(rng.sample(range(1, whole), classes - 1))
    return tuple((b - a) / whole for a, b in pairwise([0, *cuts, whole]))


def probabilities(rng: Random, classes: int, dtype: str, *, exact: bool) -> Row:
    """Return a valid distribution: of mass exactly 1, or as rounding leaves it."""
    kinds = EXACT if exact or rng.random() < 0.5 else ROUNDED
    row = rng.choice(kinds)(rng, classes, dtype)
    off = mass_error(row)
    valid = off == 0 if exact else off <= Fraction(mass_allowed(classes, dtype))
    return tuple(row) if valid and min(row) >= 0 else tuple(_fine(rng, classes, dtype))


def related(rng: Random, p: Row, dtype: str) -> Row:
    """Return a target of the same mass: p itself, nearly p, or p with numbers of neighbouring classes exchanged."""
    kind = rng.randrange(3)
    if kind == 0:
        return p
    if kind == 1:
        return _moved(rng, p, dtype)
    t = [*p]
    for j in range(0, len(t) - 1, 2):  # the cumulative sums agree after every pair
        if rng.random() < 0.5:
            t[j], t[j + 1] = t[j + 1], t[j]
    return tuple(t)


def _moved(rng: Random, p: Row, dtype: str) -> Row:
    """Return p with a little mass moved from its largest class to another one, if the format holds the result."""
    t, step = [*p], 2.0 ** -rng.randint(2, BITS[dtype])
    i, j = p.index(max(p)), rng.randrange(len(p))
    t[i], t[j] = p[i] - step, p[j] + step
    held = all(convert(x, dtype) == x and x >= 0 for x in (t[i], t[j]))
    same = sum(map(Fraction, t)) == sum(map(Fraction, p))
    return tuple(t) if i != j and held and same else p


def logits(rng: Random, classes: int, dtype: str) -> Row:
    """Return logits: ordinary, equal, with ties at the top, huge, far apart, or with classes of probability 0."""
    match rng.randrange(7):
        case 6:
            row = [-inf if rng.random() < 0.5 else rng.gauss(0, 3) for _ in range(classes)]
            row[rng.randrange(classes)] = 0.0  # one logit must be finite (8.2)
        case 0:
            row = [rng.choice([0.0, 1.0, -2.5])] * classes
        case 1:
            row = [float(rng.randint(-2, 2)) for _ in range(classes)]
        case 2:
            row = [rng.choice([-1, 1]) * rng.uniform(0, LARGEST_LOGIT) for _ in range(classes)]
        case 3:
            base = rng.choice([-1, 1]) * rng.uniform(100, LARGEST_LOGIT)
            row = [base + rng.gauss(0, 2) for _ in range(classes)]
        case _:
            scale = rng.choice([0.1, 1.0, 5.0, 20.0])
            row = [rng.gauss(0, scale) for _ in range(classes)]
    return tuple(convert(x, dtype) for x in row)
