"""Ways in which losses are known to combine the samples of a batch, rightly or wrongly, as hypotheses."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import accumulate
from typing import TypeAlias

from emd_conformance._diagnosis.formulas import Vector, cumulative, differences, mean
from emd_conformance._exact.interval import Interval, total

Reduction: TypeAlias = Callable[[list[Interval]], list[Interval]]
Batch: TypeAlias = list[tuple[Vector, Vector]]
Rows: TypeAlias = list[list[Fraction]]
Mixing: TypeAlias = Callable[[Batch], Rows]


def average(values: list[Interval]) -> Interval:
    """Return the mean."""
    return total(values) * Fraction(1, len(values))


def _mean_of_nonzero(values: list[Interval]) -> list[Interval]:
    counted = [x for x in values if x.hi > Fraction(1, 2**40)]
    return [total(counted) * Fraction(1, max(len(counted), 1))]


CONVENTIONS: dict[str, Reduction] = {
    "none": lambda values: values,
    "mean": lambda values: [average(values)],
    "sum": lambda values: [total(values)],
    "weighted-mean": lambda values: [average(values)],  # where no weights are declared, it is the mean
}
DEFECTS: dict[str, Reduction] = {
    "first-sample-only": lambda values: values[:1],
    "first-sample-for-all": lambda values: values[:1] * len(values),
    "mean-of-nonzero": _mean_of_nonzero,
    "mean-over-n-minus-1": lambda values: [total(values) * Fraction(1, max(len(values) - 1, 1))],
    "hard-coded-batch": lambda values: [total(values) * Fraction(1, 32)],
    "maximum-for-mean": lambda values: [max(values, key=lambda x: x.hi)],
}


# Ways to mix the samples before squaring: the rows of what takes the place of the D_k.


def _cumulative(batch: Batch) -> Rows:
    return [cumulative(p, t) for p, t in batch]


def _columns(rows: Iterable[Iterable[Fraction]]) -> Rows:
    return [list(column) for column in zip(*rows, strict=True)]


def _summed_along_batch(batch: Batch) -> Rows:
    return _columns(map(accumulate, _columns(differences(p, t) for p, t in batch)))


def _flattened(batch: Batch) -> Rows:
    D, C = list(accumulate(x for p, t in batch for x in differences(p, t))), len(batch[0][0])
    return [D[i : i + C] for i in range(0, len(D), C)]


MIXINGS: dict[str, Mixing] = {
    "wrong-axis": _summed_along_batch,
    "sum-along-batch": lambda batch: _columns(_cumulative(batch)),
    "flattened": _flattened,
    "batch-averaged-first": lambda batch: [list(map(mean, _columns(_cumulative(batch))))],
    "every-pair": lambda batch: [cumulative(p, t) for _, t in batch for p, _ in batch],
}
