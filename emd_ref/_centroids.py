"""Ground distance that the network's own features provide while it is trained (specification, 6.6).

Classes whose features are close are easily confused, and a mistake between them costs little. The features of each
sample are scaled to unit l1 norm and averaged by class; the distances between these centroids are ranked; the ranks are
the ground distance. It is computed anew each epoch, from sums and counts that can be added over batches and workers.
"""

import numpy as np

from emd_ref._arguments import contract, values
from emd_ref._grounds import GroundDistance
from emd_ref._immutable import Immutable
from emd_ref._libraries.host import to_numpy
from emd_ref._libraries.kinds import Array, Namespace, is_dask
from emd_ref._libraries.namespaces import device, kind_of, wide_dtype
from emd_ref._libraries.tracing import detach, quietly, visible_truth
from emd_ref._operations import Standard
from emd_ref._quiet import QUIET
from emd_ref._scalars import integer


class ClassCentroids(Immutable):
    """Sums of normalised features and numbers of samples by class; immutable.

    Parameters
    ----------
    num_classes : int
        C.
    sums : array (C, F), optional
        Sum of f / ||f||_1 over the samples of each class, in float64 where the library has it. In float32, the
        distances would depend on how the samples are split into batches.
    counts : array (C,), optional
        Number of samples of each class, without those whose feature is all zero. A sample whose target is a
        distribution t counts t_j in class j.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import ClassCentroids, squared_emd
    >>> centroids = ClassCentroids(3)
    >>> centroids = centroids.update(np.asarray([[9.0, 1.0], [4.0, 1.0], [0.0, 2.0]]), np.asarray([0, 1, 2]))
    >>> ground = centroids.ground_distance()
    >>> ground.distances
    array([[0.  , 0.5 , 1.  ],
           [0.5 , 0.  , 0.75],
           [1.  , 0.75, 0.  ]])
    >>> float(squared_emd(np.asarray([0.5, 0.5, 0.0]), 0, ground=ground))
    0.125
    """

    num_classes: int
    sums: Array | None
    counts: Array | None

    def __init__(self, num_classes: int, sums: Array | None = None, counts: Array | None = None) -> None:
        vars(self).update(num_classes=integer(num_classes, "`num_classes`", 1, 2**31), sums=sums, counts=counts)

    def update(self, features: Array, target: Array, /, *, check: bool = True) -> "ClassCentroids":
        """Return the centroids with the samples of a batch added.

        Parameters
        ----------
        features : array (N, F) of a real floating dtype
            Non-negative, as after a ReLU; finite.
        target : integer array (N,), or floating array (N, C)
            Labels 0 .. C-1, or distributions.
        check : bool
            Whether to validate values.

        Raises
        ------
        TypeError, ValueError
            If an argument is invalid; the message names the argument and the place.
        """
        xp = _check(features, target, self.num_classes, check)
        return self.merge(quietly(features, self._of_batch, xp, features, target))

    def _of_batch(self, xp: Namespace, features: Array, target: Array) -> "ClassCentroids":
        wide = wide_dtype(xp, features)
        f = xp.astype(detach(features), wide, copy=False)
        beyond = xp.astype(xp.any(f > xp.finfo(wide).max * 2.0**-40, axis=-1), wide)
        f = f / (1.0 + beyond * (2.0**40 - 1.0))[:, None]  # by 2^40 where the sum could leave the range of the dtype
        norm = xp.sum(f, axis=-1)
        used = xp.astype(norm > 0, wide)
        # Not where(used, norm, 1): an array of ones has no inputs, and dask would keep all its blocks.
        normalised = f / (norm + (1.0 - used))[:, None]
        if kind_of(xp, target.dtype) == "integral":
            classes = xp.arange(self.num_classes, device=device(features))
            members = xp.astype(classes[:, None] == xp.astype(target, classes.dtype)[None, :], wide)
        else:
            members = xp.astype(detach(target), wide, copy=False).T
        return ClassCentroids(self.num_classes, members @ normalised, members @ used)

    def merge(self, other: "ClassCentroids", /) -> "ClassCentroids":
        """Return the centroids of the samples of both, such as those of two workers.

        Raises
        ------
        ValueError
            If the numbers of classes or of features differ.
        """
        if other.num_classes != self.num_classes:
            raise ValueError(f"`other` has {other.num_classes} classes: it must have {self.num_classes}")
        if self.sums is None or self.counts is None:
            return other
        if other.sums is None or other.counts is None:
            return self
        if other.sums.shape != self.sums.shape:
            raise ValueError(f"`other` has {other.sums.shape[1]} features: it must have {self.sums.shape[1]}")
        return ClassCentroids(self.num_classes, self.sums + other.sums, self.counts + other.counts)

    def ground_distance(self) -> GroundDistance:
        """Return the ranked distances between the centroids, G = (rank + rank^T) / 2, from 0 to 1 (specification, 6.6).

        Notes
        -----
        In row i, the rank of j is the number of classes nearer to i than j is, i itself included, divided by C - 1:
        without ties, a row holds 0, 1/(C-1), ..., 1. A class without samples is at distance 1 from every other class
        and is not counted in the ranks of the others. The matrix is a NumPy array, which serves predictions of
        every library. It is symmetric, and rarely of negative type: E_G can be negative for soft targets.
        """
        C = self.num_classes
        if self.sums is None or self.counts is None:
            return GroundDistance(np.ones((C, C)) - np.eye(C))
        counts = to_numpy(self.counts)
        seen = counts > 0
        if not seen.any():  # every feature was zero, as in a network whose ReLUs are all off
            return GroundDistance(np.ones((C, C)) - np.eye(C))
        G = np.ones((C, C))
        G[np.ix_(seen, seen)] = QUIET.copy().run(_ranks, to_numpy(self.sums)[seen], counts[seen, None])
        G = (G + G.T) / 2
        np.fill_diagonal(G, 0.0)
        return GroundDistance(G)


