"""The exact value and gradient of each specified quantity of a sample, and their error bounds."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from emd_conformance import _bounds, _exact
from emd_conformance._bounds.cuts import Form
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.grounds import LINE, Line
from emd_conformance._exact.interval import Interval, total


def exact(sample: Sample, name: str) -> Interval:
    """Return the exact value of a specified quantity."""
    if sample.stored:
        return sample.case.expected[name][sample.index]
    case, x, t, k = sample.case, sample.x, sample.target, sample.label
    if sample.declared.input == "log-probabilities":
        return _exact.squared_emd.value_of_log(x, t, case.ground)
    values: dict[str, Callable[[], Interval]] = {
        "E": lambda: _exact.squared_emd.value_of_logits(x, t, case.ground),
        "W1": lambda: _exact.emd.value_of_logits(x, t, case.ground if isinstance(case.ground, Line) else LINE),
        "XE": lambda: _exact.cross_entropy.value_of_logits(x, k),
        "R": lambda: _exact.penalty.value_of_logits(x, k, case.ground, case.exponent, case.bias),
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
        "E": lambda: _exact.squared_emd.gradient_of_logits(x, t, case.ground),
        "XE": lambda: _exact.cross_entropy.gradient_of_logits(x, k),
        "R": lambda: _exact.penalty.gradient_of_logits(x, k, case.ground, case.exponent, case.bias),
    }
    return values[name]()


def bound(sample: Sample, name: str, form: Form) -> Fraction:
    """Return the error bound of a specified quantity."""
    x, t, k, ground, precision = sample.x, sample.target, sample.label, sample.ground, sample.declared.precision
    power, unequal = (sample.case.exponent, sample.case.bias), "off-simplex" in sample.case.needs
    if sample.declared.input == "log-probabilities":
        return _bounds.squared_emd.value_of_log(x, t, ground, precision)
    logits: dict[str, Callable[[], Fraction]] = {
        "E": lambda: _bounds.squared_emd.value_of_logits(x, t, ground, precision),
        "W1": lambda: _bounds.emd.value_of_logits(x, t, ground, precision),
        "XE": lambda: _bounds.cross_entropy.value_of_logits(x, k, precision),
        "R": lambda: _bounds.penalty.value_of_logits(x, k, ground, precision, *power),
    }
    probabilities: dict[str, Callable[[], Fraction]] = {
        "E": lambda: _bounds.squared_emd.value(x, t, ground, precision, form, unequal),
        "W1": lambda: _bounds.emd.value(x, t, ground, precision, form),
        "XE": lambda: _bounds.cross_entropy.value(x, k, precision) if x[k] > 0 else Fraction(0),
        "R": lambda: _bounds.penalty.value(x, k, ground, precision, *power),
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
        "E": lambda: _bounds.squared_emd.gradient_of_logits(x, t, ground, precision),
        "XE": lambda: _bounds.cross_entropy.gradient_of_logits(x, k, precision),
        "R": lambda: _bounds.penalty.gradient_of_logits(x, k, ground, precision, *power),
    }
    probabilities: dict[str, Callable[[], list[Fraction]]] = {
        "E": lambda: spread(
            _bounds.squared_emd.simplex_gradient(x, t, ground, precision, form),
            twice * _bounds.squared_emd.gradient_size(x, t, ground, precision),
        ),
        "XE": lambda: spread(8 * Fraction(precision.unit) / Fraction(x[k]), twice / Fraction(x[k])),
        "R": lambda: spread(
            4 * max(_bounds.penalty.gradient(x, k, ground, precision, *power)),
            twice * _bounds.penalty.gradient_size(x, k, ground, *power),
        ),
    }
    return (logits if sample.case.input == "logits" else probabilities)[name]()
