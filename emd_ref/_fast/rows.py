"""What a fused kernel reads and writes: a batch as a matrix of rows, whose values the kernel validates on the way.

A kernel lets a row pass if nothing in it is negative or NaN and its masses are well within the tolerance. If a row does
not pass, the plain value checks decide about the whole input, and raise their errors.
"""

import math
import numbers
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Options
from emd_ref._arguments.values import default_mass_tolerance
from emd_ref._fast.operations import operations
from emd_ref._grounds import Ground, Ordered
from emd_ref._libraries.arrays import move_axis
from emd_ref._libraries.kinds import Array, DType, Namespace, library
from emd_ref._quiet import QUIET

Vector: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[np.float64]]


class Rows(NamedTuple):
    """A batch as a matrix of N rows and C classes."""

    arguments: Arguments
    predicted: Array  # (N, C): p, or logits
    target: Array  # (N, C): t, or (N,): labels
    weights: Vector  # (C,): the intervals w_k, with w_C = 1 for unit spacing and 0 with positions
    slack: tuple[float, float]  # how far from 1 a sum of p, of t may be in a row that passes
    always_validate: bool  # whether the plain value checks decide whatever the kernel finds
    validate: Callable[[], object]  # the plain value checks

    def results(self, E: Array | None, g: Array | None, suspicious: Callable[[], bool]) -> Any:
        """Value, gradient or both in the shape, axis and dtype of the prediction, once its values are validated.

        None stands for what was not wanted.
        """
        return QUIET.copy().run(self._results, E, g, suspicious)

    def _results(self, E: Array | None, g: Array | None, suspicious: Callable[[], bool]) -> Any:
        if self.always_validate or suspicious():
            self.validate()
        value, gradient = None if E is None else self._value(E), None if g is None else self._gradient(g)
        return gradient if value is None else value if gradient is None else (value, gradient)

    def _value(self, E: Array) -> Array:
        xp, batch = self.arguments.ops.xp, self.arguments.scores.shape[:-1]
        return xp.reshape(self._narrow(E), batch)[()]

    def _gradient(self, g: Array) -> Array:
        xp, batch = self.arguments.ops.xp, self.arguments.scores.shape[:-1]
        gradient = xp.reshape(self._narrow(g), (*batch, g.shape[-1]))
        return move_axis(xp, gradient, gradient.ndim - 1, self.arguments.axis)

    def _narrow(self, x: Array) -> Array:
        return self.arguments.ops.cast(x, self.arguments.dtype)


def rows(predicted: Array, target: Array, options: Options, takes: str, dtypes: tuple[DType, ...]) -> Rows:
    """Read the arguments of a kernel that `takes` the arrays of one library, in these `dtypes`; others are widened."""
    arguments = Arguments(predicted, target, options._replace(check=False), operations)
    xp, (*batch, C) = arguments.ops.xp, arguments.scores.shape
    line = _line("numpy" if xp is np else library(predicted), options.ground, takes)

    def matrix(x: Array) -> Array:
        return xp.reshape(x if x.dtype in dtypes else xp.astype(x, xp.float64), (math.prod(batch), C))

    def validate() -> None:
        Arguments(predicted, target, options, operations).batch()

    tolerance = options.mass_tolerance
    tolerance_is_valid = tolerance is None or (isinstance(tolerance, numbers.Real) and tolerance >= 0)
    if not tolerance_is_valid:
        tolerance = 0.0
    return Rows(
        arguments,
        matrix(arguments.scores),
        matrix(arguments.targets) if arguments.soft else _labels(xp, arguments.targets, math.prod(batch)),
        np.asarray(line.weights(C)),
        (
            np.inf if options.from_logits else _slack(xp, predicted, C, tolerance),
            _slack(xp, target, C, tolerance) if arguments.soft else np.inf,
        ),
        options.check and not tolerance_is_valid,
        validate,
    )


def _line(given: str, ground: Ground, takes: str) -> Ordered:
    """The ground distance, if it is one of a line and the arrays are of the library that the kernel takes."""
    remedy = "call emd_ref.squared_emd_value_and_grad, which takes all"
    if given != takes:
        raise TypeError(f"`predicted` is of {given}, but this kernel takes arrays of {takes}: {remedy}")
    if not isinstance(ground, Ordered):
        raise ValueError(f"`ground` is {type(ground).__name__}, but this kernel is for Ordered classes: {remedy}")
    return ground


def _labels(xp: Namespace, labels: Array, count: int) -> Array:
    return xp.reshape(xp.astype(labels, xp.int64, copy=False), (count,))


def _slack(xp: Namespace, x: Array, num_classes: int, tolerance: float | None) -> float:
    """At most half the tolerance, and so much less than it as the rounding of a kernel's sum may be.

    No number goes through more additions than there are classes; from 33 on numba adds parts of max(32, C^(1/2)), and
    the GPU segments of a warp, or of 256 threads.
    """
    C = num_classes
    tolerance = float(default_mass_tolerance(xp, x.dtype, C) if tolerance is None else tolerance)
    rounding = 2.0**-53 * min(C + 1, 16 + 4 * math.sqrt(C) + C / 256)
    return min(tolerance / 2, tolerance - rounding)
