"""NumPy arrays in blocks of rows that fit into a cache: memory is read once, and a call needs little beside its result.

The results of a block are rounded as they are written into those of the call. On a line, value checks share their sums
with the computation: the formula computes D_C anyway, and the mass of p is the mass of t plus D_C.
"""

from typing import Any

import numpy as np

from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Want
from emd_ref._formulas.batch import Batch, Formula
from emd_ref._grounds import Ordered
from emd_ref._libraries.arrays import move_axis
from emd_ref._libraries.kinds import Array

BLOCK = 65_536  # numbers in a block: in float64 the intermediate arrays stay in a core's cache


def in_blocks(formula: Formula, want: Want, arguments: Arguments, upstream: Array | None) -> Any:
    """Value, gradient or both, as the public function returns them; gradients are multiplied by `upstream`."""
    C, batch = arguments.scores.shape[-1], arguments.scores.shape[:-1]
    scores = arguments.scores.reshape(-1, C)
    targets = arguments.targets.reshape((-1, C) if arguments.soft else -1)
    E = None if want == "gradient" else np.empty(len(scores), arguments.dtype)
    g = None if want == "value" else np.empty(scores.shape, arguments.dtype)
    weights = None if upstream is None else upstream.reshape(-1)
    step = max(1, BLOCK // C)
    share_sums = can_share_sums(arguments)
    for i in range(0, len(scores), step):
        block = slice(i, i + step)
        rows = _batch(arguments, scores[block], targets[block], share_sums)
        value, gradient = formula(rows, arguments.options.ground)
        if E is not None:
            E[block] = value
        if g is not None:
            g[block] = gradient() if weights is None else weights[block, None] * gradient()
    if g is not None:
        g = move_axis(np, g.reshape(*batch, C), len(batch), arguments.axis)
    if E is not None:
        E = E.reshape(batch)[()]  # a number for one sample
    return g if E is None else E if g is None else (E, g)


def _batch(arguments: Arguments, scores: Array, targets: Array, share_sums: bool) -> Batch:
    """The batch of a block, after its values were validated."""
    if not share_sums:
        return arguments.some(scores, targets, arguments.options.check)
    return with_shared_sums(arguments, arguments.some(scores, targets, check=False), scores, targets)


def can_share_sums(arguments: Arguments) -> bool:
    """Whether D_C tells the mass of p well enough, whatever the order of its sum.

    Each d_j is rounded by u |d_j|, and each of C - 1 additions by u, since no sum of some d_j is larger than 1. That
    must be at most half of the tolerance.
    """
    options, C = arguments.options, arguments.scores.shape[-1]
    on_a_line = isinstance(options.ground, Ordered) and not options.from_logits
    return options.check and on_a_line and (C + 1) * 2.0**-53 <= 0.5 * arguments.tolerances[0]


def with_shared_sums(arguments: Arguments, batch: Batch, scores: Array, targets: Array) -> Batch:
    """The batch, with the D_k that show that its values are valid; otherwise the values are checked as elsewhere.

    The other half of the tolerance is left to the rounding of D_C.
    """
    of_predicted, of_target = arguments.tolerances
    d = batch.d  # first: the arrays that are searched next are in the cache then
    excess = 0.0
    if scores.min() >= 0 and (not arguments.soft or targets.min() >= 0):
        if arguments.soft:
            excess = _farthest(1.0, batch.ops.total(batch.t))
        D = arguments.options.ground.sums(batch.ops, d)
        if excess <= of_target and excess + _farthest(0.0, D[..., -1]) <= 0.5 * of_predicted:
            batch.cut_sums = D
            return batch
    arguments.validate_values(batch.p, batch.t)
    return batch


def _farthest(a: float, x: Array) -> float:
    """Largest |x_i - a|, or NaN."""
    return float(max(a - x.item(x.argmin()), x.item(x.argmax()) - a))
