"""Sums as products with ones, for NumPy and CuPy: they scan slowly, and multiply matrices fast.

A cumulative sum is a product with a triangle of ones. Products add the same numbers as scans, in an order that the
linear algebra library chooses. Small batches are scanned: there, the last bit of a sample must not depend on how many
other samples it is computed with.
"""

import math
from functools import lru_cache

import numpy as np

from emd_ref._libraries.kinds import Array, Namespace
from emd_ref._libraries.namespaces import device
from emd_ref._operations import Standard

SHORT_AXIS = 32  # classes: up to here one product with a triangle of all classes is the fastest
MANY_NUMBERS = 4096  # in an array: from here on products are faster than scans
CHUNK = 8  # classes of a longer axis that one product sums


def is_short(x: Array, axis: int = -1) -> bool:
    """Whether an axis is the last one, and short."""
    return axis in (-1, x.ndim - 1) and x.shape[-1] <= SHORT_AXIS


class Products(Standard):
    """Sums of many rows in float64 as products.

    `products_from` is the size of an array from which on it uses them.
    """

    def __init__(self, xp: Namespace, products_from: int = MANY_NUMBERS) -> None:
        super().__init__(xp)
        self.products_from = products_from

    def use_products(self, x: Array) -> bool:
        """Whether `x` is summed by products."""
        return math.prod(x.shape) >= self.products_from and bool(x.dtype == self.xp.float64)

    def product(self, x: Array, matrix: Array, out: Array | None = None) -> Array:
        """Each row of `x` times a matrix, written into `out` if it is given."""
        return super().product(x, matrix) if out is None else self.xp.matmul(x, matrix, out=out)

    def total(self, x: Array, axis: int = -1, keepdims: bool = False) -> Array:
        if not (is_short(x, axis) and self.use_products(x)):
            return super().total(x, axis, keepdims)
        sums = self.row_sums(x)
        return sums[..., None] if keepdims else sums

    def row_sums(self, x: Array) -> Array:
        """The sum of each row."""
        return x @ self.triangle(x, x.shape[-1], 0)[-1]

    def cumulative_sum(self, x: Array) -> Array:
        if not self.use_products(x):
            return super().cumulative_sum(x)
        if is_short(x):
            return self.product(x, self.triangle(x, x.shape[-1], -1))
        return self._by_chunks(x, last=-1)

    def suffix_sum(self, x: Array, times: float = 1.0) -> Array:
        if not self.use_products(x):
            return times * self.cumulative_sum(x[..., ::-1])[..., ::-1]
        if is_short(x):
            return self.product(x, self.triangle(x, x.shape[-1], 0, times))
        sums = self._by_chunks(x, last=0, times=times)
        return sums if x.shape[-1] % CHUNK == 0 else self.xp.asarray(sums, copy=True)

    def _by_chunks(self, x: Array, last: int, times: float = 1.0) -> Array:
        """Sums up to each class, or from it on: each chunk carries the sum of those before it, and a product sums it.

        `last` is the place at which a chunk has its whole sum; the results are multiplied by `times`.
        """
        xp, C = self.xp, x.shape[-1]
        classes = xp.empty((*x.shape[:-1], -(-C // CHUNK) * CHUNK), dtype=x.dtype, device=device(x))
        classes[..., :C], classes[..., C:] = x, 0.0
        chunks = xp.reshape(classes, (-1, CHUNK))
        totals = xp.reshape(self.total(chunks), (*x.shape[:-1], -1))
        chunk = xp.reshape(chunks, (*totals.shape, CHUNK))
        if last == -1:
            chunk[..., 1:, 0] += self.cumulative_sum(totals)[..., :-1]
        else:
            chunk[..., :-1, -1] += self.suffix_sum(totals)[..., 1:]
        sums = xp.empty_like(classes)
        self.product(chunks, self.triangle(x, CHUNK, last, times), out=xp.reshape(sums, (-1, CHUNK)))
        return sums if sums.shape[-1] == C else sums[..., :C]

    def triangle(self, x: Array, width: int, last: int, times: float = 1.0) -> Array:
        """Ones, or another number, above the diagonal for sums up to a class, below it for sums from a class on."""
        filled = self.xp.full((width, width), times, dtype=x.dtype, device=x.device)
        return self.xp.triu(filled) if last == -1 else self.xp.tril(filled)


@lru_cache(maxsize=64)
def numpy_triangle(width: int, last: int, times: float = 1.0) -> Array:
    """The triangle of `Products.triangle` for NumPy, kept and read-only."""
    lower = times * np.tri(width)
    kept = np.ascontiguousarray(lower.T) if last == -1 else lower
    kept.flags.writeable = False
    return kept
