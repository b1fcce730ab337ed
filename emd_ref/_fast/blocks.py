"""NumPy arrays in blocks of rows that fit into a cache: memory is read once, and a call needs little beside its result.

The results of a block are rounded as they are written into those of the call.
"""

from typing import Any

import numpy as np

from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Want
from emd_ref._fast.checked_by_sums import is_possible, with_checked_sums
from emd_ref._formulas.batch import Batch, Formula
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
    sums_check = is_possible(arguments)
    for i in range(0, len(scores), step):
        block = slice(i, i + step)
        rows = _batch(arguments, scores[block], targets[block], sums_check)
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


def _batch(arguments: Arguments, scores: Array, targets: Array, sums_check: bool) -> Batch:
    """The batch of a block, after its values were checked."""
    if not sums_check:
        return arguments.some(scores, targets, arguments.options.check)
    return with_checked_sums(arguments, arguments.some(scores, targets, check=False), scores, targets)
