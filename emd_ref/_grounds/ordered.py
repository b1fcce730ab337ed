"""Classes in order on a line: the ground distance of the paper."""

import math
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from emd_ref._immutable import Value
from emd_ref._libraries.host import beside
from emd_ref._libraries.kinds import Array
from emd_ref._operations import Standard
from emd_ref._scalars import real_numbers

Matrix: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[np.float64]]


class Ordered(Value):
    """Classes in order on a line: G_ij = |x_i - x_j| (specification, 2.2).

    Without positions the classes are one apart and the squared EMD is the paper's sum of D_k^2 over k = 1 .. C. With
    positions x_1 < ... < x_C it is the sum of (x_{k+1} - x_k) D_k^2 over k < C. Both agree for positions 0, 1, 2, ...
    when the masses of prediction and target agree.

    Parameters
    ----------
    positions : sequence of C numbers, optional
        Strictly increasing and finite; kept as a tuple of floats.

    Raises
    ------
    TypeError
        If the positions are no numbers.
    ValueError
        If the positions are not finite or not strictly increasing.

    Examples
    --------
    >>> Ordered().matrix(3)
    array([[0., 1., 2.],
           [1., 0., 1.],
           [2., 1., 0.]])
    >>> Ordered([0, 1, 5]).matrix(3)[0]
    array([0., 1., 5.])
    """

    positions: tuple[float, ...] | None

    def __init__(self, positions: Iterable[float] | None = None) -> None:
        held = None if positions is None else real_numbers(positions, "positions")
        vars(self).update(positions=held)
        for k, (x, y) in enumerate(zip(held or (), (held or ())[1:], strict=False)):
            if not 0 < y - x < math.inf:
                raise ValueError(
                    f"`positions`[{k + 1}] is {y!r} after {x!r}: positions must be finite and strictly increasing"
                )

    def check_classes(self, num_classes: int) -> None:
        """Raise ValueError unless there is a position for each class."""
        if self.positions is not None and len(self.positions) != num_classes:
            raise ValueError(
                f"`ground` has {len(self.positions)} positions, but there are {num_classes} classes: "
                "give one position for each class"
            )

    def matrix(self, num_classes: int) -> Matrix:
        """G_ij = |x_i - x_j|, C x C."""
        self.check_classes(num_classes)
        x = np.arange(num_classes) if self.positions is None else np.asarray(self.positions)
        return np.abs(x[:, None] - x[None, :]).astype(np.float64)

    def cuts(self, num_classes: int) -> tuple[Matrix, Matrix]:
        """Prefixes {1 .. k} as rows of zeros and ones, and their weights w_k; w_C = 1 without positions, else 0."""
        self.check_classes(num_classes)
        return np.tri(num_classes), self.weights(num_classes)

    def weights(self, num_classes: int) -> Matrix:
        """The diagonal of W: w_k = x_{k+1} - x_k, and the last as in `cuts`."""
        return np.ones(num_classes) if self.positions is None else np.append(np.diff(self.positions), 0.0)

    def sums(self, ops: Standard, d: Array) -> Array:
        """L d: D_k = d_1 + ... + d_k."""
        return ops.cumulative_sum(d)

    def weigh(self, ops: Standard, q: Array) -> Array:
        """W q: w_k q_k."""
        return q if self.positions is None else q * beside(ops.xp, self.weights(q.shape[-1]), q)

    def spread(self, ops: Standard, c: Array, num_classes: int, times: float = 1.0) -> Array:
        """L^T c, times a number: c_j + ... + c_C."""
        return ops.suffix_sum(c, times)
