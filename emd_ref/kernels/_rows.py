"""From the caller's arguments to rows of classes, as every kernel reads them, and back.

The values are checked inside a kernel, on the way: a row is let through if nothing in it is negative or NaN and its
masses are well within the tolerance. If one is not, `emd_ref.squared_emd` looks at the whole input, and raises its
errors: it alone decides.
"""

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from emd_ref import _checks
from emd_ref._arrays import Array, DType, Namespace, device, library, move_axis, rounded
from emd_ref.ground import Ground, Ordered
from emd_ref.squared import squared_emd

Vector: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True)
class Rows:
    """A batch as a matrix of N rows and C classes."""

    xp: Namespace
    predicted: Array  # (N, C): p, or logits
    target: Array  # (N, C): t, or (N,): labels
    weights: Vector  # (C,): the intervals w_k, with w_C = 1 for unit spacing and 0 with positions
    slack: tuple[float, float]  # how far from 1 a sum of p, of t must stay to need no second look
    judge: Callable[[], object]  # raises the error of the first value that is wrong
    doubtful: bool  # whether to judge, whatever the kernel finds
    batch: tuple[int, ...]
    axis: int
    dtype: DType

    def results(self, E: Array, g: Array, suspicious: Callable[[], bool]) -> tuple[Array, Array]:
        """Value and gradient in the shape, axis and dtype of the prediction, once the values are found right."""
        if self.doubtful or suspicious():
            self.judge()
        value = self.xp.reshape(rounded(self.xp, E, self.dtype), self.batch)
        gradient = self.xp.reshape(rounded(self.xp, g, self.dtype), (*self.batch, g.shape[-1]))
        return value[()], move_axis(self.xp, gradient, gradient.ndim - 1, self.axis)


def rows(
    predicted: Array,
    target: Array,
    *,
    takes: str,
    dtypes: tuple[DType, ...],
    ground: Ground,
    from_logits: bool,
    axis: int,
    check: bool,
    mass_tolerance: float | None,
) -> Rows:
    """Read the arguments of a kernel that `takes` the arrays of one library, in these `dtypes`; others are widened."""
    xp, axis = _checks.metadata(predicted, target, ground, axis, "target", labels_only=False)
    line = _line("numpy" if xp is np else library(predicted), ground, takes)
    options: dict[str, Any] = {"ground": ground, "from_logits": from_logits, "axis": axis}
    options["mass_tolerance"] = mass_tolerance
    C = int(predicted.shape[axis])
    batch = tuple(int(n) for i, n in enumerate(predicted.shape) if i != axis)

    def matrix(x: Array) -> Array:
        x = x if x.dtype in dtypes else xp.astype(x, xp.float64)
        return xp.reshape(move_axis(xp, x, axis, x.ndim - 1), (math.prod(batch), C))

    labels = _checks.is_label(xp, target)
    known = mass_tolerance is None or (isinstance(mass_tolerance, numbers.Real) and mass_tolerance >= 0)
    return Rows(
        xp,
        matrix(predicted),
        _labels(xp, target, predicted, math.prod(batch)) if labels else matrix(target),
        np.asarray(line.weigh(np, np.ones(C))),
        (
            np.inf if from_logits else _slack(xp, predicted, C, mass_tolerance if known else 0.0),
            np.inf if labels else _slack(xp, target, C, mass_tolerance if known else 0.0),
        ),
        lambda: squared_emd(predicted, target, **options),
        check and not known,
        batch,
        axis,
        predicted.dtype,
    )


def _line(given: str, ground: Ground, takes: str) -> Ordered:
    """The ground distance, if it is one of a line and the arrays are of the library that the kernel takes."""
    remedy = "call emd_ref.squared_emd_value_and_grad, which takes all"
    if given != takes:
        raise TypeError(f"`predicted` is of {given}, but this kernel takes arrays of {takes}: {remedy}")
    if not isinstance(ground, Ordered):
        raise ValueError(f"`ground` is {type(ground).__name__}, but this kernel is for Ordered classes: {remedy}")
    return ground


def _labels(xp: Namespace, target: Any, predicted: Array, count: int) -> Array:
    if isinstance(target, numbers.Integral):
        return xp.asarray([target], dtype=xp.int64, device=device(predicted))
    return xp.reshape(xp.astype(target, xp.int64, copy=False), (count,))


def _slack(xp: Namespace, x: Array, num_classes: int, tolerance: float | None) -> float:
    """At most half the tolerance, and so much less than it as the rounding of a kernel's sum may be.

    No number goes through more additions than there are classes; from 33 on numba adds parts of max(32, C^(1/2)), and
    the GPU segments of a warp, or of 256 threads.
    """
    C = num_classes
    tolerance = float(_checks.mass_tolerance_of(xp, x.dtype, C) if tolerance is None else tolerance)
    rounding = 2.0**-53 * min(C + 1, 16 + 4 * math.sqrt(C) + C / 256)
    return min(tolerance / 2, tolerance - rounding)
