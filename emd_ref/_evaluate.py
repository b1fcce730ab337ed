"""How a formula of samples is evaluated: on all of them, on blocks of rows, or on the blocks of dask.

A `Core` is the formula: value of each sample, and its gradient when called for.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np

from emd_ref import _dask
from emd_ref._arrays import (
    BLOCK,
    Array,
    detach,
    give_back,
    in_blocks,
    is_dask,
    is_lent,
    lend,
    move_axis,
    silence,
)
from emd_ref._checks import INTEGERS
from emd_ref._samples import Given, Samples, given
from emd_ref.ground import Ground, GroundDistance

Want: TypeAlias = Literal["value", "gradient", "both"]
Core: TypeAlias = Callable[[Samples, Ground], tuple[Array, Callable[[], Array]]]


def evaluate(
    want: Want,
    core: Core,
    predicted: Array,
    target: Array,
    *,
    ground: Ground,
    upstream: Array | None = None,
    **options: Any,
) -> Any:
    """The value, the gradient or both of a public function, from its arguments.

    A gradient is multiplied by `upstream`, one number a sample, if that is given.
    """
    if is_dask(predicted):
        return _dask.over_blocks(partial(evaluate, want, core), want, predicted, target, ground=ground, **options)
    if are_lent(predicted, target, ground):
        if isinstance(ground, GroundDistance):
            ground = GroundDistance(lend(ground.distances))
        options |= {"ground": ground, "upstream": lend(upstream)}
        result = evaluate(want, core, lend(predicted), lend(target), **options)
        return tuple(map(give_back, result)) if want == "both" else give_back(result)
    arguments = given(predicted, target, ground=ground, **options)
    if in_blocks(predicted):
        return _by_rows(want, core, arguments, upstream)
    with silence(predicted, nan=arguments.check):
        s = arguments.read(arguments.scores, arguments.aims)
    value, gradient = core(s, ground)
    if want == "value":
        return s.value(value)
    g = detach(s.gradient(_times(upstream, gradient())))
    return g if want == "gradient" else (s.value(value), g)


def are_lent(predicted: Array, target: Array, ground: Ground) -> bool:
    """Whether these are PyTorch's, and NumPy is to compute with them: on a CPU it takes half of the time."""
    matrix = ground.distances if isinstance(ground, GroundDistance) else None
    return (
        is_lent(predicted)
        and (is_lent(target) or isinstance(target, INTEGERS))
        and (matrix is None or isinstance(matrix, np.ndarray) or is_lent(matrix))
    )


def _by_rows(want: Want, core: Core, arguments: Given, upstream: Array | None) -> Any:
    """The same in blocks of rows that fit into a cache: memory is read once, and little of it is needed.

    What a block gives is rounded as it is written into the result.
    """
    C, batch, dtype = arguments.scores.shape[-1], arguments.scores.shape[:-1], arguments.dtype
    soft = arguments.aims.ndim == arguments.scores.ndim
    scores, aims = arguments.scores.reshape(-1, C), arguments.aims.reshape((-1, C) if soft else -1)
    E = None if want == "gradient" else np.empty(scores.shape[:1], dtype)
    g = None if want == "value" else np.empty(scores.shape, dtype)
    weights = None if upstream is None else upstream.reshape(-1)
    step = max(1, BLOCK // C)
    with silence(scores, nan=arguments.check):
        for i in range(0, scores.shape[0], step):
            block = slice(i, i + step)
            value, gradient = core(arguments.read(scores[block], aims[block]), arguments.ground)
            if E is not None:
                E[block] = value
            if g is not None:
                g[block] = _times(None if weights is None else weights[block], gradient())
    if g is not None:
        g = move_axis(np, g.reshape(*batch, C), len(batch), arguments.axis)
    if E is not None:
        E = E.reshape(batch)[()]  # a number for one sample
    return g if E is None else E if g is None else (E, g)


def _times(upstream: Array | None, g: Array) -> Array:
    return g if upstream is None else upstream[..., None] * g
