"""The operations that suit a library best, and the choice among them."""

from functools import lru_cache
from typing import Any

import numpy as np

from emd_ref._fast.processor import AVX512
from emd_ref._fast.products import MANY_NUMBERS, SHORT_AXIS, Products, is_short, numpy_triangle
from emd_ref._libraries.kinds import Array, DType, Namespace, is_cupy, is_torch
from emd_ref._operations import Standard

# OpenBLAS, which comes with NumPy, starts threads for products of matrices above 2^18 multiplications (some versions:
# 2^20), of a matrix and a vector above 9216, and of two vectors above 10 000 numbers.
IN_ONE_THREAD = 2**18
DOT_IN_ONE_THREAD = 10_000
MANY_CLASSES = 64  # a product with a larger matrix is worth the threads

_FLOAT64 = np.dtype(np.float64)
_BACKWARDS = (..., slice(None, None, -1))
_add: Any = np.add.reduce
_accumulate: Any = np.add.accumulate


def operations(xp: Namespace, x: Array) -> Standard:
    """Operations for arrays of the library of `x`."""
    if xp is np:
        return NUMPY
    if is_torch(x):
        return TorchOperations(xp) if x.is_cpu else TorchOnGPU(xp)
    return Products(xp) if is_cupy(x) else Standard(xp)


class TorchOperations(Products):
    """PyTorch scans several rows at a time: there a product is faster for a total alone."""

    cumulative_sum = Standard.cumulative_sum
    suffix_sum = Standard.suffix_sum


class TorchOnGPU(TorchOperations):
    """PyTorch on a GPU: a product along a short axis is limited by memory, a scan there takes twenty times as long."""

    def cumulative_sum(self, x: Array) -> Array:
        by_product = is_short(x) and self.use_products(x)
        return Products.cumulative_sum(self, x) if by_product else Standard.cumulative_sum(self, x)

    def suffix_sum(self, x: Array, times: float = 1.0) -> Array:
        by_product = is_short(x) and self.use_products(x)
        return Products.suffix_sum(self, x, times) if by_product else Standard.suffix_sum(self, x, times)


