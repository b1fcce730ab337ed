"""The loss of the paper for few numbers of NumPy, written out: there all other layers take longer than its sums.

Ordered classes one apart, distributions on both sides, float64 or float32. What else there is, or may be wrong, is left
to `evaluate`, which also has the words for it.
"""

from collections.abc import Callable
from contextvars import Context
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy import ndarray

from emd_ref._arrays import Array, DType
from emd_ref._checks import mass_tolerance_of
from emd_ref._sums import MANY_NUMBERS, WIDTH, triangle_of_numpy
from emd_ref.ground import Ground, Ordered

_DOUBLE, _SINGLE = np.dtype(np.float64), np.dtype(np.float32)
_BACKWARDS = (..., slice(None, None, -1))

_sum, _cumulative_sum = np.add.reduce, np.add.accumulate


def energy(
    want: str, predicted: Array, target: Array, ground: Ground, from_logits: bool, axis: int, check: bool
) -> Any:
    """Value, gradient or both; None if there are more numbers or of another kind, or a check finds anything wrong."""
    if not (
        type(predicted) is ndarray
        and type(target) is ndarray
        and 0 < predicted.size < MANY_NUMBERS
        and predicted.shape == target.shape != ()
        and ((dtype := predicted.dtype) is _DOUBLE or dtype is _SINGLE)
        and dtype is target.dtype
        and type(ground) is Ordered
        and ground.positions is None
        and type(axis) is int
        and (axis == -1 or axis == predicted.ndim - 1)
        and not from_logits
    ):
        return None
    p, t = (predicted, target) if dtype is _DOUBLE else (predicted.astype(_DOUBLE), target.astype(_DOUBLE))
    if dtype is _DOUBLE and not check:
        return _formula(want, p, t, dtype)
    return _in_silence.copy().run(_formula_if_right if check else _formula, want, p, t, dtype)


def _formula_if_right(want: str, p: Array, t: Array, dtype: DType) -> Any:
    return _formula(want, p, t, dtype) if _are_probabilities(p, dtype) and _are_probabilities(t, dtype) else None


def _formula(want: str, p: Array, t: Array, dtype: DType) -> Any:
    """E = sum of D_k^2 and g_j = 2 (D_j + ... + D_C), where D_k = d_1 + ... + d_k.

    By products where the order of addition does not show: float64 holds sums of float32 numbers with no rounding, or
    with less than that to float32.
    """
    by_products = dtype is _SINGLE and p.shape[-1] <= WIDTH
    cumulative, squared, twice_from = _PRODUCTS if by_products else _SCANS
    D = cumulative(p - t)
    E = g = None
    if want != "gradient":
        E = squared(D)
        if dtype is not _DOUBLE:
            E = E.astype(dtype)
    if want != "value":
        g = twice_from(D).astype(dtype)  # a copy, forwards, in float64 too
    return g if E is None else E if g is None else (E, g)


_Sum: TypeAlias = Callable[[Array], Array]
_SCANS: tuple[_Sum, _Sum, _Sum] = (
    lambda d: _cumulative_sum(d, -1),
    lambda D: _sum(D * D, -1),
    lambda D: _cumulative_sum((D + D)[_BACKWARDS], -1)[_BACKWARDS],
)
_PRODUCTS: tuple[_Sum, _Sum, _Sum] = (
    lambda d: d.dot(triangle_of_numpy(d.shape[-1], -1)),
    lambda D: np.vecdot(D, D),
    lambda D: D.dot(triangle_of_numpy(D.shape[-1], 0, 2.0)),
)

# What is wrong is told in words, and numbers that nobody looked at may give anything: NumPy need not warn. To enter a
# context that was prepared takes it a tenth of the time of setting the error state anew.
_in_silence = Context()
_in_silence.run(np.seterr, all="ignore")


def _are_probabilities(x: Array, dtype: DType) -> bool:
    """Whether each sample is non-negative and sums to 1, within the tolerance of the dtype that it came in."""
    if not x.item(x.argmin()) >= 0:  # NaN counts as the least
        return False
    ones, least, greatest = _limits(x.shape[-1], dtype)
    mass = x.dot(ones)
    return bool(least <= mass.item(mass.argmin()) and mass.item(mass.argmax()) <= greatest)


@lru_cache(maxsize=64)
def _limits(num_classes: int, dtype: DType) -> tuple[Array, float, float]:
    tolerance = mass_tolerance_of(np, dtype, num_classes)
    return np.ones(num_classes), 1.0 - tolerance, 1.0 + tolerance
