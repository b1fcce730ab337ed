"""The loss of the paper for small NumPy arrays, where the general way spends more time in Python than in arithmetic.

It serves the most common valid call: two distributions of float64 or float32, classes last, one apart. For anything
else, invalid input included, it returns None, and the general way computes or raises the errors.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy import ndarray

from emd_ref._arguments.options import Options, Want
from emd_ref._arguments.values import default_mass_tolerance
from emd_ref._fast.operations import few_are_within
from emd_ref._fast.products import MANY_NUMBERS, SHORT_AXIS, numpy_triangle
from emd_ref._grounds import Ordered
from emd_ref._libraries.kinds import Array, DType
from emd_ref._quiet import QUIET

_DOUBLE, _SINGLE = np.dtype(np.float64), np.dtype(np.float32)
_BACKWARDS = (..., slice(None, None, -1))
_sum, _cumulative_sum = np.add.reduce, np.add.accumulate


def squared_emd(want: Want, predicted: Array, target: Array, options: Options) -> Any:
    """Value, gradient or both of `squared_emd`; None unless the arguments are small, ordinary and valid."""
    if type(predicted) is not ndarray or type(target) is not ndarray:
        return None
    ground, from_logits, axis, check, mass_tolerance, wide = options[:6]
    if not (
        0 < predicted.size < MANY_NUMBERS
        and predicted.shape == target.shape != ()
        and ((dtype := predicted.dtype) is _DOUBLE or dtype is _SINGLE)
        and dtype is target.dtype
        and type(ground) is Ordered
        and ground.positions is None
        and mass_tolerance is None
        and type(axis) is int
        and (axis == -1 or axis == predicted.ndim - 1)
        and from_logits is False
        and type(check) is bool
        and not wide
    ):
        return None
    if dtype is _SINGLE:
        return QUIET.copy().run(_of_singles, want, predicted, target, check)
    if check:
        return QUIET.copy().run(_of_valid_doubles, want, predicted, target)
    return _of_doubles(want, predicted, target)


def _of_doubles(want: Want, p: Array, t: Array) -> Any:
    """E = sum of D_k^2 and g_j = 2 (D_j + ... + D_C), where D_k = d_1 + ... + d_k."""
    D = _cumulative_sum(p - t, -1)
    if want == "value":
        return _sum(D * D, -1)
    g = _cumulative_sum((D + D)[_BACKWARDS], -1)[_BACKWARDS].copy("K")  # a scan backwards is a view
    return g if want == "gradient" else (_sum(D * D, -1), g)


def _of_valid_doubles(want: Want, p: Array, t: Array) -> Any:
    return _of_doubles(want, p, t) if _are_valid(p, t, _DOUBLE) else None


def _of_singles(want: Want, predicted: Array, target: Array, check: bool) -> Any:
    """The same in float32. float64 holds the sums of float32 probabilities exactly, or far beyond float32.

    The order of addition does not show in them, so they may be products, which are faster than scans.
    """
    p, t, C = predicted.astype(_DOUBLE), target.astype(_DOUBLE), predicted.shape[-1]
    if check and not _are_valid(p, t, _SINGLE):
        return None
    E = g = None
    D = (p - t).dot(numpy_triangle(C, -1)) if C <= SHORT_AXIS else _cumulative_sum(p - t, -1)
    if want != "gradient":
        E = np.vecdot(D, D).astype(_SINGLE)
    if want != "value":
        g = (
            D.dot(numpy_triangle(C, 0, 2.0))
            if C <= SHORT_AXIS
            else _cumulative_sum((D + D)[_BACKWARDS], -1)[_BACKWARDS]
        )
        g = g.astype(_SINGLE)
    return g if E is None else E if g is None else (E, g)


def _are_valid(p: Array, t: Array, dtype: DType) -> bool:
    limits = _limits(p.shape[-1], dtype)
    return few_are_within(p, *limits) and few_are_within(t, *limits)


@lru_cache(maxsize=64)
def _limits(num_classes: int, dtype: DType) -> tuple[Array, float, float]:
    tolerance, ones = default_mass_tolerance(np, dtype, num_classes), np.ones(num_classes)
    ones.flags.writeable = False  # every later call gets the same array
    return ones, 1.0 - tolerance, 1.0 + tolerance
