"""From the results of a formula to those of a public function."""

from collections.abc import Callable
from typing import Any

from emd_ref._arguments.options import Want
from emd_ref._libraries.arrays import move_axis
from emd_ref._libraries.kinds import Array, DType
from emd_ref._libraries.tracing import detach
from emd_ref._operations import Standard


def results(ops: Standard, want: Want, E: Array, gradient: Callable[[], Array], dtype: DType, axis: int) -> Any:
    """Value, gradient or both, in `dtype`; gradients have their classes along `axis`, counted from 0."""
    if want == "value":
        return ops.cast(E, dtype)
    g = gradient()
    g = detach(move_axis(ops.xp, ops.cast(g, dtype), g.ndim - 1, axis))
    return g if want == "gradient" else (ops.cast(E, dtype), g)
