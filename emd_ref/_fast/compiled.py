"""The squared EMD on a line, row by row, as numba compiles it: `emd_ref.kernels.numba` is the way to it."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit, prange

from emd_ref._libraries.kinds import Array

Function = TypeVar("Function")

BLOCK = 16384  # numbers that one task handles: what it keeps of them stays in the second-level cache


def _compiled(**options: Any) -> Callable[[Function], Function]:
    """Decorator njit, with the division of NumPy; sums are not reordered unless `fastmath` says so."""
    return cast(Callable[[Function], Function], njit(nogil=True, error_model="numpy", **options))


def in_parallel(function: Function) -> Function:
    """Compile a loop over blocks of rows, with what it calls, and keep it for the next process if that can be done."""
    try:
        return _compiled(parallel=True, cache=True)(function)
    except RuntimeError:  # numba finds no folder
        return _compiled(parallel=True)(function)


@in_parallel
def from_probabilities(p: Array, t: Array, w: Array, slack: Any, E: Array, g: Array) -> int:
    N, C = p.shape
    size = max(4, BLOCK // C)
    wrong = 0
    for b in prange((N + size - 1) // size):
        block = slice(b * size, min(N, (b + 1) * size))
        wrong += _energy(p[block], t[block], w, slack, E[block], g[block])
    return wrong


@in_parallel
def from_logits(z: Array, t: Array, w: Array, slack: Any, E: Array, g: Array) -> int:
    N, C = z.shape
    size = max(4, BLOCK // C)
    wrong = 0
    for b in prange((N + size - 1) // size):
        block = slice(b * size, min(N, (b + 1) * size))
        wrong += _energy_of_logits(z[block], t[block], w, slack, E[block], g[block])
    return wrong


@_compiled()
def _energy(p: Array, t: Array, w: Array, slack: Any, E: Array, g: Array) -> int:
    """Value and free gradient of a block; returns how many rows are to be judged, 0 without `slack`."""
    d = np.zeros((_fours(p.shape[0]), p.shape[1]))
    _subtract(p, t, d)
    _scan(d, w, E)
    _twice(d, g)
    return 0 if slack is None else _doubtful(p, t, slack)


@_compiled()
def _energy_of_logits(z: Array, t: Array, w: Array, slack: Any, E: Array, g: Array) -> int:
    """Value and gradient of a block with respect to its logits; returns how many rows are to be judged."""
    p = np.empty(z.shape)
    free = np.empty(z.shape)
    wrong = _softmax(z, p) + _energy(p, t, w, slack, E, free)
    _chain(p, free, g)
    return 0 if slack is None else wrong


@_compiled()
def _fours(N: int) -> int:
    """N, rounded up to a multiple of 4: rows are scanned by fours."""
    return (N + 3) // 4 * 4


@_compiled()
def _subtract(p: Array, t: Array, d: Array) -> None:
    """d = p - t in float64. A label stands for its one-hot, and for NaN if it does not exist."""
    N, C = p.shape
    numbers, difference = p.ravel(), d.ravel()
    if t.ndim == 2:
        others = t.ravel()
        for m in range(N * C):
            difference[m] = np.float64(numbers[m]) - np.float64(others[m])
    else:
        for m in range(N * C):
            difference[m] = np.float64(numbers[m])
        for i in range(N):
            if 0 <= t[i] < C:
                d[i, t[i]] -= 1.0
            else:
                d[i, :] = np.nan


@_compiled()
def _scan(d: Array, w: Array, E: Array) -> None:
    """E = sum w_k D_k^2 of each row; in place of d, sum_{k>=j} w_k D_k.

    Four rows go side by side, so that the additions of one do not wait for each other.
    """
    C = d.shape[1]
    for i in range(0, d.shape[0], 4):
        value = D = suffix = (0.0, 0.0, 0.0, 0.0)
        for k in range(C):
            D = _plus(D, _four(d, i, k))
            wD = _times(w[k], D)
            value = _plus(value, _products(wD, D))
            d[i, k], d[i + 1, k], d[i + 2, k], d[i + 3, k] = wD
        for r in range(min(4, E.size - i)):
            E[i + r] = value[r]
        for k in range(C):
            j = C - 1 - k
            suffix = _plus(suffix, _four(d, i, j))
            d[i, j], d[i + 1, j], d[i + 2, j], d[i + 3, j] = suffix


@_compiled()
def _twice(d: Array, g: Array) -> None:
    """g = 2 d, in the dtype of g."""
    result, numbers = g.ravel(), d.ravel()
    for m in range(result.size):
        result[m] = 2.0 * numbers[m]


@_compiled()
def _doubtful(p: Array, t: Array, slack: Any) -> int:
    """How often something is not clearly as it should be: a sign, a mass, a label."""
    wrong = _negative(p.ravel())
    for i in range(p.shape[0]):
        wrong += not abs(_mass(p[i]) - 1.0) < slack[0]
    if t.ndim == 2:
        wrong += _negative(t.ravel())
        for i in range(t.shape[0]):
            wrong += not abs(_mass(t[i]) - 1.0) < slack[1]
    else:
        for i in range(t.shape[0]):
            wrong += not 0 <= t[i] < p.shape[1]
    return wrong


@_compiled()
def _negative(x: Array) -> int:
    """How many numbers are negative; NaN is found in a mass."""
    count = 0
    for m in range(x.size):
        count += x[m] < 0.0
    return count


@_compiled()
def _mass(x: Array) -> float:
    """x_1 + ... + x_C by parts of about the root of C, so that no number goes through many additions."""
    size = max(32, int(np.sqrt(x.size)))
    mass = 0.0
    for first in range(0, x.size, size):
        mass += _part(x[first : first + size])
    return mass


@_compiled(fastmath={"reassoc"})
def _part(x: Array) -> float:
    """The sum of some numbers, in any order."""
    part = 0.0
    for j in range(x.size):
        part += x[j]
    return part


@_compiled()
def _four(x: Array, i: int, j: int) -> Any:
    return x[i, j], x[i + 1, j], x[i + 2, j], x[i + 3, j]


@_compiled()
def _plus(a: Any, b: Any) -> Any:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]


@_compiled()
def _products(a: Any, b: Any) -> Any:
    return a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]


@_compiled()
def _times(w: float, a: Any) -> Any:
    return w * a[0], w * a[1], w * a[2], w * a[3]


@_compiled()
def _softmax(z: Array, p: Array) -> int:
    """p = exp(z - max z) / sum; returns how many rows hold NaN or +inf, or nothing but -inf: their sum is NaN."""
    N, C = z.shape
    wrong = 0
    for i in range(N):
        top, total = -np.inf, 0.0
        for j in range(C):
            top = max(top, np.float64(z[i, j]))
        for j in range(C):
            p[i, j] = np.exp(np.float64(z[i, j]) - top)
            total += p[i, j]
        for j in range(C):
            p[i, j] /= total
        wrong += not np.isfinite(total)
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
