"""Sums, inner products, exponentials and one-hots along the class axis, each in the form that is fastest for many rows.

NumPy and others go through a short axis slowly: there a sum is a product with ones, and a cumulative sum one with a
triangle of ones. The numbers are the same, and the bounds hold for every order of summation. With few numbers, a method
of NumPy takes half of the time of the function of the same name, and to find the least number a third.
"""

import math
from functools import lru_cache

import numpy as np

from emd_ref._arrays import Array, DType, Namespace, device, is_instance, is_torch

WIDTH, MANY_NUMBERS = 32, 4096  # of a short axis, at most; and of many rows, at least
CHUNK = 8  # classes of a longer axis that are summed by one product


def inner(xp: Namespace, a: Array, b: Array, axis: int = -1, keepdims: bool = False) -> Array:
    """<a, b> along an axis, one number a sample."""
    if not _is_narrow(a, axis) and axis in (-1, a.ndim - 1) and xp is np and _products_win(xp, a):
        products = np.vecdot(a, b)
        return products[..., None] if keepdims else products
    return total(xp, a * b, axis, keepdims)


def total(xp: Namespace, x: Array, axis: int = -1, keepdims: bool = False) -> Array:
    """x_1 + ... + x_C along an axis."""
    if _is_narrow(x, axis) and _products_win(xp, x):
        sums = x @ _triangle(xp, x, x.shape[-1], 0)[-1]
        return sums[..., None] if keepdims else sums
    if xp is np:
        return x.sum(axis=axis, keepdims=keepdims)
    return xp.sum(x, axis=axis, keepdims=keepdims)


def least(xp: Namespace, x: Array) -> Array:
    """Least number of all."""
    if xp is np:
        return x.item(x.argmin()) if x.size < 4 * MANY_NUMBERS else x.min()
    return xp.min(x)


def greatest(xp: Namespace, x: Array) -> Array:
    """Greatest number of all."""
    if xp is np:
        return x.item(x.argmax()) if x.size < 4 * MANY_NUMBERS else x.max()
    return xp.max(x)


def exponentials(xp: Namespace, z: Array, axis: int = -1) -> Array:
    """e^{z_j}, or e^{z_j - max z} where e^{z_j} may leave the range of its dtype: a softmax is the same."""
    if xp is np and z.dtype == np.float64 and z.size >= MANY_NUMBERS and -300 <= z.min() and z.max() <= 300:
        return np.exp(z)  # the largest of each row takes longer than its exponentials
    return xp.exp(z - largest(xp, z, axis))


def largest(xp: Namespace, x: Array, axis: int = -1) -> Array:
    """Largest of x_1 .. x_C along an axis, which is kept with length 1."""
    if _is_narrow(x, axis) and xp is np and x.size >= MANY_NUMBERS:
        return np.ascontiguousarray(np.moveaxis(x, -1, 0)).max(axis=0)[..., None]  # NumPy is slow along short axes
    return xp.max(x, axis=axis, keepdims=True)


def one_hot(xp: Namespace, labels: Array, like: Array, exist: bool) -> Array:
    """Distribution of each label among the classes of `like`, in its dtype, and NaN for a label that does not exist.

    `exist` promises that all do, which spares others the look; to many rows of NumPy it makes no difference.
    """
    C = like.shape[-1]
    if xp is np and labels.ndim == 1 and labels.size * C >= MANY_NUMBERS:
        return _rows_of_one_hots(labels, C, like.dtype)
    hot = xp.astype(xp.arange(C, device=device(like)) == labels[..., None], like.dtype)
    if exist:
        return hot
    exists = (labels >= 0) & (labels < C)
    return xp.where(exists[..., None], hot, xp.asarray(xp.nan, dtype=like.dtype, device=device(like)))


def _rows_of_one_hots(labels: Array, C: int, dtype: DType) -> Array:
    """The same for many rows of NumPy, with no promise: looked up if they are short, else written into zeros."""
    if C <= WIDTH:
        return np.take(_one_hots_of_numpy(C, dtype), np.clip(labels, -1, C), axis=0)  # -1 is the last row, too
    hot = np.zeros((labels.size, C), dtype)
    exists = (labels >= 0) & (labels < C)
    rows = np.flatnonzero(exists)
    hot[rows, labels[rows]] = 1.0
    hot[~exists] = np.nan
    return hot


