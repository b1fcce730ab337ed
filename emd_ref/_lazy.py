"""dask: the computation mapped over blocks of samples, so that nothing is computed before it is asked for.

Inside a block the arrays are NumPy's (or CuPy's), and the same computation runs on them, with its checks.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from emd_ref._arguments import contract
from emd_ref._arguments.options import Options, Want
from emd_ref._grounds import GroundDistance
from emd_ref._libraries.kinds import Array, DType, is_dask


def over_blocks(evaluate: Callable[..., Any], want: Want, predicted: Array, target: Array, options: Options) -> Any:
    """Evaluate blocks of samples; `want` tells the shape of the results."""
    import dask.array as da

    _, axis = contract.validate(predicted, target, options)
    classes, result_axis, *matrix_axes = range(predicted.ndim, predicted.ndim + 4)
    batch = [i for i in range(predicted.ndim) if i != axis]
    samples = [*batch[:axis], classes, *batch[axis:]]  # not among the axes of the result: blockwise joins its chunks
    matrix = options.ground.distances if isinstance(options.ground, GroundDistance) else None

    def block(p: Array, t: Array, G: Array) -> Array:
        here = options._replace(axis=axis) if G is None else options._replace(axis=axis, ground=GroundDistance(G))
        results = evaluate(p, t, here)
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
        meta=_meta(predicted, len(axes), np.dtype(np.float64) if options.wide else predicted.dtype),
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


def map_blocks(function: Callable[..., Any], axis: int, *arrays: Array) -> Any:
    """A function of blocks of samples of some arrays of one shape, whose result has that shape, too."""
    import dask.array as da

    axes = range(arrays[0].ndim)
    meta = _meta(arrays[0], len(axes), np.result_type(*(x.dtype for x in arrays)))
    given = (part for x in arrays for part in (x.rechunk({axis: -1}), axes))
    return da.blockwise(function, axes, *given, concatenate=True, meta=meta)


def decode_blocks(decode: Callable[[Array], Array], predicted: Array, axis: int) -> Array:
    """Turn blocks of samples into labels; `decode` takes the class axis away."""
    meta = _meta(predicted, predicted.ndim - 1, np.arange(0).dtype)
    return predicted.rechunk({axis: -1}).map_blocks(decode, drop_axis=axis, meta=meta)


def _meta(predicted: Array, ndim: int, dtype: DType) -> Array:
    """An empty array of the kind that the blocks hold, such as CuPy's; NumPy's where dask does not tell."""
    kind = getattr(predicted, "_meta", None)
    empty = (np.empty(0) if kind is None else kind.reshape(-1)[:0]).astype(dtype)
    return empty.reshape((0,) * ndim) if ndim else empty.sum()
