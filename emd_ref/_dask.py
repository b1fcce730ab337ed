"""dask: the computation mapped over blocks of samples, so that nothing is computed before it is asked for.

Inside a block the arrays are NumPy's (or CuPy's), and the same computation runs on them, with its checks.
"""

from collections.abc import Callable
from typing import Any

from emd_ref import _checks
from emd_ref._arrays import Array, is_dask
from emd_ref.ground import Ground, GroundDistance


def over_blocks(
    function: Callable[..., Any],
    want: str,
    predicted: Array,
    target: Array,
    *,
    ground: Ground,
    axis: int,
    name: str = "target",
    labels_only: bool = False,
    **options: Any,
) -> Any:
    """`function` of the blocks of samples; `want` tells the shape of its results, as for `evaluate`."""
    import dask.array as da

    _, axis = _checks.metadata(predicted, target, ground, axis, name, labels_only)
    classes, result_axis, *matrix_axes = range(predicted.ndim, predicted.ndim + 4)
    batch = [i for i in range(predicted.ndim) if i != axis]
    samples = [*batch[:axis], classes, *batch[axis:]]  # not among the axes of the result: blockwise joins its chunks
    matrix = ground.distances if isinstance(ground, GroundDistance) else None

    def block(p: Array, t: Array, G: Array) -> Array:
        here = ground if G is None else GroundDistance(G)
        results = function(p, t, ground=here, axis=axis, name=name, labels_only=labels_only, **options)
        return _stack(results, axis) if want == "both" else results

    C = predicted.shape[axis]
    axes = batch if want == "value" else [*batch[:axis], result_axis, *batch[axis:]]
    mapped = da.blockwise(
        block,
        axes,
        *(predicted, samples),
        *((target, samples if target.ndim == predicted.ndim else batch) if is_dask(target) else (target, None)),
        *((matrix, matrix_axes) if is_dask(matrix) else (None, None)),
        new_axes=None if want == "value" else {result_axis: C + 1 if want == "both" else C},
        concatenate=True,
        meta=_meta(predicted, len(axes)),
    )
    if want != "both":
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
