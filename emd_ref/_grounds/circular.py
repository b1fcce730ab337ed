"""Classes on a circle."""

import numpy as np

from emd_ref._grounds.ordered import Matrix, Ordered
from emd_ref._immutable import Value
from emd_ref._libraries.kinds import Array
from emd_ref._operations import Standard


class Circular(Value):
    """C classes equally spaced on a circle, one apart: G_ij = min(|i - j|, C - |i - j|) (specification, 2.3).

    Its cuts are the C arcs of floor(C/2) consecutive classes, with weight 1/2 each. Hours, months and angles are such
    classes. For even C the squared EMD can be 0 between different distributions.

    Examples
    --------
    >>> Circular().matrix(4)[0]
    array([0., 1., 2., 1.])
    """

    def check_classes(self, num_classes: int) -> None:
        """Accept any number of classes."""

    def matrix(self, num_classes: int) -> Matrix:
        """G_ij = min(|i - j|, C - |i - j|), C x C."""
        line = Ordered().matrix(num_classes)
        return np.minimum(line, num_classes - line)

    def cuts(self, num_classes: int) -> tuple[Matrix, Matrix]:
        """Arcs of floor(C/2) classes after class m, m = 1 .. C, as rows of zeros and ones, and their weights 1/2."""
        steps = (np.arange(num_classes)[None, :] - np.arange(num_classes)[:, None] - 1) % num_classes
        return (steps < num_classes // 2).astype(np.float64), np.full(num_classes, 0.5)

    def sums(self, ops: Standard, d: Array) -> Array:
        """L d: D_{m+h} - D_m, the sum of d over the h = floor(C/2) classes after class m."""
        D = ops.cumulative_sum(d)
        h = D.shape[-1] // 2
        ahead = ops.xp.concat([D[..., h:], D[..., :h] + D[..., -1:]], axis=-1)
        return ahead - D

    def weigh(self, ops: Standard, q: Array) -> Array:
        """W q: half of q."""
        return q * 0.5

    def spread(self, ops: Standard, c: Array, num_classes: int, times: float = 1.0) -> Array:
        """L^T c, times a number: the sum of c over the arcs that hold class j, those after one of the h before it."""
        xp, upto = ops.xp, ops.cumulative_sum(c)
        before = xp.concat([xp.zeros_like(c[..., :1]), upto[..., :-1]], axis=-1)
        rest = num_classes - num_classes // 2
        return times * (before - xp.concat([before[..., rest:] - upto[..., -1:], before[..., :rest]], axis=-1))
