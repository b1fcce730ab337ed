"""The input contract (specification, section 8): what is refused, and in which words.

`metadata` looks at types, dtypes, shapes and devices and always runs; `probabilities`, `finite`, `labels` and
`ground_distance` look at the numbers, unless `check=False`. Every message names the argument, the place, what was got
and what is wanted.
"""

import math
import numbers
from typing import Any, get_args

import numpy as np

from emd_ref._arrays import (
    Array,
    DType,
    Namespace,
    detach,
    device,
    first_true,
    has_unknown_shape,
    kind_of,
    known,
    library,
    namespace,
    unit_roundoff,
    wide_dtype,
)
from emd_ref._sums import greatest, least, total
from emd_ref.ground import Ground, GroundDistance

INTEGERS = (int, np.integer)


def metadata(
    predicted: Array, target: Array, ground: Ground, axis: int, name: str, labels_only: bool
) -> tuple[Namespace, int]:
    """Namespace of the arrays and the class axis counted from 0; `name` is what the caller calls `target`."""
    xp = floating_array(predicted, "predicted")
    axis = _check_axis(predicted, axis)
    _check_target(xp, predicted, target, axis, name, labels_only)
    _check_ground(predicted, ground, axis)
    return xp, axis


def is_label(xp: Namespace, target: Array) -> bool:
    """Whether the target is one or more integer labels, not distributions."""
    return isinstance(target, INTEGERS) or kind_of(xp, target.dtype) == "integral"


def _is_integer(x: Any) -> bool:
    """Whether `x` is a number of Python or NumPy that can be a label, which a bool is not."""
    return isinstance(x, INTEGERS) and not isinstance(x, bool)


def _namespace(x: Array, name: str) -> Namespace:
    try:
        return namespace(x)
    except TypeError:
        raise TypeError(
            f"`{name}` must be an array of NumPy, CuPy, PyTorch, JAX, dask or another library of the array API "
            f"standard, got {type(x).__name__}: convert it first, for example with numpy.asarray"
        ) from None


def floating_array(x: Array, name: str) -> Namespace:
    """Namespace of `x`; TypeError unless it is an array of real floating numbers of at most 64 bits."""
    xp = _namespace(x, name)
    if kind_of(xp, x.dtype) != "real floating":
        raise TypeError(f"`{name}` has dtype {x.dtype}: wanted a real floating dtype, such as float64 or float32")
    if unit_roundoff(xp, x.dtype) < 2.0**-53:
        raise TypeError(f"`{name}` has dtype {x.dtype}, wider than the float64 of the computation: cast it first")
    if has_unknown_shape(x):
        raise ValueError(f"`{name}` has chunks of unknown size: call its compute_chunk_sizes() first")
    return xp


def same_place(first: Array, second: Array, first_name: str, second_name: str) -> None:
    """Raise unless the second array is of the library and on the device of the first."""
    if _namespace(second, second_name) is not _namespace(first, first_name):
        raise TypeError(
            f"`{second_name}` is of {library(second)}, `{first_name}` of {library(first)}: convert one of them first"
        )
    if device(second) != device(first):
        raise ValueError(
            f"`{second_name}` is on device {device(second)}, `{first_name}` on {device(first)}: move one of them first"
        )


def _check_axis(predicted: Array, axis: int) -> int:
    if predicted.ndim == 0:
        raise ValueError("`predicted` has no axes: wanted at least one, of classes")
    if not isinstance(axis, INTEGERS) or not -predicted.ndim <= axis < predicted.ndim:
        raise ValueError(
            f"`axis` is {axis!r}, but `predicted` has {predicted.ndim} axes: "
            f"wanted an integer from {-predicted.ndim} to {predicted.ndim - 1}"
        )
    axis = int(axis) % int(predicted.ndim)
    if predicted.shape[axis] == 0:
        raise ValueError(f"`predicted` has no classes: its shape {tuple(predicted.shape)} is 0 along axis {axis}")
    return axis


def _check_target(xp: Namespace, predicted: Array, target: Array, axis: int, name: str, labels_only: bool) -> None:
    shape = tuple(predicted.shape)
    batch = shape[:axis] + shape[axis + 1 :]
    if _is_integer(target):
        if batch:
            raise ValueError(f"`{name}` is one label for a batch: wanted an integer array of shape {batch}")
        if not -(2**63) <= target < 2**63:
            raise ValueError(_not_a_label(name, target, shape[axis]))
        return
    same_place(predicted, target, "predicted", name)
    kind = kind_of(xp, target.dtype)
    labels, distributions = kind == "integral", kind == "real floating" and not labels_only
    if distributions:
        floating_array(target, name)
    elif labels and has_unknown_shape(target):
        raise ValueError(f"`{name}` has chunks of unknown size: call its compute_chunk_sizes() first")
    if (labels or distributions) and tuple(target.shape) == (batch if labels else shape):
        return
    wanted = f"integer labels of shape {batch}" + ("" if labels_only else f" or distributions of shape {shape}")
    if not (labels or distributions):
        raise TypeError(f"`{name}` has dtype {target.dtype}: wanted {wanted}")
    hint = ""
    if tuple(target.shape) == (*batch, 1):
        hint = "; an axis of length 1 is not dropped for you"
    elif labels and tuple(target.shape) == shape:
        hint = f"; integers of this shape are no distributions: convert one-hots to {predicted.dtype} first"
    raise ValueError(f"`{name}` has dtype {target.dtype} and shape {tuple(target.shape)}: wanted {wanted}{hint}")


