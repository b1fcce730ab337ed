"""Ways in which losses are known to combine the samples of a batch, rightly or wrongly, as hypotheses."""

from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate
from typing import TypeAlias

from emd_conformance._diagnosis.formulas import Terms, Vector, differences
from emd_conformance._diagnosis.misreadings import softmax
from emd_conformance._exact.interval import Interval, total

Reduction: TypeAlias = Callable[[list[Interval]], list[Interval]]
Batch: TypeAlias = list[tuple[Vector, Vector]]
Mixing: TypeAlias = Callable[[Batch], list[Terms]]


def _mean(values: list[Interval]) -> list[Interval]:
    return [total(values) * Fraction(1, len(values))]


def _mean_of_nonzero(values: list[Interval]) -> list[Interval]:
    counted = [x for x in values if x.hi > Fraction(1, 2**40)]
    return [total(counted) * Fraction(1, max(len(counted), 1))]


CONVENTIONS: dict[str, Reduction] = {"none": lambda values: values, "mean": _mean, "sum": lambda v: [total(v)]}
DEFECTS: dict[str, Reduction] = {
    "first-sample-only": lambda values: values[:1],
    "first-sample-for-all": lambda values: values[:1] * len(values),
    "mean-of-nonzero": _mean_of_nonzero,
    "mean-over-n-minus-1": lambda values: [total(values) * Fraction(1, max(len(values) - 1, 1))],
    "hard-coded-batch": lambda values: [total(values) * Fraction(1, 32)],
    "maximum-for-mean": lambda values: [max(values, key=lambda x: x.hi)],
}


# Ways to mix the samples before squaring.


def _terms(rows: list[list[Fraction]]) -> list[Terms]:
    return [[(Fraction(1), x) for x in row] for row in rows]


def _columns(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _summed_along_batch(batch: Batch) -> list[Terms]:
    columns = _columns([differences(p, t) for p, t in batch])
    return _terms(_columns([list(accumulate(column)) for column in columns]))


def _totalled_along_batch(batch: Batch) -> list[Terms]:
    return _terms(_columns([list(accumulate(differences(p, t))) for p, t in batch]))


def _flattened(batch: Batch) -> list[Terms]:
    d = [x for p, t in batch for x in differences(p, t)]
    D, C = list(accumulate(d)), len(batch[0][0])
    return _terms([D[i : i + C] for i in range(0, len(D), C)])


def _averaged_first(batch: Batch) -> list[Terms]:
    columns = _columns([list(accumulate(differences(p, t))) for p, t in batch])
    return _terms([[sum(column, Fraction(0)) / len(column) for column in columns]])


def _every_pair(batch: Batch) -> list[Terms]:
    return _terms([list(accumulate(differences(p, t))) for _, t in batch for p, _ in batch])


MIXINGS: dict[str, Mixing] = {
    "wrong-axis": _summed_along_batch,
    "sum-along-batch": _totalled_along_batch,
    "flattened": _flattened,
    "batch-averaged-first": _averaged_first,
    "every-pair": _every_pair,
}


def softmax_along_batch(rows: list[Vector]) -> list[Vector]:
    """Return the softmax over the samples of each class."""
    columns = [softmax([row[j] for row in rows]) for j in range(len(rows[0]))]
    return [[column[i] for column in columns] for i in range(len(rows))]
