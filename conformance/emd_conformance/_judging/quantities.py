"""The specified quantities in one table, with their exact values and gradients, and their error bounds."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from types import ModuleType
from typing import Any

from emd_conformance import _bounds, _exact
from emd_conformance._bounds.precision import Form
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.grounds import Ground
from emd_conformance._exact.interval import Interval, total


@dataclass(frozen=True)
class SpecifiedQuantity:
    """A quantity that an expression may name: the modules of its exact answers and its bounds, and what they take.

    Exact values and gradients are computed for logits only: every case of probabilities states them. The EMD has
    subgradients, which are judged by their optimality (3.6), and no functions for gradients.
    """

    words: str
    exact: ModuleType
    bounds: ModuleType
    arguments: Callable[[Sample, Ground], tuple[Any, ...]]


def _target(sample: Sample, ground: Ground) -> tuple[tuple[float, ...], Ground]:
    return sample.target, ground


def _label(sample: Sample, ground: Ground) -> tuple[int]:
    return (sample.label,)


def _power(sample: Sample, ground: Ground) -> tuple[int, Ground, float, float]:
    return sample.label, ground, sample.case.exponent, sample.case.bias


QUANTITIES = {
    "E": SpecifiedQuantity("squared EMD", _exact.squared_emd, _bounds.squared_emd, _target),
    "W1": SpecifiedQuantity("EMD", _exact.emd, _bounds.emd, _target),
    "XE": SpecifiedQuantity("-log p_k", _exact.cross_entropy, _bounds.cross_entropy, _label),
    "R": SpecifiedQuantity("penalty", _exact.penalty, _bounds.penalty, _power),
}


def exact(sample: Sample, name: str) -> Interval:
    if sample.stored:
        return sample.case.expected[name][sample.index]
    if sample.declared.input == "log-probabilities":
        return _exact.squared_emd.value_of_log(sample.x, sample.target, sample.case.ground)
    quantity = QUANTITIES[name]
    value: Interval = quantity.exact.value_of_logits(sample.x, *quantity.arguments(sample, sample.case.ground))
    return value


def exact_gradient(sample: Sample, name: str) -> list[Interval]:
    """Return the exact gradient: projected on the simplex, or with respect to the logits."""
    quantity = QUANTITIES[name]
    if not sample.stored:
        return [*quantity.exact.gradient_of_logits(sample.x, *quantity.arguments(sample, sample.case.ground))]
    free = list(sample.case.gradient[name][sample.index])
    if sample.case.input == "logits":
        return free
    mean = total(free) * Fraction(1, len(free))
    return [g_j - mean for g_j in free]


def bound(sample: Sample, name: str, form: Form) -> Fraction:
    bounds, arguments = _bounds_of(sample, name)
    if sample.declared.input == "log-probabilities":
        return _bounds.squared_emd.value_of_log(*arguments)
    if sample.case.input == "logits":
        value: Fraction = bounds.value_of_logits(*arguments)
    elif "off-simplex" in sample.case.needs:  # such cases state no other quantity than E
        value = bounds.value(*arguments, form, unequal=True)
    else:
        value = bounds.value(*arguments, form)
    return value


def gradient_bound(sample: Sample, name: str, form: Form) -> list[Fraction]:
    """Return the error bounds of a gradient; for probabilities they hold once the mean is subtracted.

    Its entries are rounded to the output format before their mean is subtracted, so a constant in them is rounded too.
    """
    bounds, arguments = _bounds_of(sample, name)
    if sample.case.input == "logits":
        return [*bounds.gradient_of_logits(*arguments)]
    rounding = 2 * Fraction(sample.declared.precision.output_unit) * bounds.gradient_size(*arguments)
    return [bounds.simplex_gradient(*arguments, form) + rounding] * sample.case.classes


def _bounds_of(sample: Sample, name: str) -> tuple[ModuleType, tuple[Any, ...]]:
    arguments = QUANTITIES[name].arguments(sample, sample.ground)
    return QUANTITIES[name].bounds, (sample.x, *arguments, sample.declared.precision)
