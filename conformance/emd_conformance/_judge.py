"""Which answers are right: the exact value and gradient of a case as declared, and the interval the bound allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from emd_conformance import _bounds, _bounds_logits, _enclosures, _oracle
from emd_conformance._bounds import Form
from emd_conformance._conventions import Declaration
from emd_conformance._grounds import LINE, Ground, Line
from emd_conformance._interval import Interval, enclose, total
from emd_conformance._model import Case, Row
from emd_conformance._oracle import one_hot

FARTHEST = Fraction(10) ** 300  # a ratio that a float can hold
REMEMBERED = 8192  # answers of samples; those of one declaration are about 1500, and take some 30 MB


@dataclass(frozen=True)
class Allowed:
    """An exact answer, and the interval around it that the error bound allows."""

    exact: Interval
    range: Interval

    def ratio(self, answer: Fraction) -> float:
        """Return the error as a multiple of the bound on its side."""
        if self.exact.lo <= answer <= self.exact.hi:
            return 0.0
        if answer > self.exact.hi:
            error, room = answer - self.exact.hi, self.range.hi - self.exact.hi
        else:
            error, room = self.exact.lo - answer, self.exact.lo - self.range.lo
        return float(min(error / room, FARTHEST)) if room > 0 else float("inf")


@dataclass(frozen=True)
class Sample:
    """One sample of a case, in the numbers that the implementation is given."""

    case: Case
    index: int
    x: Row
    declared: Declaration

    @property
    def target(self) -> tuple[float, ...]:
        """The target distribution."""
        if self.case.target is not None:
            return self.case.target[self.index]
        return tuple(map(float, one_hot(self.label, self.case.classes)))

    @property
    def label(self) -> int:
        """The label."""
        return self.case.labels[self.index] if self.case.labels is not None else -1

    @property
    def ground(self) -> Ground:
        """The ground distance, in the form that the implementation takes."""
        if self.case.needs:
            return self.case.ground
        return self.declared.ground_of(self.case)

    @property
    def stored(self) -> bool:
        """Whether the case states the expectation of exactly these numbers."""
        return self.x == self.case.predicted[self.index] and self.declared.input != "log-probabilities"

    @property
    def standard(self) -> Sample:
        """The same sample under the fields of the declaration that its exact answer and its bounds depend on."""
        return replace(self, declared=self.declared.meaning)

    @property
    def parameters(self) -> dict[str, Fraction]:
        """The parameters of an expression."""
        return {"C": Fraction(self.case.classes), "weight": Fraction(self.case.weight)}


def exact(sample: Sample, name: str) -> Interval:
    """Return the exact value of a specified quantity."""
    if sample.stored:
        return sample.case.expected[name][sample.index]
    case, x, t, k = sample.case, sample.x, sample.target, sample.label
    if sample.declared.input == "log-probabilities":
        return _enclosures.squared_emd_log(x, t, case.ground)
    values: dict[str, Callable[[], Interval]] = {
        "E": lambda: _enclosures.squared_emd_logits(x, t, case.ground),
        "W1": lambda: _enclosures.emd_logits(x, t, case.ground if isinstance(case.ground, Line) else LINE),
        "XE": lambda: _enclosures.cross_entropy_logits(x, k),
        "R": lambda: _enclosures.penalty_logits(x, k, case.ground, case.exponent, case.bias),
    }
    return values[name]()


def exact_gradient(sample: Sample, name: str) -> list[Interval]:
    """Return the exact gradient: projected on the simplex, or with respect to the logits."""
    if sample.stored and sample.case.input == "logits":
        return list(sample.case.gradient[name][sample.index])
    if sample.stored:
        free = sample.case.gradient[name][sample.index]
        mean = total(free) * Fraction(1, len(free))
        return [g_j - mean for g_j in free]
    case, x, t, k = sample.case, sample.x, sample.target, sample.label
    values: dict[str, Callable[[], list[Interval]]] = {
        "E": lambda: _enclosures.squared_emd_logits_gradient(x, t, case.ground),
        "XE": lambda: _enclosures.cross_entropy_logits_gradient(x, k),
        "R": lambda: _enclosures.penalty_logits_gradient(x, k, case.ground, case.exponent, case.bias),
    }
    return values[name]()


def bound(sample: Sample, name: str, form: Form) -> Fraction:
    """Return the error bound of a specified quantity."""
    x, t, k, ground, precision = sample.x, sample.target, sample.label, sample.ground, sample.declared.precision
    power = (sample.case.exponent, sample.case.bias)
    if sample.declared.input == "log-probabilities":
        return _bounds_logits.squared_emd_log(x, t, ground, precision)
    logits: dict[str, Callable[[], Fraction]] = {
        "E": lambda: _bounds_logits.squared_emd(x, t, ground, precision),
        "W1": lambda: _bounds_logits.emd(x, t, ground, precision),
        "XE": lambda: _bounds_logits.cross_entropy_logits(x, k, precision),
        "R": lambda: _bounds_logits.xemd_penalty_logits(x, k, ground, precision, *power),
    }
    probabilities: dict[str, Callable[[], Fraction]] = {
        "E": lambda: _bounds.squared_emd(x, t, ground, precision, form, unequal="off-simplex" in sample.case.needs),
        "W1": lambda: _bounds.emd(x, t, ground, precision, form),
        "XE": lambda: _bounds_logits.cross_entropy(x, k, precision) if x[k] > 0 else Fraction(0),
        "R": lambda: _bounds_logits.xemd_penalty(x, k, ground, precision, *power),
    }
    return (logits if sample.case.input == "logits" else probabilities)[name]()


def gradient_bound(sample: Sample, name: str, form: Form) -> list[Fraction]:
    """Return the error bounds of a gradient."""
    x, t, k, ground, precision = sample.x, sample.target, sample.label, sample.ground, sample.declared.precision
    C, power = sample.case.classes, (sample.case.exponent, sample.case.bias)
    # Entries are rounded to the output format before their mean is subtracted, so the constant in g is rounded too.
    twice = 2 * Fraction(precision.output_unit)

    def spread(computation: Fraction, output: Fraction) -> list[Fraction]:
        return [computation + output] * C

    logits: dict[str, Callable[[], list[Fraction]]] = {
        "E": lambda: _bounds_logits.squared_emd_gradient(x, t, ground, precision),
        "XE": lambda: _bounds_logits.cross_entropy_logits_gradient(x, k, precision),
        "R": lambda: _bounds_logits.xemd_penalty_logits_gradient(x, k, ground, precision, *power),
    }
    probabilities: dict[str, Callable[[], list[Fraction]]] = {
        "E": lambda: spread(
            _bounds.simplex_gradient(x, t, ground, precision, form),
            twice * _bounds.gradient_size(x, t, ground, precision),
        ),
        "XE": lambda: spread(8 * Fraction(precision.unit) / Fraction(x[k]), twice / Fraction(x[k])),
        "R": lambda: spread(
            4 * max(_bounds_logits.xemd_penalty_gradient(x, k, ground, precision, *power)),
            twice * _bounds_logits.penalty_gradient_size(x, k, ground, *power),
        ),
    }
    return (logits if sample.case.input == "logits" else probabilities)[name]()


def allowed_value(sample: Sample, form: Form) -> Allowed:
    """Return the declared value of one sample, before reduction and output rounding."""
    return _allowed_value(sample.standard, form)


def allowed_gradient(sample: Sample, form: Form) -> Sequence[Allowed]:
    """Return the declared gradient of one sample, by the chain rule over the specified quantities, rounded."""
    return _allowed_gradient(sample.standard, form)


@lru_cache(maxsize=REMEMBERED)
def _allowed_value(sample: Sample, form: Form) -> Allowed:
    expression = sample.declared.expression
    values = {name: exact(sample, name) for name in expression.names}
    wide = {name: _around(sample, name, x, form) for name, x in values.items()}
    point, span = (expression.evaluate(names, sample.parameters).value for names in (values, wide))
    rounding = Fraction(sample.declared.precision.unit) * 2 * expression.operations * span.magnitude
    return Allowed(point, _widen(span, rounding))


@lru_cache(maxsize=REMEMBERED)
def _allowed_gradient(sample: Sample, form: Form) -> tuple[Allowed, ...]:
    expression, C = sample.declared.expression, sample.case.classes
    values, gradients = _exact_quantities(sample)
    bounds = {name: gradient_bound(sample, name, form) for name in expression.names}
    wide = {name: _widen(x, bound(sample, name, form)) for name, x in values.items()}
    point, span = (expression.evaluate(names, sample.parameters).slopes for names in (values, wide))
    unit = Fraction(sample.declared.precision.unit) * (2 * expression.operations + C * (expression.operations > 0))
    answers: list[Allowed] = []
    for j in range(C):
        parts = [
            (point[n] * gradients[n][j], span[n] * _widen(gradients[n][j], bounds[n][j])) for n in expression.names
        ]
        middle, around = total([a for a, _ in parts]), total([b for _, b in parts])
        answers.append(rounded(Allowed(middle, _widen(around, unit * around.magnitude)), sample.declared))
    return tuple(answers)


@lru_cache(maxsize=1)  # asked for once in every form
def _exact_quantities(sample: Sample) -> tuple[dict[str, Interval], dict[str, list[Interval]]]:
    """Return the exact values and gradients of the quantities that the declared expression names."""
    names = sample.declared.expression.names
    return {name: exact(sample, name) for name in names}, {name: exact_gradient(sample, name) for name in names}


def _around(sample: Sample, name: str, x: Interval, form: Form) -> Interval:
    """Return x widened by its bound; beyond the format only infinity is right, and no bound is finite."""
    beyond = x.magnitude > Fraction(sample.declared.precision.largest)
    return x if beyond else _widen(x, bound(sample, name, form))


def reduce(values: list[Allowed], declared: Declaration) -> list[Allowed]:
    """Return what the declared reduction makes of the samples' values (1.6)."""
    if declared.reduction == "none":
        return values
    N = max(len(values), 1) if declared.reduction == "mean" else 1
    middle, around = total([a.exact for a in values]), total([a.range for a in values])
    unit = Fraction(declared.precision.unit) * (len(values) + 2)
    rounding = unit * sum((a.range.magnitude for a in values), Fraction(0))
    return [Allowed(middle * Fraction(1, N), _widen(around, rounding) * Fraction(1, N))]


def rounded(value: Allowed, declared: Declaration) -> Allowed:
    """Return the answers allowed once they are rounded to the output format."""
    return Allowed(value.exact, _widen(value.range, declared.precision.half_step(value.range.magnitude)))


def subgradient_slope(declared: Declaration, parameters: dict[str, Fraction]) -> Fraction:
    """Return dvalue/dW1 of an expression in W1 alone, when it is constant."""
    slopes = [declared.expression.evaluate({"W1": enclose(x)}, parameters).slopes["W1"] for x in (1, 2)]
    if slopes[0] != slopes[1]:
        raise ValueError(f"the gradient of computes={declared.computes!r} cannot be judged")
    return slopes[0].middle


def subgradient(sample: Sample, g: list[Fraction]) -> tuple[Fraction, Fraction]:
    """Return the optimality gap (3.6) of a gradient of W1, and its bound."""
    x, t, ground = sample.x, sample.target, sample.ground
    allowance = _bounds.subgradient_gap(x, t, ground, sample.declared.precision)
    return _oracle.subgradient_gap(g, x, t, ground), allowance


def _widen(x: Interval, by: Fraction) -> Interval:
    return Interval(x.lo - by, x.hi + by) if by else x