def _ranks(sums: Array, counts: Array) -> Array:
    """Row i, column j: the share of the other centroids m = sums / counts that are nearer to m_i than m_j is."""
    m = sums / counts
    distances = np.stack([np.sqrt(np.sum((m - row) ** 2, axis=1)) for row in m])
    np.fill_diagonal(distances, -1.0)  # i is nearest to itself, even if another centroid is at the same place
    ranks = np.stack([np.searchsorted(np.sort(row), row, side="left") for row in distances])
    return ranks / max(len(m) - 1, 1)


def _check(features: Array, target: Array, num_classes: int, check: bool) -> Array:
    xp = contract.floating_array(features, "features")
    if features.ndim != 2:
        raise ValueError(f"`features` has shape {tuple(features.shape)}: it must have shape (N, F)")
    contract.same_place(features, target, "features", "target")
    N, labels = int(features.shape[0]), kind_of(xp, target.dtype) == "integral"
    if not (labels or kind_of(xp, target.dtype) == "real floating"):
        raise TypeError(f"`target` has dtype {target.dtype}: it must hold integer labels or distributions")
    wanted = (N,) if labels else (N, num_classes)
    if tuple(target.shape) != wanted:
        shape = tuple(target.shape)
        raise ValueError(f"`target` has dtype {target.dtype} and shape {shape}: it must have shape {wanted}")
    if check and not is_dask(features):
        _check_values(xp, features, target, num_classes)
    return xp


def _check_values(xp: Namespace, features: Array, target: Array, num_classes: int) -> None:
    values.finite(xp, detach(features), "features")
    values.not_negative(xp, detach(features), "features", "features must not be negative, as after a ReLU")
    if kind_of(xp, target.dtype) == "integral":
        classes = xp.astype(target, xp.arange(0).dtype, copy=False)
        if visible_truth(Standard(xp).are_labels(classes, num_classes)) is False:
            values.raise_for_labels(xp, classes, target, "target", num_classes)
    else:
        values.probabilities(xp, detach(target), "target", 1, values.mass_tolerance(xp, target, 1, None))
