"""What is always validated: types, dtypes, shapes, devices (specification, 8.1).

Every message names the argument, what was got and what is wanted.
"""

from typing import Any, get_args

import numpy as np

from emd_ref._arguments.options import Options
from emd_ref._arguments.values import not_a_label
from emd_ref._grounds import Ground, GroundDistance
from emd_ref._libraries.kinds import INTEGERS, Array, Namespace, is_dask, is_torch, library
from emd_ref._libraries.namespaces import device, has_strides, has_unknown_shape, kind_of, namespace, unit_roundoff
from emd_ref._scalars import flag

_GROUNDS = get_args(Ground)
_NUMPY_FLOATS = frozenset(map(np.dtype, (np.float16, np.float32, np.float64)))


def validate(predicted: Array, target: Array, options: Options) -> tuple[Namespace, int]:
    """Namespace of the arrays, and the class axis counted from 0; TypeError or ValueError if they do not fit."""
    xp = floating_array(predicted, options.predicted_name)
    if type(options.check) is not bool or type(options.from_logits) is not bool:
        flag(options.check, "`check`")
        flag(options.from_logits, "`from_logits`")
    axis = class_axis(predicted, options.axis, options.predicted_name)
    _validate_target(xp, predicted, target, axis, options)
    _validate_ground(predicted, options.predicted_name, options.ground, axis)
    return xp, axis


def are_labels(xp: Namespace, target: Array) -> bool:
    """Whether the target is one or more integer labels, not distributions."""
    return isinstance(target, INTEGERS) or kind_of(xp, target.dtype) == "integral"


def floating_array(x: Array, name: str) -> Namespace:
    """Namespace of `x`; TypeError unless it is an array of real floating numbers of at most 64 bits."""
    if type(x) is np.ndarray and x.dtype in _NUMPY_FLOATS:
        return np
    xp = _namespace(x, name)
    if is_torch(x) and not has_strides(x):
        raise TypeError(f"`{name}` is a sparse or nested tensor: convert it first, with to_dense or to_padded_tensor")
    if kind_of(xp, x.dtype) != "real floating":
        raise TypeError(f"`{name}` has dtype {x.dtype}: it must have a real floating dtype, such as float64 or float32")
    if unit_roundoff(xp, x.dtype) < 2.0**-53:
        raise TypeError(f"`{name}` has dtype {x.dtype}, wider than the float64 of the computation: cast it first")
    if has_unknown_shape(x):
        raise ValueError(f"`{name}` has chunks of unknown size: call its compute_chunk_sizes() first")
    return xp


def same_place(first: Array, second: Array, first_name: str, second_name: str) -> None:
    """Raise unless the second array is of the library and on the device of the first."""
    if type(first) is type(second) is np.ndarray:
        return
    if _namespace(second, second_name) is not _namespace(first, first_name):
        raise TypeError(
            f"`{second_name}` is of {library(second)}, `{first_name}` of {library(first)}: convert one of them first"
        )
    if device(second) != device(first):
        raise ValueError(
            f"`{second_name}` is on device {device(second)}, `{first_name}` on {device(first)}: move one of them first"
        )


def _namespace(x: Array, name: str) -> Namespace:
    try:
        return namespace(x)
    except TypeError:
        blocks = f" of dask with blocks of {type(x._meta).__name__}" if is_dask(x) else ""
        raise TypeError(
            f"`{name}` must be an array of NumPy, CuPy, PyTorch, JAX, dask or another library of the array API "
            f"standard, got {type(x).__name__}{blocks}: convert it first, for example with numpy.asarray"
        ) from None


def class_axis(x: Array, axis: int, name: str) -> int:
    """The class axis counted from 0; ValueError if the array has no such axis, or no classes along it."""
    ndim = x.ndim
    if ndim == 0:
        raise ValueError(f"`{name}` has no axes: it needs at least one, for the classes")
    if not isinstance(axis, INTEGERS) or isinstance(axis, bool) or not -ndim <= axis < ndim:
        raise ValueError(
            f"`axis` is {axis!r}, but `{name}` has {ndim} axes: it must be an integer from {-ndim} to {ndim - 1}"
        )
    axis = int(axis) % int(ndim)
    if x.shape[axis] == 0:
        raise ValueError(f"`{name}` has no classes: its shape {tuple(x.shape)} is 0 along axis {axis}")
    return axis


def _validate_target(xp: Namespace, predicted: Array, target: Array, axis: int, options: Options) -> None:
    name, shape = options.target_name, tuple(predicted.shape)
    batch = shape[:axis] + shape[axis + 1 :]
    if _is_one_label(target):
        _validate_one_label(target, name, batch, shape[axis])
        return
    same_place(predicted, target, options.predicted_name, name)
    kind = kind_of(xp, target.dtype)
    if kind == "real floating" and not options.labels_only:
        floating_array(target, name)
        wanted = shape
    elif kind == "integral":
        wanted = batch
        if has_unknown_shape(target):
            raise ValueError(f"`{name}` has chunks of unknown size: call its compute_chunk_sizes() first")
    else:
        hint = _hint(kind, target, batch, predicted, axis, options)
        raise TypeError(f"`{name}` has dtype {target.dtype}: it must hold {_wanted(batch, shape, options)}{hint}")
    if tuple(target.shape) != wanted:
        raise ValueError(
            f"`{name}` has dtype {target.dtype} and shape {tuple(target.shape)}: it must hold "
            f"{_wanted(batch, shape, options)}{_hint(kind, target, batch, predicted, axis, options)}"
        )


def _is_one_label(target: Any) -> bool:
    """Whether the target is an integer of Python or NumPy, which a bool is not."""
    return isinstance(target, INTEGERS) and not isinstance(target, bool)


def _validate_one_label(target: Any, name: str, batch: tuple[int, ...], num_classes: int) -> None:
    if batch:
        raise ValueError(f"`{name}` is one label for a batch: it must be an integer array of shape {batch}")
    if not -(2**31) <= target < 2**31:  # no library has so many classes, and JAX may have no larger integers
        raise ValueError(not_a_label(name, target, num_classes))


def _wanted(batch: tuple[int, ...], shape: tuple[int, ...], options: Options) -> str:
    distributions = "" if options.labels_only else f" or distributions of shape {shape}"
    return f"integer labels of shape {batch}{distributions}"


def _hint(kind: str, target: Array, batch: tuple[int, ...], predicted: Array, axis: int, options: Options) -> str:
    if tuple(target.shape) == (*batch, 1):
        return "; an axis of length 1 is not dropped for you"
    if tuple(target.shape) != tuple(predicted.shape):
        return ""
    if options.labels_only:
        return f"; for one-hots, pass their argmax along axis {axis}"
    if kind == "integral":
        return f"; integers of this shape are not distributions: convert one-hots to {predicted.dtype} first"
    return ""


def check_ground(ground: Ground) -> None:
    """Raise TypeError unless this is a ground distance."""
    if not isinstance(ground, _GROUNDS):
        raise TypeError(
            f"`ground` must be Ordered, Circular, Tree or GroundDistance, got {type(ground).__name__}: "
            "wrap a matrix as GroundDistance(matrix), and write Ordered(), not Ordered"
        )


def _validate_ground(predicted: Array, name: str, ground: Ground, axis: int) -> None:
    check_ground(ground)
    if isinstance(ground, GroundDistance):
        floating_array(ground.distances, "ground")
        if not isinstance(ground.distances, np.ndarray):
            same_place(predicted, ground.distances, name, "ground")
    ground.check_classes(int(predicted.shape[axis]))
