"""The specified quantities in one table: the exact value and gradient of each, their error bounds, and its name."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from emd_conformance import _bounds, _exact
from emd_conformance._bounds.precision import Form, Precision
from emd_conformance._cases.case import Row
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.grounds import Ground
from emd_conformance._exact.interval import Interval, total


def _undefined(*_: object) -> NoReturn:
    raise TypeError("the EMD has subgradients, which are judged by their optimality (3.6)")


@dataclass(frozen=True)
class SpecifiedQuantity:
    """A quantity that an expression may name.

    Exact values and gradients are computed for logits only: every case of probabilities states them. The bound of a
    gradient with respect to probabilities holds for every entry once the mean is subtracted; `size` bounds the entries.
    """

    words: str
    value: Callable[[Sample], Interval]
    bound: Callable[[Sample, Form], Fraction]
    bound_of_logits: Callable[[Sample], Fraction]
    gradient: Callable[[Sample], list[Interval]] = _undefined
    simplex_gradient_bound: Callable[[Sample, Form], Fraction] = _undefined
    size: Callable[[Sample], Fraction] = _undefined
    gradient_bound_of_logits: Callable[[Sample], list[Fraction]] = _undefined


def _to_target(s: Sample) -> tuple[Row, tuple[float, ...], Ground, Precision]:
    return s.x, s.target, s.ground, s.declared.precision


def _power(s: Sample) -> tuple[Row, int, Ground, float, float]:
    return s.x, s.label, s.ground, s.case.exponent, s.case.bias


QUANTITIES = {
    "E": SpecifiedQuantity(
        words="squared EMD",
        value=lambda s: _exact.squared_emd.value_of_logits(s.x, s.target, s.case.ground),
        bound=lambda s, form: _bounds.squared_emd.value(*_to_target(s), form, "off-simplex" in s.case.needs),
        bound_of_logits=lambda s: _bounds.squared_emd.value_of_logits(*_to_target(s)),
        gradient=lambda s: _exact.squared_emd.gradient_of_logits(s.x, s.target, s.case.ground),
        simplex_gradient_bound=lambda s, form: _bounds.squared_emd.simplex_gradient(*_to_target(s), form),
        size=lambda s: _bounds.squared_emd.gradient_size(*_to_target(s)),
        gradient_bound_of_logits=lambda s: _bounds.squared_emd.gradient_of_logits(*_to_target(s)),
    ),
    "W1": SpecifiedQuantity(
        words="EMD",
        value=lambda s: _exact.emd.value_of_logits(s.x, s.target, s.case.ground),
        bound=lambda s, form: _bounds.emd.value(*_to_target(s), form),
        bound_of_logits=lambda s: _bounds.emd.value_of_logits(*_to_target(s)),
    ),
    "XE": SpecifiedQuantity(
        words="-log p_k",
        value=lambda s: _exact.cross_entropy.value_of_logits(s.x, s.label),
        bound=lambda s, form: _bounds.cross_entropy.value(s.x, s.label, s.declared.precision),
        bound_of_logits=lambda s: _bounds.cross_entropy.value_of_logits(s.x, s.label, s.declared.precision),
        gradient=lambda s: _exact.cross_entropy.gradient_of_logits(s.x, s.label),
        simplex_gradient_bound=lambda s, form: 8 * Fraction(s.declared.precision.unit) / Fraction(s.x[s.label]),
        size=lambda s: 1 / Fraction(s.x[s.label]),
        gradient_bound_of_logits=lambda s: _bounds.cross_entropy.gradient_of_logits(s.x, s.label, s.declared.precision),
    ),
    "R": SpecifiedQuantity(
        words="penalty",
        value=lambda s: _exact.penalty.value_of_logits(s.x, s.label, s.case.ground, s.case.exponent, s.case.bias),
        bound=lambda s, form: _bounds.penalty.value(*_power(s), s.declared.precision),
        bound_of_logits=lambda s: _bounds.penalty.value_of_logits(*_power(s), s.declared.precision),
        gradient=lambda s: _exact.penalty.gradient_of_logits(s.x, s.label, s.case.ground, s.case.exponent, s.case.bias),
        simplex_gradient_bound=lambda s, form: 4 * max(_bounds.penalty.gradient(*_power(s), s.declared.precision)),
        size=lambda s: _bounds.penalty.gradient_size(*_power(s)),
        gradient_bound_of_logits=lambda s: _bounds.penalty.gradient_of_logits(*_power(s), s.declared.precision),
    ),
}


def exact(sample: Sample, name: str) -> Interval:
    """Return the exact value of a specified quantity."""
    if sample.stored:
        return sample.case.expected[name][sample.index]
    if sample.declared.input == "log-probabilities":
        return _exact.squared_emd.value_of_log(sample.x, sample.target, sample.case.ground)
    return QUANTITIES[name].value(sample)


def exact_gradient(sample: Sample, name: str) -> list[Interval]:
    """Return the exact gradient: projected on the simplex, or with respect to the logits."""
    if not sample.stored:
        return QUANTITIES[name].gradient(sample)
    free = list(sample.case.gradient[name][sample.index])
    if sample.case.input == "logits":
        return free
    mean = total(free) * Fraction(1, len(free))
    return [g_j - mean for g_j in free]


def bound(sample: Sample, name: str, form: Form) -> Fraction:
    """Return the error bound of a specified quantity."""
    if sample.declared.input == "log-probabilities":
        return _bounds.squared_emd.value_of_log(*_to_target(sample))
    if sample.case.input == "logits":
        return QUANTITIES[name].bound_of_logits(sample)
    return QUANTITIES[name].bound(sample, form)


def gradient_bound(sample: Sample, name: str, form: Form) -> list[Fraction]:
    """Return the error bounds of a gradient.

    Its entries are rounded to the output format before their mean is subtracted, so a constant in them is rounded too.
    """
    quantity = QUANTITIES[name]
    if sample.case.input == "logits":
        return quantity.gradient_bound_of_logits(sample)
    rounding = 2 * Fraction(sample.declared.precision.output_unit) * quantity.size(sample)
    return [quantity.simplex_gradient_bound(sample, form) + rounding] * sample.case.classes
