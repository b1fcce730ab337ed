"""Any ground distance, as a matrix."""

from emd_ref._immutable import Immutable
from emd_ref._libraries.host import beside
from emd_ref._libraries.kinds import AnyArray, Array
from emd_ref._operations import Standard


class GroundDistance(Immutable):
    """Any ground distance between classes, as a matrix (specification, 2.1).

    The squared EMD is the energy form -1/2 (p - t)^T G (p - t), which agrees with the other grounds where they apply,
    and extends them to a learnt or measured matrix. It is non-negative exactly when the matrix is of negative type, as
    those of points on a line, on a circle, in a tree or in Euclidean space are. The EMD is a linear programme unless
    the target is a label.

    Parameters
    ----------
    distances : array (C, C)
        Non-negative, symmetric, zero on the diagonal; validated when it is used. A NumPy array serves predictions of
        every library; an array of another library must be of the predictions' own. Gradients with respect to it work.

    Examples
    --------
    >>> import numpy as np
    >>> GroundDistance(np.asarray([[0.0, 1.0], [1.0, 0.0]])).matrix(2)
    array([[0., 1.],
           [1., 0.]])
    """

    distances: Array

    def __init__(self, distances: AnyArray) -> None:
        vars(self).update(distances=distances)

    def check_classes(self, num_classes: int) -> None:
        """Raise ValueError unless the matrix is C x C."""
        shape = tuple(self.distances.shape)
        if shape != (num_classes, num_classes):
            raise ValueError(
                f"`ground` has a matrix of shape {shape}, but there are {num_classes} classes: "
                f"the matrix must have shape ({num_classes}, {num_classes})"
            )

    def matrix(self, num_classes: int) -> Array:
        """G as it was given, C x C."""
        self.check_classes(num_classes)
        return self.distances

    def sums(self, ops: Standard, d: Array) -> Array:
        """L d = d: the cuts of a matrix are not known."""
        return d

    def weigh(self, ops: Standard, q: Array) -> Array:
        """W q = -1/2 G q."""
        return ops.product(q, beside(ops.xp, self.distances, q) * -0.5)

    def spread(self, ops: Standard, c: Array, num_classes: int, times: float = 1.0) -> Array:
        """L^T c = c, times a number."""
        return times * c
