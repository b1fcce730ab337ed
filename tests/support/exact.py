"""Exact results and the bounds of their rounding errors, as the conformance suite computes them.

Everything that these tests use from inside the suite is imported here. Arguments are NumPy arrays; results of logits
are the middles of enclosures that are far narrower than any bound.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from emd_conformance import _bounds, _exact
from emd_conformance._bounds.precision import BFLOAT16, FLOAT16, PRECISIONS, Precision
from emd_conformance._exact import transport
from emd_conformance._exact.grounds import Circle, Ground, Line, Matrix, Tree, distances
from emd_conformance._exact.numbers import fractions, one_hot

from support import draw

__all__ = [
    "BFLOAT16",
    "FLOAT16",
    "PRECISIONS",
    "Circle",
    "Ground",
    "Line",
    "Matrix",
    "Precision",
    "Tree",
    "fractions",
    "transport",
]


class Expected(NamedTuple):
    """The exact value and gradient of one sample, and how far from them a computed one may be."""

    value: Fraction
    value_bound: Fraction
    gradient: Sequence[Fraction]
    gradient_bounds: Sequence[Fraction]


class ExpectedEMD(NamedTuple):
    """The exact EMD of one sample with its bound; the bound of the gap of a subgradient, where masses are equal."""

    value: Fraction
    value_bound: Fraction
    gap_bound: Fraction | None


def numbers(x: np.ndarray) -> list[float]:
    """A vector as Python floats, exactly."""
    return [float(v) for v in x]


def squared_emd(p: np.ndarray, t: np.ndarray, ground: Ground, form: Precision) -> Expected:
    """E and dE/dp, with the bounds for scans."""
    row = numbers(p), numbers(t), ground
    return Expected(
        _exact.squared_emd.value(*row),
        _bounds.squared_emd.value(*row, form, "scan"),
        _exact.squared_emd.gradient(*row),
        _bounds.squared_emd.gradient(*row, form, "scan"),
    )


def squared_emd_value(p: np.ndarray, t: np.ndarray) -> Fraction:
    """E on the unit line, alone."""
    return _exact.squared_emd.value(numbers(p), numbers(t))


def squared_emd_of_logits(z: np.ndarray, t: np.ndarray, ground: Ground, form: Precision) -> Expected:
    """E and dE/dz."""
    row = numbers(z), numbers(t), ground
    return Expected(
        _exact.squared_emd.value_of_logits(*row).middle,
        _bounds.squared_emd.value_of_logits(*row, form),
        [x.middle for x in _exact.squared_emd.gradient_of_logits(*row)],
        _bounds.squared_emd.gradient_of_logits(*row, form),
    )


def emd(p: np.ndarray, t: np.ndarray, ground: Ground, form: Precision, order: Any = "scan") -> ExpectedEMD:
    """EMD, with the bound for scans, or for sums in "any" order."""
    value = _exact.emd.value(numbers(p), numbers(t), ground)
    return ExpectedEMD(value, *_emd_bounds(p, t, ground, form, order))


def emd_of_label(p: np.ndarray, k: int, ground: Ground, form: Precision) -> ExpectedEMD:
    """EMD = sum_i p_i G_ik, which needs no programme, with the bound for sums in any order."""
    column = [row[k] for row in distances(ground, len(p))]
    value = sum((a * b for a, b in zip(fractions(numbers(p)), column, strict=True)), Fraction(0))
    return ExpectedEMD(value, *_emd_bounds(p, np.eye(len(p))[k], ground, form, "any"))


def _emd_bounds(
    p: np.ndarray, t: np.ndarray, ground: Ground, form: Precision, order: Any
) -> tuple[Fraction, Fraction | None]:
    row = numbers(p), numbers(t), ground, form
    return _bounds.emd.value(*row, order), _bounds.emd.subgradient_gap(*row) if have_equal_masses(p, t) else None


def have_equal_masses(p: np.ndarray, t: np.ndarray) -> bool:
    """Whether p and t have exactly the same mass: without it there is no exact linear programme."""
    return sum(fractions(numbers(p))) == sum(fractions(numbers(t)))


def emd_of_logits(z: np.ndarray, t: np.ndarray, form: Precision) -> tuple[Fraction, Fraction]:
    """EMD on the unit line, and its bound."""
    row = numbers(z), numbers(t)
    return _exact.emd.value_of_logits(*row).middle, _bounds.emd.value_of_logits(*row, Line(), form)


def subgradient_gap(g: np.ndarray, p: np.ndarray, t: np.ndarray, ground: Ground) -> Fraction:
    """How far g is from proving the EMD optimal: 0 for a subgradient (specification, 3.6)."""
    return _exact.emd.subgradient_gap(numbers(g), numbers(p), numbers(t), ground)


def penalty(p: np.ndarray, k: int, ground: Ground, form: Precision, exponent: float, bias: float) -> Expected:
    """R and dR/dp."""
    row = numbers(p), one_hot(k, len(p)), ground
    return Expected(
        _exact.penalty.value(*row, exponent, bias).middle,
        _bounds.penalty.value(*row, exponent, bias, form),
        [x.middle for x in _exact.penalty.gradient(*row, exponent, bias)],
        _bounds.penalty.gradient(*row, exponent, bias, form),
    )


def penalty_of_logits(z: np.ndarray, k: int, ground: Ground, form: Precision, exponent: float, bias: float) -> Expected:
    """R and dR/dz."""
    row = numbers(z), one_hot(k, len(z)), ground
    return Expected(
        _exact.penalty.value_of_logits(*row, exponent, bias).middle,
        _bounds.penalty.value_of_logits(*row, exponent, bias, form),
        [x.middle for x in _exact.penalty.gradient_of_logits(*row, exponent, bias)],
        _bounds.penalty.gradient_of_logits(*row, exponent, bias, form),
    )


def cross_entropy(p: np.ndarray, k: int, form: Precision) -> Expected:
    """XE = -log p_k and dXE/dp, whose only entry -1 / p_k is one division."""
    row, t = numbers(p), one_hot(k, len(p))
    gradient = [-1 / fractions([row[k]])[0] if i == k else Fraction(0) for i in range(len(row))]
    bounds = [4 * Fraction(form.unit) * abs(x) for x in gradient]
    return Expected(
        _exact.cross_entropy.value(row, t).middle, _bounds.cross_entropy.value(row, t, form), gradient, bounds
    )


def cross_entropy_of_logits(z: np.ndarray, k: int, form: Precision) -> Expected:
    """XE and dXE/dz."""
    row, t = numbers(z), one_hot(k, len(z))
    return Expected(
        _exact.cross_entropy.value_of_logits(row, t).middle,
        _bounds.cross_entropy.value_of_logits(row, t, form),
        [x.middle for x in _exact.cross_entropy.gradient_of_logits(row, t)],
        _bounds.cross_entropy.gradient_of_logits(row, t, form),
    )


@cache
def pairs(ground: Ground, num_classes: int, dtype: str, form: Precision) -> list[Expected]:
    """What is expected of each pair of `draw.pairs`."""
    return [squared_emd(p, t, ground, form) for p, t in zip(*draw.pairs(num_classes, dtype), strict=True)]


@cache
def labelled(ground: Ground, num_classes: int, dtype: str, form: Precision) -> list[Expected]:
    """What is expected of each prediction of `draw.pairs` for the labels 0, 1, .. C-1, 0, .."""
    predictions, one_hots = draw.pairs(num_classes, dtype)[0], np.eye(num_classes)
    return [squared_emd(p, one_hots[i % num_classes], ground, form) for i, p in enumerate(predictions)]


@cache
def emd_pairs(ground: Ground, num_classes: int, dtype: str, form: Precision, order: Any) -> list[ExpectedEMD]:
    """What is expected of each pair of `draw.pairs`, or of the balanced ones under a matrix."""
    every = draw.pairs(num_classes, dtype)
    rows = balanced(*every) if isinstance(ground, Matrix) else every
    return [emd(p, t, ground, form, order) for p, t in zip(*rows, strict=True)]


def balanced(p: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows whose masses are exactly equal."""
    equal = [have_equal_masses(a, b) for a, b in zip(p, t, strict=True)]
    return p[equal], t[equal]


@cache
def logits(ground: Ground, num_classes: int, dtype: str, form: Precision) -> list[Expected]:
    """What is expected of each row of `draw.logits`."""
    return [squared_emd_of_logits(z, t, ground, form) for z, t in zip(*draw.logits(num_classes, dtype), strict=True)]
