"""A case in doubles: exact answers rounded to the nearest double, and bounds that allow for that rounding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, nextafter
from typing import Any

from emd_conformance._bounds.precision import PRECISIONS
from emd_conformance._cases.case import Case
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.interval import Interval
from emd_conformance._judging.allowed import Allowed, allowed_gradient, allowed_values

LARGEST = Fraction(PRECISIONS["float64"].largest)
UNIT = Fraction(1, 2**53)

Row = Sequence[float]


@dataclass(frozen=True)
class Answers:
    """A quantity of each sample and its gradient, with the bounds for code that computes in each dtype."""

    value: Row
    bounds: Mapping[str, Row]
    gradient: Sequence[Row]
    gradient_bounds: Mapping[str, Sequence[Row]]


def answers(case: Case, name: str) -> Answers:
    """Return a quantity that the case states.

    The gradient with respect to probabilities is given less its mean (5.4). Its bound allows for the rounding of a mean
    that is computed in float64.
    """
    dtypes = [dtype for dtype in PRECISIONS if dtype in case.dtypes and _is_judged(case, dtype)]
    declared = {dtype: _declared(case, name, dtype) for dtype in dtypes}
    values = {dtype: allowed_values(_samples(case, d), d, "any") for dtype, d in declared.items()}
    exact = case.expected[name]
    bounds = {dtype: [_bound(x, a) for x, a in zip(exact, row, strict=True)] for dtype, row in values.items()}
    if name not in case.gradient or name == "W1":  # that of the EMD is judged by its optimality (3.6)
        return Answers([nearest(x) for x in exact], bounds, [], {})
    slopes = {dtype: [allowed_gradient(sample, "any") for sample in _samples(case, d)] for dtype, d in declared.items()}
    means = [_mean_error(case, row) for row in case.gradient[name]]
    return Answers(
        [nearest(x) for x in exact],
        bounds,
        [[nearest(a.exact) for a in row] for row in next(iter(slopes.values()))],
        {
            dtype: [[_bound(a.exact, a, extra) for a in row] for row, extra in zip(rows, means, strict=True)]
            for dtype, rows in slopes.items()
        },
    )


def _declared(case: Case, name: str, dtype: Any) -> Declaration:
    return Declaration(input=case.input, computes=name, dtype=dtype, ground=case.ground.kind, grad="autograd")


def _is_judged(case: Case, dtype: str) -> bool:
    """Return whether a bound in this dtype says anything; in the narrow ones it does so for few classes."""
    return (2 * case.classes + 8) * PRECISIONS[dtype].output_unit < 0.5


def _samples(case: Case, declared: Declaration) -> list[Sample]:
    return [Sample(case, i, x, declared) for i, x in enumerate(case.predicted)]


def _mean_error(case: Case, g: Sequence[Interval]) -> Fraction:
    """Return how much a mean in float64 may err: C additions, a division and a subtraction of numbers of this size."""
    if case.input != "probabilities":
        return Fraction(0)
    return (2 * len(g) + 8) * UNIT * max(x.magnitude for x in g)


def nearest(x: Interval) -> float:
    """Return the nearest double, which is infinite for what no format can hold."""
    middle = x.middle
    return float(middle) if abs(middle) <= LARGEST else inf if middle > 0 else -inf


def _bound(exact: Interval, allowed: Allowed, extra: Fraction = Fraction(0)) -> float:
    """Return the largest allowed difference from the nearest double, rounded up; 0 beside infinity."""
    x = nearest(exact)
    if abs(x) == inf:
        return 0.0
    room = max(allowed.range.hi - Fraction(x), Fraction(x) - allowed.range.lo) + extra
    return nextafter(float(room), inf) if room <= LARGEST else inf
