"""The exact answer under a declaration, and the interval of answers that the error bound allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Self

from emd_conformance._bounds.precision import Form, Precision
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.interval import Interval, enclose, total
from emd_conformance._judging.quantities import bound, exact, exact_gradient, gradient_bound

FARTHEST = Fraction(10) ** 300  # larger ratios might not fit into a float
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
        end, bound = (self.exact.hi, self.range.hi) if answer > self.exact.hi else (self.exact.lo, self.range.lo)
        error, room = abs(answer - end), abs(bound - end)
        return float(min(error / room, FARTHEST)) if room > 0 else float("inf")

    def times(self, factor: Fraction, precision: Precision) -> Self:
        """Return the answer multiplied by a power of 2, which rounds only numbers below the smallest normal one."""
        least = Fraction(precision.least) / 2
        return type(self)(self.exact * factor, _widen(self.range * factor, least))


def allowed_values(samples: Sequence[Sample], declared: Declaration, form: Form) -> list[Allowed]:
    """Return the declared values of one call, reduced (1.6) and rounded to the output format."""
    values = [allowed_value(sample.standard, form) for sample in samples]
    return [_rounded(x, declared) for x in (_reduced(values, declared) if declared.batched else values)]


@lru_cache(maxsize=REMEMBERED)
def allowed_value(sample: Sample, form: Form) -> Allowed:
    """Return the declared value of one sample, before the reduction and before the result is rounded."""
    expression = sample.declared.expression
    values = {name: exact(sample, name) for name in expression.names}
    beyond = {name for name, x in values.items() if x.magnitude > Fraction(sample.declared.precision.largest)}
    # Beyond the format only infinity is right, so the bound is of no use there.
    wide = {name: x if name in beyond else _widen(x, bound(sample, name, form)) for name, x in values.items()}
    point, span = (expression.evaluate(names, sample.parameters).value for names in (values, wide))
    rounding = Fraction(sample.declared.precision.unit) * 2 * expression.operations * span.magnitude
    return Allowed(point, _widen(span, rounding))


@lru_cache(maxsize=REMEMBERED)
def allowed_gradient(sample: Sample, form: Form) -> tuple[Allowed, ...]:
    """Return the declared gradient of one sample, rounded, by the chain rule over the specified quantities."""
    expression, C = sample.declared.expression, sample.case.classes
    values, gradients = _exact_quantities(sample)
    bounds = {name: gradient_bound(sample, name, form) for name in expression.names}
    wide = {name: _widen(x, bound(sample, name, form)) for name, x in values.items()}
    point, span = (expression.evaluate(names, sample.parameters).slopes for names in (values, wide))
    unit = Fraction(sample.declared.precision.unit) * (2 * expression.operations + C * (expression.operations > 0))
    answers: list[Allowed] = []
    for j in range(C):
        middle = total([point[name] * gradients[name][j] for name in expression.names])
        around = total([span[name] * _widen(gradients[name][j], bounds[name][j]) for name in expression.names])
        answers.append(_rounded(Allowed(middle, _widen(around, unit * around.magnitude)), sample.declared))
    return tuple(answers)


@lru_cache(maxsize=1)  # both forms of the bound need the same exact answers, one after the other
def _exact_quantities(sample: Sample) -> tuple[dict[str, Interval], dict[str, list[Interval]]]:
    names = sample.declared.expression.names
    return {name: exact(sample, name) for name in names}, {name: exact_gradient(sample, name) for name in names}


def _reduced(values: list[Allowed], declared: Declaration) -> list[Allowed]:
    if declared.reduction == "none":
        return values
    N = max(len(values), 1) if declared.reduction == "mean" else 1
    middle, around = total([a.exact for a in values]), total([a.range for a in values])
    unit = Fraction(declared.precision.unit) * (len(values) + 2)
    rounding = unit * sum((a.range.magnitude for a in values), Fraction(0))
    return [Allowed(middle * Fraction(1, N), _widen(around, rounding) * Fraction(1, N))]


def _rounded(value: Allowed, declared: Declaration) -> Allowed:
    return Allowed(value.exact, _widen(value.range, declared.precision.half_step(value.range.magnitude)))


def subgradient_slope(declared: Declaration, parameters: dict[str, Fraction]) -> Fraction:
    """Return the constant derivative of an expression with respect to W1, its only quantity."""
    slopes = [declared.expression.evaluate({"W1": enclose(x)}, parameters).slopes["W1"] for x in (1, 2)]
    if slopes[0] != slopes[1]:
        raise ValueError(f"the gradient of computes={declared.computes!r} cannot be judged")
    return slopes[0].middle


def _widen(x: Interval, by: Fraction) -> Interval:
    return Interval(x.lo - by, x.hi + by) if by else x
