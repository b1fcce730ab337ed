"""The squared EMD of ordered classes for NumPy arrays, compiled by numba: all rows in parallel, one pass over them.

The first call with new dtypes or a new memory layout compiles, which takes seconds; numba keeps what it compiled on
disk, where it finds a place for it (`NUMBA_CACHE_DIR`). The number of threads is numba's own (`numba.set_num_threads`).
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit, prange

from emd_ref._arrays import Array
from emd_ref.ground import Ground, Ordered
from emd_ref.kernels._rows import rows

Function = TypeVar("Function")

_BLOCK = 16384  # elements that one task handles: its scratch stays in the second-level cache


def squared_emd_value_and_grad(
    predicted: Array,
    target: Array,
    /,
    *,
    ground: Ground = Ordered(),
    from_logits: bool = False,
    axis: int = -1,
    check: bool = True,
    mass_tolerance: float | None = None,
) -> tuple[Array, Array]:
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
    r = rows(
        predicted,
        target,
        takes="numpy",
        dtypes=(np.dtype(np.float32), np.dtype(np.float64)),
        ground=ground,
        from_logits=from_logits,
        axis=axis,
        check=check,
        mass_tolerance=mass_tolerance,
    )
    E, g = np.empty(r.predicted.shape[0], r.predicted.dtype), np.empty(r.predicted.shape, r.predicted.dtype)
    kernel = _from_logits if from_logits else _from_probabilities
    wrong = kernel(_read_only(r.predicted), _read_only(r.target), r.weights, r.slack, E, g)
    return r.results(E, g, lambda: check and bool(wrong))


def _read_only(x: Array) -> Array:
    """A plain view that cannot be written to: numba compiles for each kind of array anew, and knows no subclass."""
    view = np.asarray(x).view()
    view.flags.writeable = False
    return view


def _compiled(parallel: bool = False, cache: bool = False) -> Callable[[Function], Function]:
    """Decorator njit, with the division of NumPy and without reordering of sums."""
    decorate = njit(parallel=parallel, cache=cache, nogil=True, error_model="numpy")
    return cast(Callable[[Function], Function], decorate)


def _in_parallel(function: Function) -> Function:
    """Compile a loop over blocks of rows, with what it calls, and keep it for the next process if that can be done."""
    try:
        return _compiled(parallel=True, cache=True)(function)
    except RuntimeError:  # numba finds no folder
        return _compiled(parallel=True)(function)


@_in_parallel
def _from_probabilities(p: Array, t: Array, w: Array, slack: Any, E: Array, g: Array) -> int:
    N, C = p.shape
    size = max(4, _BLOCK // C)
    wrong = 0
    for b in prange((N + size - 1) // size):
        block = slice(b * size, min(N, (b + 1) * size))
        wrong += _scan(p[block], t[block], w, slack, E[block], g[block])
    return wrong


@_in_parallel
def _from_logits(z: Array, t: Array, w: Array, slack: Any, E: Array, g: Array) -> int:
    N, C = z.shape
    size = max(4, _BLOCK // C)
    wrong = 0
    for b in prange((N + size - 1) // size):
        block = slice(b * size, min(N, (b + 1) * size))
        wrong += _scan_logits(z[block], t[block], w, slack, E[block], g[block])
    return wrong


@_compiled()
def _scan_logits(z: Array, t: Array, w: Array, slack: Any, E: Array, g: Array) -> int:
    p = np.empty(z.shape)
    free = np.empty(z.shape)
    wrong = _softmax(z, p) + _scan(p, t, w, slack, E, free)
    _chain(p, free, g)
    return wrong


@_compiled()
def _target(t: Array, i: int, j: int, C: int) -> float:
    """t_ij; of a label its one-hot, NaN for a label that does not exist."""
    if t.ndim == 2:
        return np.float64(t[i, j])
    if not 0 <= t[i] < C:
        return np.nan
    return 1.0 if t[i] == j else 0.0


@_compiled()
def _scan(p: Array, t: Array, w: Array, slack: Any, E: Array, g: Array) -> int:
    """Value and free gradient of a block; returns how many rows are to be judged.

    Four rows go side by side, so that the additions of one do not wait for each other; the last is repeated for lack
    of others.
    """
    N, C = p.shape
    scratch = np.empty((C, 4))  # w_k D_k: the sums of the gradient run backwards
    wrong = 0
    for i in range(0, N, 4):
        at = (i, min(i + 1, N - 1), min(i + 2, N - 1), min(i + 3, N - 1))
        value, total, other, least = _forward(p, t, w, at, scratch)
        _backward(scratch, at, g)
        for r in range(4):
            E[at[r]] = value[r]
            fine = abs(total[r] - 1.0) < slack[0] and abs(other[r] - 1.0) < slack[1] and least[r] >= 0.0
            wrong += not fine
    return wrong


@_compiled()
def _forward(p: Array, t: Array, w: Array, at: Any, wD: Array) -> Any:
    """E, the masses of p and t and the least entry of both, of four rows; leaves w_k D_k."""
    C = p.shape[1]
    E = D = mass = least = (0.0, 0.0, 0.0, 0.0)
    for j in range(C):
        p_j = (np.float64(p[at[0], j]), np.float64(p[at[1], j]), np.float64(p[at[2], j]), np.float64(p[at[3], j]))
        t_j = (_target(t, at[0], j, C), _target(t, at[1], j, C), _target(t, at[2], j, C), _target(t, at[3], j, C))
        D = _plus(D, _minus(p_j, t_j))
        q = _times(w[j], D)
        wD[j, 0], wD[j, 1], wD[j, 2], wD[j, 3] = q
        E = _plus(E, _products(q, D))
        mass = _plus(mass, p_j)
        least = _least(_least(least, p_j), t_j)
    return E, mass, _minus(mass, D), least


@_compiled()
def _backward(wD: Array, at: Any, g: Array) -> None:
    """g_j = 2 sum_{k>=j} w_k D_k of four rows."""
    suffix = (0.0, 0.0, 0.0, 0.0)
    for k in range(g.shape[1]):
        j = g.shape[1] - 1 - k
        suffix = _plus(suffix, (wD[j, 0], wD[j, 1], wD[j, 2], wD[j, 3]))
        for r in range(4):
            g[at[r], j] = 2.0 * suffix[r]


@_compiled()
def _plus(a: Any, b: Any) -> Any:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]


@_compiled()
def _minus(a: Any, b: Any) -> Any:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]


@_compiled()
def _products(a: Any, b: Any) -> Any:
    return a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]


@_compiled()
def _times(w: float, a: Any) -> Any:
    return w * a[0], w * a[1], w * a[2], w * a[3]


@_compiled()
def _smaller(a: float, b: float) -> float:
    return a if a < b else b


@_compiled()
def _least(a: Any, b: Any) -> Any:
    return _smaller(a[0], b[0]), _smaller(a[1], b[1]), _smaller(a[2], b[2]), _smaller(a[3], b[3])


@_compiled()
def _softmax(z: Array, p: Array) -> int:
    """p = exp(z - max z) / sum; returns how many rows hold NaN or infinity."""
    N, C = z.shape
    wrong = 0
    for i in range(N):
        top, bottom, total = -np.inf, np.inf, 0.0
        for j in range(C):
            top, bottom = max(top, np.float64(z[i, j])), min(bottom, np.float64(z[i, j]))
        for j in range(C):
            p[i, j] = np.exp(np.float64(z[i, j]) - top)
            total += p[i, j]
        for j in range(C):
            p[i, j] /= total
        wrong += not (np.isfinite(total) and np.isfinite(bottom))
    return wrong


@_compiled()
def _chain(p: Array, free: Array, g: Array) -> None:
    """p (g - <p, g>), the gradient with respect to logits."""
    N, C = p.shape
    for i in range(N):
        mean = 0.0
        for j in range(C):
            mean += p[i, j] * free[i, j]
        for j in range(C):
            g[i, j] = p[i, j] * (free[i, j] - mean)