@lru_cache(maxsize=64)
def _one_hots_of_numpy(C: int, dtype: DType) -> Array:
    """One-hots of labels 0 .. C-1, and a row of NaN."""
    return np.concatenate([np.eye(C, dtype=dtype), np.full((1, C), np.nan, dtype)])


def cumulative_sum(xp: Namespace, x: Array, by_class: bool = False) -> Array:
    """x_1 + ... + x_k for k = 1 .. C along the last axis.

    `by_class` asks for sums up to the same class to lie side by side in memory where that is as fast: the last of them
    are then read, and squares added, many at a time.
    """
    if not is_torch(x) and _products_win(xp, x):  # PyTorch scans several rows at a time
        if not _is_narrow(x, -1):
            return _by_chunks(xp, x, last=-1)
        if by_class and xp is np and x.ndim == 2:
            return (_triangle(xp, x, x.shape[-1], 0) @ x.T).T
        return x @ _triangle(xp, x, x.shape[-1], -1)
    if xp is np or is_torch(x):  # torch.compile cannot follow the one of array_api_compat
        return x.cumsum(-1)
    return xp.cumulative_sum(x, axis=-1)


def suffix_sum(xp: Namespace, x: Array, times: float = 1.0) -> Array:
    """x_j + ... + x_C for j = 1 .. C along the last axis, times a number: a new array, no view."""
    if is_torch(x):  # which has no views backwards
        return times * xp.flip(cumulative_sum(xp, xp.flip(x, axis=-1)), axis=-1)
    if not _products_win(xp, x):
        return times * cumulative_sum(xp, x[..., ::-1])[..., ::-1]
    if _is_narrow(x, -1):
        return x @ _triangle(xp, x, x.shape[-1], 0, times)
    sums = _by_chunks(xp, x, last=0, times=times)
    return sums if x.shape[-1] % CHUNK == 0 else xp.asarray(sums, copy=True)


def _is_narrow(x: Array, axis: int) -> bool:
    return axis in (-1, x.ndim - 1) and x.shape[-1] <= WIDTH


def _products_win(xp: Namespace, x: Array) -> bool:
    """Whether products with ones are faster than sums and scans, which wait for each sum before the next.

    Both add the same numbers, in another order. Small batches are scanned: there the last bit of a sample does not
    depend on how many others a linear algebra library was given with it.
    """
    many = math.prod(x.shape) >= MANY_NUMBERS
    return many and (xp is np or is_torch(x) or is_instance(x, "cupy", "ndarray")) and x.dtype == xp.float64


def _by_chunks(xp: Namespace, x: Array, last: int, times: float = 1.0) -> Array:
    """Sums up to each class, or from it on: a product sums chunks of classes, each of which carries those before.

    `last` is where a chunk holds its sum; the sums come out times a number.
    """
    C = x.shape[-1]
    classes = xp.empty((*x.shape[:-1], -(-C // CHUNK) * CHUNK), dtype=x.dtype, device=device(x))
    classes[..., :C], classes[..., C:] = x, 0.0
    chunks = xp.reshape(classes, (-1, CHUNK))
    totals = xp.reshape(total(xp, chunks), (*x.shape[:-1], -1))
    chunk = xp.reshape(chunks, (*totals.shape, CHUNK))
    if last == -1:
        chunk[..., 1:, 0] += cumulative_sum(xp, totals)[..., :-1]
    else:
        chunk[..., :-1, -1] += suffix_sum(xp, totals)[..., 1:]
    sums = xp.empty_like(classes)
    xp.matmul(chunks, _triangle(xp, x, CHUNK, last, times), out=xp.reshape(sums, (-1, CHUNK)))
    return sums if sums.shape[-1] == C else sums[..., :C]


def _triangle(xp: Namespace, x: Array, width: int, last: int, times: float = 1.0) -> Array:
    """Ones, or another number, above the diagonal for sums up to a class, or below it for sums from it on."""
    if xp is np:
        return triangle_of_numpy(width, last, times)
    filled = xp.full((width, width), times, dtype=x.dtype, device=x.device)
    return xp.triu(filled) if last == -1 else xp.tril(filled)


@lru_cache(maxsize=64)
def triangle_of_numpy(width: int, last: int, times: float = 1.0) -> Array:
    lower = times * np.tri(width)
    return np.ascontiguousarray(lower.T) if last == -1 else lower
