"""How a formula of samples is evaluated: on all of them, on blocks of rows, or on the blocks of dask.

A `Core` is the formula: value of each sample, and its gradient when called for.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeAlias

from emd_ref import _dask
from emd_ref._arrays import BLOCK, Array, DType, detach, empty, in_blocks, is_dask, move_axis, silence
from emd_ref._samples import Given, Samples, given
from emd_ref.ground import Ground, GroundDistance

Want: TypeAlias = Literal["value", "gradient", "both"]
Core: TypeAlias = Callable[[Samples, Ground], tuple[Array, Callable[[], Array]]]


def evaluate(want: Want, core: Core, predicted: Array, target: Array, *, ground: Ground, **options: Any) -> Any:
    """The value, the gradient or both of a public function, from its arguments."""
    if is_dask(predicted):
        return _dask.over_blocks(partial(evaluate, want, core), want, predicted, target, ground=ground, **options)
    arguments = given(predicted, target, ground=ground, **options)
    if in_blocks(predicted, target, ground.distances if isinstance(ground, GroundDistance) else None):
        return by_rows(want, core, arguments, ground, predicted.dtype)
    s = arguments.read(arguments.scores, arguments.aims)
    value, gradient = core(s, ground)
    if want == "value":
        return s.value(value)
    g = detach(s.gradient(gradient()))
    return g if want == "gradient" else (s.value(value), g)


def by_rows(
    want: Want, core: Core, arguments: Given, ground: Ground, dtype: DType, upstream: Array | None = None
) -> Any:
    """The same in blocks of rows that fit into a cache: memory is read once, and little of it is needed.

    What a block gives is rounded to `dtype` as it is written into the result; a gradient is first multiplied by
    `upstream`, one number a sample, if that is given.
    """
    xp, C = arguments.xp, arguments.scores.shape[-1]
    scores, batch = xp.reshape(arguments.scores, (-1, C)), arguments.scores.shape[:-1]
    soft = arguments.aims.ndim == arguments.scores.ndim
    aims = xp.reshape(arguments.aims, (-1, C) if soft else (-1,))
    E = None if want == "gradient" else empty(scores, scores.shape[:1], dtype)
    g = None if want == "value" else empty(scores, scores.shape, dtype)
    step = max(1, BLOCK // C)
    with silence(scores):
        for i in range(0, scores.shape[0], step):
            block = slice(i, i + step)
            value, gradient = core(arguments.read(scores[block], aims[block]), ground)
            if E is not None:
                E[block] = value
            if g is not None:
                g[block] = gradient() if upstream is None else gradient() * xp.reshape(upstream, (-1, 1))[block]
    if g is not None:
        g = move_axis(xp, xp.reshape(g, (*batch, C)), len(batch), arguments.axis)
    if E is not None:
        E = xp.reshape(E, batch)
    return g if E is None else E if g is None else (E, g)