class NumPyOperations(Products):
    """NumPy: methods, which take half the time of functions for few numbers, and no slow pass along a short axis.

    The sums here start no threads of a linear algebra library: threads would gain little, and on a busy machine they
    wait for each other. Long axes are summed by `chunks` where those are faster than scans, which they were on all
    processors with AVX-512 that were tried, and not on one without.
    """

    def __init__(self, xp: Namespace, *, chunks: bool = AVX512) -> None:
        super().__init__(xp)
        self.chunks = chunks

    def cast(self, x: Array, dtype: DType) -> Array:
        return x if x.dtype is dtype else x.astype(dtype)

    def multiplied(self, x: Array, y: Array) -> Array:
        return np.multiply(x, y, out=x)

    def divided(self, x: Array, y: Array) -> Array:
        return np.divide(x, y, out=x)

    def use_products(self, x: Array) -> bool:
        """Whether `x` is summed by products."""
        return x.size >= self.products_from and x.dtype is _FLOAT64

    def _scans(self, x: Array) -> bool:
        """Whether sums of `x` up to a class, or from it on, are scans."""
        return not (self.use_products(x) and (self.chunks or is_short(x)))

    def product(self, x: Array, matrix: Array, out: Array | None = None) -> Array:
        """Each row of `x` times a matrix, by pieces for which no library starts threads."""
        C, width = matrix.shape
        if x.size * width <= IN_ONE_THREAD or max(C, width) > MANY_CLASSES:
            return np.matmul(x, matrix, out=out)
        if out is None:
            out = np.empty((*x.shape[:-1], width), np.result_type(x, matrix))
        rows, products, step = x.reshape(-1, C), out.reshape(-1, width), IN_ONE_THREAD // matrix.size
        for i in range(0, len(rows), step):
            np.matmul(rows[i : i + step], matrix, out=products[i : i + step])
        return out

    def row_sums(self, x: Array) -> Array:
        return self.product(x, _two_columns(x.shape[-1]))[..., 0]  # one column would be a product with a vector

    def triangle(self, x: Array, width: int, last: int, times: float = 1.0) -> Array:
        """The triangle of `Products`, kept between calls."""
        return numpy_triangle(width, last, times)

    def cumulative_sum(self, x: Array) -> Array:
        """x_1 + ... + x_k for k = 1 .. C.

        In two dimensions, sums up to the same class lie side by side in memory, so that squares are added fast.
        """
        if self._scans(x):
            return _accumulate(x, -1)
        if x.ndim == 2 and is_short(x):
            sums = np.empty(x.shape[::-1])
            return self.product(x, numpy_triangle(x.shape[-1], -1), out=sums.T)
        return super().cumulative_sum(x)

    def suffix_sum(self, x: Array, times: float = 1.0) -> Array:
        if self._scans(x):
            return _accumulate((x + x if times == 2.0 else times * x)[_BACKWARDS], -1)[_BACKWARDS].copy("K")
        return super().suffix_sum(x, times)

    def total(self, x: Array, axis: int = -1, keepdims: bool = False) -> Array:
        if not self.use_products(x):
            return _add(x, axis, None, None, keepdims)
        return super().total(x, axis, keepdims)

    def inner(self, a: Array, b: Array, axis: int = -1, keepdims: bool = False) -> Array:
        if not self.use_products(a):
            return _add(a * b, axis, None, None, keepdims)
        if is_short(a, axis) or axis not in (-1, a.ndim - 1):
            return self.total(a * b, axis, keepdims)
        products = _in_pieces(a, b) if a.shape[-1] > DOT_IN_ONE_THREAD else np.vecdot(a, b)
        return products[..., None] if keepdims else products

    def largest(self, x: Array, axis: int = -1) -> Array:
        if x.ndim == 2 and x.size >= 256 and is_short(x, axis):
            return np.maximum.reduce(x.T.copy(), 0)[:, None]
        return np.maximum.reduce(x, axis, keepdims=True)

    def exponentials(self, z: Array, axis: int = -1) -> Array:
        """e^{z_j}, or e^{z_j - max z} where e^{z_j} may leave the range of its dtype: a softmax is the same."""
        if z.size >= MANY_NUMBERS and z.dtype == _FLOAT64 and -300 <= z.min() and z.max() <= 300:
            return np.exp(z)  # to find the largest of each row takes longer than the exponentials
        x = z - self.largest(z, axis)
        return np.exp(x, out=x)

    def one_hot(self, labels: Array, like: Array, labels_checked: bool) -> Array:
        C = like.shape[-1]
        if C <= SHORT_AXIS:
            rows = labels if labels_checked else np.minimum(np.maximum(labels, -1), C)  # rows -1 and C are the same
            return _one_hots(C, like.dtype).take(rows, axis=0)
        if labels.ndim != 1 or labels.size * C < MANY_NUMBERS:
            return super().one_hot(labels, like, labels_checked)
        hot = np.zeros((labels.size, C), like.dtype)
        valid = (labels >= 0) & (labels < C)
        rows = np.flatnonzero(valid)
        hot[rows, labels[rows]] = 1.0
        hot[~valid] = np.nan
        return hot

    def are_labels(self, labels: Array, num_classes: int) -> Array:
        return labels.size == 0 or (_least(labels) >= 0 and _greatest(labels) < num_classes)

    def are_logits(self, z: Array) -> Array:
        return np.isfinite(z).all() or super().are_logits(z)  # to find the largest of each row takes longer

    def are_probabilities(self, x: Array, tolerance: float) -> Array:
        if x.size == 0:
            return True
        if x.size < MANY_NUMBERS:
            return few_are_within(x, _ones(x.shape[-1]), 1.0 - tolerance, 1.0 + tolerance)
        mass = self.total(x)
        return x.min() >= 0 and 1.0 - tolerance <= _least(mass) and _greatest(mass) <= 1.0 + tolerance


def _in_pieces(a: Array, b: Array) -> Array:
    """<a, b> as a sum of inner products of pieces, and of what remains behind them."""
    count, rest = divmod(a.shape[-1], DOT_IN_ONE_THREAD)
    whole, pieces = a.shape[-1] - rest, (*a.shape[:-1], count, DOT_IN_ONE_THREAD)
    products = _add(np.vecdot(a[..., :whole].reshape(pieces), b[..., :whole].reshape(pieces)), -1)
    return products + np.vecdot(a[..., whole:], b[..., whole:])


def few_are_within(x: Array, ones: Array, least: float, greatest: float) -> bool:
    """Whether every sample of a small array is non-negative, and its sum within limits."""
    if not x.item(x.argmin()) >= 0:  # NaN counts as the least number
        return False
    mass = x.dot(ones)
    return bool(least <= mass.item(mass.argmin()) and mass.item(mass.argmax()) <= greatest)


NUMPY = NumPyOperations(np)


def _least(x: Array) -> Any:
    """Least number of all; of few numbers, NumPy finds it faster by its place."""
    return x.item(x.argmin()) if x.size < 4 * MANY_NUMBERS else x.min()


def _greatest(x: Array) -> Any:
    """Greatest number of all."""
    return x.item(x.argmax()) if x.size < 4 * MANY_NUMBERS else x.max()


@lru_cache(maxsize=64)
def _one_hots(C: int, dtype: DType) -> Array:
    """One-hots of the labels 0 .. C-1, and a row of NaN."""
    return _kept(np.concatenate([np.eye(C, dtype=dtype), np.full((1, C), np.nan, dtype)]))


@lru_cache(maxsize=64)
def _ones(C: int) -> Array:
    return _kept(np.ones(C))


@lru_cache(maxsize=64)
def _two_columns(C: int) -> Array:
    return _kept(np.ones((C, 2)))


def _kept(x: Array) -> Array:
    x.flags.writeable = False
    return x
