"""The exact answer under a declaration, and the interval of answers that the error bound allows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Self

from emd_conformance._bounds.precision import Form, Precision
from emd_conformance._cases.case import Case
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.sample import Sample
from emd_conformance._declaration.weighting import divisor
from emd_conformance._exact.interval import Interval, total
from emd_conformance._judging.quantities import bound, exact, exact_gradient, gradient_bound

FARTHEST = 1e300  # larger ratios might not fit into a float
WEIGHING = 4  # roundings: a product with up to three weights, or with their quotient by the sum of the weights
REMEMBERED = 8192  # samples; one declaration has about 1500, whose answers take some 30 MB


@dataclass(frozen=True)
class Allowed:
    """An exact answer, and the interval around it that the error bound allows."""

    exact: Interval
    range: Interval

    def ratio(self, answer: Fraction) -> float:
        """Return the error as a multiple of the bound on the side where it lies."""
        if self.exact.lo <= answer <= self.exact.hi:
            return 0.0
        above = answer > self.exact.hi
        error = answer - self.exact.hi if above else self.exact.lo - answer
        room = self.room(above)
        if room <= 0:
            return float("inf")
        try:  # error / room, as the quotient of two integers, which Python rounds correctly
            return min(error.numerator * room.denominator / (error.denominator * room.numerator), FARTHEST)
        except OverflowError:
            return FARTHEST

    def room(self, above: bool) -> Fraction:
        """Return the error bound above the exact answer, or below it."""
        return self._rooms[above]

    @cached_property
    def _rooms(self) -> tuple[Fraction, Fraction]:
        return self.exact.lo - self.range.lo, self.range.hi - self.exact.hi

    def times(self, factor: Fraction, precision: Precision) -> Self:
        """Return the answer multiplied by a power of 2, which rounds only numbers below the smallest normal one."""
        least = Fraction(precision.least) / 2
        return type(self)(self.exact * factor, _widen(self.range * factor, least))


def allowed_values(samples: Sequence[Sample], declared: Declaration, form: Form) -> list[Allowed]:
    """Return the declared values of one call, reduced (1.6) and rounded to the output format."""
    if not declared.weighted and (declared.reduction == "none" or not declared.batched):
        return _of_each(samples, lambda sample: _rounded_value(sample, form))
    values = _of_each(samples, lambda sample: allowed_value(sample, form))
    values = [weighted(value, sample) for value, sample in zip(values, samples, strict=True)]
    values = _reduced(values, samples, declared) if declared.batched else values
    return [_rounded(value, declared) for value in values]


def _of_each(samples: Sequence[Sample], answer: Callable[[Sample], Allowed]) -> list[Allowed]:
    """Return the answer to each sample in its standard form; samples alike share theirs."""
    known: dict[tuple[Case, int], Allowed] = {}
    answers: list[Allowed] = []
    for sample in samples:
        key = sample.case, sample.case.first_alike[sample.index]
        if key not in known:
            known[key] = answer(sample.standard)
        answers.append(known[key])
    return answers


def weighted(value: Allowed, sample: Sample, *, summed: int = 0) -> Allowed:
    """Return the value of a sample, or an entry of its gradient, times its weight (1.8).

    The gradient of a weighted mean is divided by a sum of as many weights as are `summed`.
    """
    if not sample.declared.weighted:
        return value
    exact, span, precision = value.exact * sample.weight, value.range * sample.weight, sample.declared.precision
    if not sample.weight:
        return Allowed(exact, span)
    rounding = Fraction(precision.unit) * (WEIGHING + summed) * span.magnitude
    return Allowed(exact, _widen(span, rounding + Fraction(max(precision.tiny, precision.least))))


@lru_cache(maxsize=REMEMBERED)
def allowed_value(sample: Sample, form: Form) -> Allowed:
    """Return the declared value of one sample, before the reduction and before the result is rounded."""
    expression = sample.declared.expression
    values, wide = _quantities(sample, form)
    point, span = (expression.evaluate(names, sample.parameters).value for names in (values, wide))
    rounding = Fraction(sample.declared.precision.unit) * 2 * expression.operations * span.magnitude
    return Allowed(point, _widen(span, rounding))


@lru_cache(maxsize=REMEMBERED)
def _rounded_value(sample: Sample, form: Form) -> Allowed:
    """Return the declared value of one sample, rounded to the output format, as a loss without reduction returns it."""
    return _rounded(allowed_value(sample, form), sample.declared)


@lru_cache(maxsize=16)  # a value and its gradient need the same
def _quantities(sample: Sample, form: Form) -> tuple[dict[str, Interval], dict[str, Interval]]:
    """Return the exact quantities that the expression names, and what their bounds allow."""
    values = {name: exact(sample, name) for name in sample.declared.expression.names}
    beyond = {name for name, x in values.items() if x.magnitude > Fraction(sample.declared.precision.largest)}
    # Beyond the format only infinity is right, so the bound is of no use there.
    wide = {name: x if name in beyond else _widen(x, bound(sample, name, form)) for name, x in values.items()}
    return values, wide


@lru_cache(maxsize=REMEMBERED)
def allowed_gradient(sample: Sample, form: Form) -> tuple[Allowed, ...]:
    """Return the declared gradient of one sample, `projected` and rounded, by the chain rule over the quantities.

    The EMD is left out: its part is judged by its optimality.
    """
    expression, C = sample.declared.expression, sample.case.classes
    names = sorted(expression.names - {"W1"})
    gradients = {name: exact_gradient(sample, name) for name in names}
    bounds = {name: gradient_bound(sample, name, form) for name in names}
    values, wide = _quantities(sample, form)
    point, span = (expression.evaluate(x, sample.parameters).slopes for x in (values, wide))
    unit = Fraction(sample.declared.precision.unit) * (2 * expression.operations + C * (expression.operations > 0))
    answers: list[Allowed] = []
    entries = len(gradients[names[0]]) if names else C - (sample.declared.form != "probabilities")
    for j in range(entries):
        middle = total([point[name] * gradients[name][j] for name in names])
        around = total([span[name] * _widen(gradients[name][j], bounds[name][j]) for name in names])
        if unit:
            around = _widen(around, unit * around.magnitude)
        answers.append(_rounded(Allowed(middle, around), sample.declared))
    return tuple(answers)


def slopes(sample: Sample, form: Form) -> dict[str, Interval]:
    """Return the derivatives of the expression with respect to its quantities, for all values that are allowed."""
    return sample.declared.expression.evaluate(_quantities(sample, form)[1], sample.parameters).slopes


def _reduced(values: list[Allowed], samples: Sequence[Sample], declared: Declaration) -> list[Allowed]:
    if declared.reduction == "none":
        return values
    N = share(samples)
    middle, around = total([a.exact for a in values]), total([a.range for a in values])
    summed = len(values) * (2 if declared.reduction == "weighted-mean" else 1)  # the weights are summed too
    unit = Fraction(declared.precision.unit) * (summed + 2)
    rounding = unit * sum((a.range.magnitude for a in values), Fraction(0))
    return [Allowed(middle * (1 / N), _widen(around, rounding) * (1 / N))]


def share(samples: Sequence[Sample]) -> Fraction:
    """Return what the sum over a call is divided by (1.6, 1.8)."""
    if not samples:
        return Fraction(1)
    return divisor(samples[0].declared, samples[0].case, [sample.index for sample in samples])


def _rounded(value: Allowed, declared: Declaration) -> Allowed:
    return Allowed(value.exact, _widen(value.range, declared.precision.half_step(value.range.magnitude)))


def _widen(x: Interval, by: Fraction) -> Interval:
    return Interval(x.lo - by, x.hi + by) if by else x
