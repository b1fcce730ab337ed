"""Ways in which losses are known to combine the samples of a batch, rightly or wrongly, as hypotheses."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import accumulate
from typing import Any, TypeAlias

from emd_conformance._diagnosis.terms import Real, Vector, cumulative, differences, mean
from emd_conformance._exact.interval import Interval, total

Value: TypeAlias = Any  # an interval, or a float
Values: TypeAlias = list[Any]
Reduction: TypeAlias = Callable[[Values], Values]
Batch: TypeAlias = list[tuple[Vector, Vector]]
Rows: TypeAlias = list[list[Real]]
Mixing: TypeAlias = Callable[[Batch], Rows]


def summed(values: Values) -> Value:
    """Return the sum of floats or of intervals."""
    return total(values) if values and isinstance(values[0], Interval) else sum(values)


def average(values: Values) -> Value:
    """Return the mean."""
    return _over(values, len(values))


def _over(values: Values, n: int) -> Value:
    """Return the sum over n."""
    return summed(values) * Fraction(1, n) if values and isinstance(values[0], Interval) else summed(values) / n


def _top(x: Value) -> Value:
    return x.hi if isinstance(x, Interval) else x


def _bottom(x: Value) -> Value:
    return x.lo if isinstance(x, Interval) else x


def _mean_of_nonzero(values: Values) -> Values:
    counted = [x for x in values if _bottom(x) > Fraction(1, 2**40)] or values
    return [_over(counted, len(counted))]


CONVENTIONS: dict[str, Reduction] = {
    "none": lambda values: values,
    "mean": lambda values: [average(values)],
    "sum": lambda values: [summed(values)],
    "weighted-mean": lambda values: [average(values)],  # where no weights are declared, it is the mean
}
DEFECTS: dict[str, Reduction] = {
    "first-sample-only": lambda values: values[:1],
    "first-sample-for-all": lambda values: values[:1] * len(values),
    "mean-of-nonzero": _mean_of_nonzero,
    "mean-over-n-minus-1": lambda values: [_over(values, max(len(values) - 1, 1))],
    "hard-coded-batch": lambda values: [_over(values, 32)],
    "maximum-for-mean": lambda values: [max(values, key=_top)],
}


# Ways to mix the samples before squaring: the rows of what takes the place of the D_k.


def _cumulative(batch: Batch) -> Rows:
    return [cumulative(p, t) for p, t in batch]


def _columns(rows: Iterable[Vector]) -> Rows:
    return [list(column) for column in zip(*rows, strict=True)]


def _summed_along_batch(batch: Batch) -> Rows:
    columns = _columns(differences(p, t) for p, t in batch)
    return _columns(list(accumulate(column)) for column in columns)


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
