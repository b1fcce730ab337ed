"""dask: the computation mapped over blocks of samples, so that nothing is computed before it is asked for.

Inside a block the arrays are NumPy's (or CuPy's), and the public function itself runs on them, with its checks.
"""

import functools
from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

from emd_ref import _checks
from emd_ref._arrays import Array, is_dask
from emd_ref.ground import GroundDistance, Ordered

Function = TypeVar("Function", bound=Callable[..., Any])
Result = Literal["value", "gradient", "value and gradient"]


def lazy(result: Result, name: str = "target") -> Callable[[Function], Function]:
    """Decorate a public function of (predicted, target, **options) so that dask arrays stay lazy."""

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def wrapper(*args: Any, **options: Any) -> Any:
            if len(args) == 2 and is_dask(args[0]):
                return _over_blocks(function, result, name, *args, **options)
            return function(*args, **options)

        return cast(Function, wrapper)

    return decorate


def _over_blocks(
    function: Callable[..., Any], result: Result, name: str, predicted: Array, target: Array, **options: Any
) -> Any:
    import dask.array as da

    ground, axis = options.get("ground", Ordered()), options.get("axis", -1)
    _, axis = _checks.metadata(predicted, target, ground, axis, name, labels_only=name == "labels")
    classes, result_axis, *matrix_axes = range(predicted.ndim, predicted.ndim + 4)
    batch = [i for i in range(predicted.ndim) if i != axis]
    samples = [*batch[:axis], classes, *batch[axis:]]  # not among the axes of the result: blockwise joins its chunks
    matrix = ground.distances if isinstance(ground, GroundDistance) else None

    def block(p: Array, t: Array, G: Array) -> Array:
        given = options if G is None else {**options, "ground": GroundDistance(G)}
        results = function(p, t, **given)
        return _stack(results, axis) if result == "value and gradient" else results

    C = predicted.shape[axis]
    axes = batch if result == "value" else [*batch[:axis], result_axis, *batch[axis:]]
    mapped = da.blockwise(
        block,
        axes,
        *(predicted, samples),
        *((target, samples if target.ndim == predicted.ndim else batch) if is_dask(target) else (target, None)),
        *((matrix, matrix_axes) if is_dask(matrix) else (None, None)),
        new_axes=None if result == "value" else {result_axis: C + 1 if result == "value and gradient" else C},
        concatenate=True,
        meta=_meta(predicted, len(axes)),
    )
    if result != "value and gradient":
        return mapped
    before = (slice(None),) * axis
    return mapped[(*before, C)], mapped[(*before, slice(C))]


def _stack(value_and_gradient: tuple[Array, Array], axis: int) -> Array:
    """Gradient and value as one array, so that one task computes both."""
    value, gradient = value_and_gradient
    xp = gradient.__array_namespace__()
    return xp.concat([gradient, xp.expand_dims(value, axis=axis)], axis=axis)


def _meta(predicted: Array, ndim: int) -> Array:
    """An empty array of the kind that the blocks hold."""
    return predicted._meta.reshape(-1)[:0].reshape((0,) * ndim) if ndim else predicted._meta.reshape(-1)[:0].sum()
