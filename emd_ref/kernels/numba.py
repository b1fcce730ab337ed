"""The squared EMD of ordered classes for NumPy arrays, compiled by numba: all rows in parallel, one pass over them.

The first call with new dtypes or a new memory layout compiles, which takes seconds; numba keeps what it compiled on
disk, where it finds a place for it (`NUMBA_CACHE_DIR`). The number of threads is numba's own (`numba.set_num_threads`).
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from emd_ref._arguments.options import Options
from emd_ref._fast import compiled
from emd_ref._fast.rows import rows
from emd_ref._grounds import Ground, Ordered
from emd_ref._libraries.kinds import A, Array, Target

_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def squared_emd_value_and_grad(
    predicted: A,
    target: Target,
    /,
    *,
    ground: Ground = Ordered(),
    from_logits: bool = False,
    axis: int = -1,
    check: bool = True,
    mass_tolerance: float | None = None,
) -> tuple[A, A]:
    """E = sum w_k D_k^2 and g_j = 2 sum_{k>=j} w_k D_k, or p (g - <p, g>) for logits (specification, 4.1 to 5.5).

    Parameters, results and errors are those of `emd_ref.squared_emd_value_and_grad`.

    Parameters
    ----------
    predicted : numpy.ndarray (..., C)
        float32 and float64 are read where they are, strided and read-only ones too; other dtypes are widened first.
    target : numpy.ndarray
        Distributions like `predicted`, or labels, of which no one-hot is built.
    ground : Ordered
        Unit spacing or positions.
    from_logits, axis, check, mass_tolerance
        As there. The values are checked while they are read.

    Returns
    -------
    (value, gradient)
        In the dtype of `predicted`; the gradient in its shape.

    Raises
    ------
    TypeError
        If an argument is not a NumPy array, or of a wrong dtype.
    ValueError
        If shapes or values are invalid, or `ground` is not Ordered.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref.kernels.numba import squared_emd_value_and_grad
    >>> value, gradient = squared_emd_value_and_grad(np.asarray([0.25, 0.25, 0.5]), 0)
    >>> float(value), gradient
    (0.8125, array([-2.5, -1. ,  0. ]))
    """
    options = Options(ground, from_logits, axis, check, mass_tolerance)
    r = rows(predicted, target, options, takes="numpy", dtypes=_DTYPES)
    E, g = np.empty(r.predicted.shape[0], r.predicted.dtype), np.empty(r.predicted.shape, r.predicted.dtype)
    kernel = compiled.from_logits if from_logits else compiled.from_probabilities
    slack = r.slack if check else None
    wrong = _with_threads_of_torch_kept(kernel, _read_only(r.predicted), _read_only(r.target), r.weights, slack, E, g)
    both: tuple[A, A] = r.results(E, g, lambda: bool(wrong))
    return both


def _with_threads_of_torch_kept(kernel: Callable[..., Any], *arguments: Any) -> Any:
    """Call a kernel. The number of threads that PyTorch uses is put back: numba changes it when it starts its own."""
    torch = sys.modules.get("torch")
    before = None if torch is None else torch.get_num_threads()
    try:
        return kernel(*arguments)
    finally:
        if torch is not None and torch.get_num_threads() != before:
            torch.set_num_threads(before)


def _read_only(x: Array) -> Array:
    """A plain view that cannot be written to: numba compiles for each kind of array anew, and knows no subclass."""
    view = np.asarray(x).view()
    view.flags.writeable = False
    return view
