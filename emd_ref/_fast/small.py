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
    ground, from_logits, axis, check, mass_tolerance, _, _, wide, _ = options
    if not (
        type(predicted) is ndarray
        and type(target) is ndarray
        and 0 < predicted.size < MANY_NUMBERS
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
    if dtype is _DOUBLE and not check:
        return _formula(want, predicted, target, dtype)
    p, t = (predicted, target) if dtype is _DOUBLE else (predicted.astype(_DOUBLE), target.astype(_DOUBLE))
    return QUIET.copy().run(_formula_if_valid if check else _formula, want, p, t, dtype)


def _formula_if_valid(want: Want, p: Array, t: Array, dtype: DType) -> Any:
    limits = _limits(p.shape[-1], dtype)
    return _formula(want, p, t, dtype) if few_are_within(p, *limits) and few_are_within(t, *limits) else None


def _formula(want: Want, p: Array, t: Array, dtype: DType) -> Any:
    """E = sum of D_k^2 and g_j = 2 (D_j + ... + D_C), where D_k = d_1 + ... + d_k.

    float64 holds the sums of float32 probabilities exactly, or far beyond float32. The order of addition does not show
    in them, so they are products, which are faster than scans.
    """
    E = g = None
    if dtype is _SINGLE and p.shape[-1] <= SHORT_AXIS:
        D = (p - t).dot(numpy_triangle(p.shape[-1], -1))
        if want != "gradient":
            E = np.vecdot(D, D)
        if want != "value":
            g = D.dot(numpy_triangle(p.shape[-1], 0, 2.0))
    else:
        D = _cumulative_sum(p - t, -1)
        if want != "gradient":
            E = _sum(D * D, -1)
        if want != "value":
            g = _cumulative_sum((D + D)[_BACKWARDS], -1)[_BACKWARDS]
    if E is not None and dtype is _SINGLE:
        E = E.astype(_SINGLE)
    if g is not None:
        g = g.astype(dtype)  # always a copy: a scan backwards is a view
    return g if E is None else E if g is None else (E, g)


@lru_cache(maxsize=64)
def _limits(num_classes: int, dtype: DType) -> tuple[Array, float, float]:
    tolerance, ones = default_mass_tolerance(np, dtype, num_classes), np.ones(num_classes)
    ones.flags.writeable = False  # every later call gets the same array
    return ones, 1.0 - tolerance, 1.0 + tolerance
