"""The specified quantities in one table, with their exact values and gradients, and their error bounds."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from types import ModuleType
from typing import Any

from emd_conformance import _bounds, _exact
from emd_conformance._bounds.precision import Form
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.grounds import Ground
from emd_conformance._exact.interval import Interval, enclose
from emd_conformance._judging.conventions import from_free

PRECISE = 400  # bits of the quotients t_j / p_j: the denominator of their exact mean grows with every class
REMEMBERED = 8192  # samples; one declaration has about 1500


@dataclass(frozen=True)
class SpecifiedQuantity:
    """A quantity that an expression may name: the modules of its exact answers and its bounds, and what they take.

    The EMD has subgradients, which are judged by their optimality (3.6), and no functions for gradients.
    """

    words: str
    exact: ModuleType
    bounds: ModuleType
    arguments: Callable[[Sample, Ground], tuple[Any, ...]]


def _target(sample: Sample, ground: Ground) -> tuple[tuple[float, ...], Ground]:
    return sample.target, ground


def _power(sample: Sample, ground: Ground) -> tuple[tuple[float, ...], Ground, float, float]:
    return sample.target, ground, sample.case.exponent, sample.case.bias


QUANTITIES = {
    "E": SpecifiedQuantity("squared EMD", _exact.squared_emd, _bounds.squared_emd, _target),
    "W1": SpecifiedQuantity("EMD", _exact.emd, _bounds.emd, _target),
    "XE": SpecifiedQuantity(
        "cross-entropy", _exact.cross_entropy, _bounds.cross_entropy, lambda sample, ground: (sample.target,)
    ),
    "R": SpecifiedQuantity("penalty", _exact.penalty, _bounds.penalty, _power),
}


def exact(sample: Sample, name: str) -> Interval:
    """Return the value that the case states, or else compute it."""
    if sample.stored and name in sample.case.expected:
        return sample.case.expected[name][sample.index]
    return _exact_value(sample.standard, name)


@lru_cache(maxsize=REMEMBERED)
def _exact_value(sample: Sample, name: str) -> Interval:
    module, arguments = _exact_of(sample, name)
    if sample.encoding is None:
        return enclose(module.value(sample.x, *arguments))
    encoding = () if name == "W1" else (sample.encoding,)  # the EMD compares equal masses: softmax scales (5.7)
    value: Interval = module.value_of_logits(sample.x, *arguments, *encoding)
    return value


def exact_gradient(sample: Sample, name: str) -> list[Interval]:
    """Return the exact gradient as `projected` leaves it."""
    if sample.encoding is None:
        return from_free(sample, _free_gradient(sample, name))
    if sample.stored and name in sample.case.gradient:
        return list(sample.case.gradient[name][sample.index])
    module, arguments = _exact_of(sample, name)
    return [*module.gradient_of_logits(sample.x, *arguments, sample.encoding)]


def _free_gradient(sample: Sample, name: str) -> list[Interval]:
    if sample.stored and name in sample.case.gradient:
        return list(sample.case.gradient[name][sample.index])
    module, arguments = _exact_of(sample, name)
    free = [enclose(x) for x in module.gradient(sample.x, *arguments)]
    return [x.rounded(PRECISE) for x in free] if name == "XE" else free


def _exact_of(sample: Sample, name: str) -> tuple[ModuleType, tuple[Any, ...]]:
    return QUANTITIES[name].exact, QUANTITIES[name].arguments(sample, sample.case.ground)


def bound(sample: Sample, name: str, form: Form) -> Fraction:
    bounds, arguments = _bounds_of(sample, name)
    if sample.encoding is not None:
        value: Fraction = bounds.value_of_logits(*arguments, sample.encoding)
    elif "off-simplex" in sample.case.needs:  # only E is specified there
        value = bounds.value(*arguments, form, unequal=True)
    else:
        value = bounds.value(*arguments, form)
    return value


def gradient_bound(sample: Sample, name: str, form: Form) -> list[Fraction]:
    """Return the error bounds of a gradient, once `projected`.

    Entries with respect to probabilities are rounded to the output format before their mean is subtracted, so a
    constant in them is rounded too. A difference of two entries, as sums of them have it, errs by no more.
    """
    bounds, arguments = _bounds_of(sample, name)
    if sample.encoding is not None:
        return [*bounds.gradient_of_logits(*arguments, sample.encoding)]
    rounding = 2 * Fraction(sample.declared.precision.output_unit) * bounds.gradient_size(*arguments)
    entries = sample.case.classes - (sample.declared.form != "probabilities")
    return [bounds.simplex_gradient(*arguments, form) + rounding] * entries


def _bounds_of(sample: Sample, name: str) -> tuple[ModuleType, tuple[Any, ...]]:
    arguments = QUANTITIES[name].arguments(sample, sample.ground)
    return QUANTITIES[name].bounds, (sample.x, *arguments, sample.declared.precision)
