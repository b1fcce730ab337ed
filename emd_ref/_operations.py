"""The sums that every formula is made of, in the plain array API standard: the golden reference computes with these.

`_fast` has other forms of the same operations for NumPy, CuPy and PyTorch. They add the same numbers, in an order that
suits the library; the rounding error bounds hold for every order of summation (specification, 7.3).
"""

import math

from emd_ref._libraries.kinds import Array, DType, Namespace
from emd_ref._libraries.namespaces import device


class Standard:
    """Operations along the class axis, which is the last one unless an `axis` says otherwise.

    `xp` is the array API namespace that computes.
    """

    def __init__(self, xp: Namespace) -> None:
        self.xp = xp

    def cast(self, x: Array, dtype: DType) -> Array:
        """`x` in another dtype, infinite beyond its range; `x` itself if it has the dtype."""
        return self.xp.astype(x, dtype, copy=False)

    def difference(self, x: Array, y: Array) -> Array:
        """x - y."""
        return x - y

    def cumulative_sum(self, x: Array) -> Array:
        """x_1 + ... + x_k for k = 1 .. C."""
        return self.xp.cumulative_sum(x, axis=-1)

    def suffix_sum(self, x: Array, times: float = 1.0) -> Array:
        """x_j + ... + x_C for j = 1 .. C, times a number: a new array, not a view."""
        return times * self.xp.flip(self.cumulative_sum(self.xp.flip(x, axis=-1)), axis=-1)

    def multiplied(self, x: Array, y: Array) -> Array:
        """x y, perhaps in the memory of x, which nobody may need any more."""
        return x * y

    def divided(self, x: Array, y: Array) -> Array:
        """x / y, perhaps in the memory of x, which nobody may need any more."""
        return x / y

    def product(self, x: Array, matrix: Array) -> Array:
        """x M for each sample."""
        return x @ matrix

    def total(self, x: Array, axis: int = -1, keepdims: bool = False) -> Array:
        """x_1 + ... + x_C."""
        return self.xp.sum(x, axis=axis, keepdims=keepdims)

    def inner(self, a: Array, b: Array, axis: int = -1, keepdims: bool = False) -> Array:
        """<a, b> = a_1 b_1 + ... + a_C b_C."""
        return self.total(a * b, axis, keepdims)

    def largest(self, x: Array, axis: int = -1) -> Array:
        """Largest of x_1 .. x_C, along an axis that is kept with length 1."""
        return self.xp.max(x, axis=axis, keepdims=True)

    def exponentials(self, z: Array, axis: int = -1) -> Array:
        """e^{z_j - max z}, up to a factor that is the same for all classes of a sample."""
        return self.xp.exp(z - self.largest(z, axis))

    def one_hot(self, labels: Array, like: Array, labels_checked: bool) -> Array:
        """Distribution of each label among the classes of `like`, in its dtype; NaN for a label outside 0 .. C-1.

        `labels_checked` says that there is no such label.
        """
        xp, C = self.xp, like.shape[-1]
        hot = xp.astype(xp.arange(C, device=device(like)) == labels[..., None], like.dtype)
        if labels_checked:
            return hot
        valid = (labels >= 0) & (labels < C)
        return xp.where(valid[..., None], hot, xp.full((), xp.nan, dtype=like.dtype, device=device(like)))

    def are_labels(self, labels: Array, num_classes: int) -> Array:
        """Whether every label is in 0 .. C-1: a 0-d boolean array, or a bool."""
        return self.xp.all((labels >= 0) & (labels < num_classes))

    def are_logits(self, z: Array) -> Array:
        """Whether the largest logit of every sample is finite, and none is NaN: a 0-d boolean array, or a bool."""
        return self.xp.all(self.xp.isfinite(self.largest(z)))

    def are_probabilities(self, x: Array, tolerance: float) -> Array:
        """Whether every sample is non-negative and sums to 1: a 0-d boolean array, or a bool."""
        if math.prod(x.shape) == 0:
            return True
        xp, mass = self.xp, self.total(x)
        return (xp.min(x) >= 0) & (xp.min(mass) >= 1.0 - tolerance) & (xp.max(mass) <= 1.0 + tolerance)