def _check_ground(predicted: Array, ground: Ground, axis: int) -> None:
    if not isinstance(ground, get_args(Ground)):
        raise TypeError(
            f"`ground` must be Ordered, Circular, Tree or GroundDistance, got {type(ground).__name__}: "
            "wrap a matrix as GroundDistance(matrix), and write Ordered(), not Ordered"
        )
    if isinstance(ground, GroundDistance):
        floating_array(ground.distances, "ground")
        if not isinstance(ground.distances, np.ndarray):
            same_place(predicted, ground.distances, "predicted", "ground")
    ground.check_classes(int(predicted.shape[axis]))


def mass_tolerance_of(xp: Namespace, dtype: DType, num_classes: int) -> float:
    """How far from 1 the rounding of a softmax can bring a sum: 4 u + 8 sqrt(C) min(u, 2^-24)."""
    u = unit_roundoff(xp, dtype)
    return 4 * u + 8 * math.sqrt(num_classes) * min(u, 2.0**-24)


def tolerance_for(xp: Namespace, x: Array, axis: int, mass_tolerance: float | None) -> float:
    """The mass tolerance that holds for `x`: the one given, or that of its dtype and number of classes."""
    if mass_tolerance is None:
        return mass_tolerance_of(xp, x.dtype, x.shape[axis])
    if not (isinstance(mass_tolerance, numbers.Real) and mass_tolerance >= 0):
        raise ValueError(f"`mass_tolerance` is {mass_tolerance!r}: wanted a number of at least 0, or None")
    return min(float(mass_tolerance), float(np.finfo(np.float64).max))  # an infinite sum is never right


def are_probabilities(xp: Namespace, x: Array, tolerance: float) -> Array:
    """Whether every sample, along the last axis, is non-negative and sums to 1: a condition that was not yet read."""
    if math.prod(x.shape) == 0:
        return True
    mass = total(xp, x)
    return (least(xp, x) >= 0) & (least(xp, mass) >= 1.0 - tolerance) & (greatest(xp, mass) <= 1.0 + tolerance)


def probabilities(xp: Namespace, x: Array, name: str, axis: int, tolerance: float) -> None:
    """Raise ValueError unless every sample, along `axis`, is non-negative and sums to 1."""
    finite(xp, x, name)
    not_negative(xp, x, name, "probabilities must not be negative")
    mass = xp.sum(x, axis=axis, dtype=wide_dtype(xp, device(x)))
    excess = xp.abs(mass - 1.0)
    if known(xp.all(excess <= tolerance)) is not False:
        return
    where = first_true(xp, excess > tolerance)
    raise ValueError(
        f"`{name}`{_place((*where[:axis], ':', *where[axis:]))} sums to {float(mass[where])!r}: wanted 1 within "
        f"{tolerance:.3g}{_remedy(xp, x, axis, float(excess[where]), name)}"
    )


def _remedy(xp: Namespace, x: Array, axis: int, excess: float, name: str) -> str:
    single = mass_tolerance_of(np, np.float32, x.shape[axis])
    if unit_roundoff(xp, x.dtype) < 2.0**-24 and excess <= single:
        return (
            f". The excess is of the size of float32 rounding: if `{name}` was computed in float32, keep it in "
            f"float32, renormalise it in {x.dtype}, or pass mass_tolerance={single:.2g}"
        )
    scores = " (or pass from_logits=True if these are scores before a softmax)" if name == "predicted" else ""
    return f": normalise it first{scores}, or pass mass_tolerance"


def finite(xp: Namespace, x: Array, name: str) -> None:
    """Raise ValueError if `x` holds NaN or infinity."""
    ok = xp.isfinite(x)
    if known(xp.all(ok)) is False:
        where = first_true(xp, ~ok)
        raise ValueError(f"`{name}`{_place(where)} is {float(x[where])!r}: wanted finite numbers")


def not_negative(xp: Namespace, x: Array, name: str, why: str) -> None:
    """Raise ValueError if `x` holds a negative number."""
    _refuse(xp, x < 0, x, name, why)


def labels(xp: Namespace, x: Array, name: str, num_classes: int) -> bool:
    """Whether all labels are known to be in 0 .. C-1; ValueError if one is known not to be."""
    outside = (x < 0) | (x >= num_classes)
    some = known(xp.any(outside))
    if some:
        where = first_true(xp, outside)
        raise ValueError(_not_a_label(name, int(x[where]), num_classes, where))
    return some is not None


def _not_a_label(name: str, label: int, num_classes: int, where: tuple[int, ...] = ()) -> str:
    wanted = f"wanted a label from 0 to {num_classes - 1} for {num_classes} classes"
    return f"`{name}`{_place(where)} is {label}: {wanted}"


def ground_distance(ground: GroundDistance) -> None:
    """Raise ValueError unless the matrix is finite, non-negative, zero on the diagonal and symmetric."""
    G = detach(ground.distances)
    xp = namespace(G)
    finite(xp, G, "ground")
    not_negative(xp, G, "ground", "ground distances must not be negative")
    itself = xp.eye(G.shape[0], dtype=xp.bool, device=device(G))
    _refuse(xp, itself & (G != 0), G, "ground", "the distance of a class from itself must be 0")
    _refuse(xp, G != G.T, G, "ground", "a ground distance must be symmetric, as (G + G.T) / 2 is")


def _refuse(xp: Namespace, wrong: Array, x: Array, name: str, why: str) -> None:
    if known(xp.any(wrong)):
        where = first_true(xp, wrong)
        raise ValueError(f"`{name}`{_place(where)} is {float(x[where])!r}: {why}")


def _place(index: tuple[Any, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""
