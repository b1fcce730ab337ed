"""Right parts from which the losses are built."""

import numpy as np

from emd_conformance.defects._register import Array


def cumulative(p: Array, t: Array) -> Array:
    """Return the cumulative sums D_k of p - t."""
    return np.cumsum(p - t, axis=-1)


def squared_emd(p: Array, t: Array) -> Array:
    """Return E."""
    return np.square(cumulative(p, t)).sum(-1)


def tails(D: Array) -> Array:
    """Return the sums of D_k over k >= j."""
    return np.cumsum(D[..., ::-1], axis=-1)[..., ::-1]


def free_gradient(p: Array, t: Array) -> Array:
    """Return the free gradient of E with respect to p."""
    return 2 * tails(cumulative(p, t))


def softmax(z: Array, axis: int = -1) -> Array:
    """Return softmax(z)."""
    powers = np.exp(z - z.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def one_hot(k: Array, classes: int) -> Array:
    """Return the one-hot rows of labels; a label outside the classes gives a row of zeros."""
    return (np.asarray(k)[..., None] == np.arange(classes)).astype(float)


def line(classes: int) -> Array:
    """Return the distances |i - j| of a line."""
    return np.abs(np.subtract.outer(np.arange(classes), np.arange(classes))).astype(float)


def below(classes: int, parents: list[int]) -> Array:
    """Return 1 for each class and node above or at it, except the root, and 0 elsewhere."""
    rows = np.zeros((classes, len(parents)))
    for leaf in range(classes):
        node = leaf
        while parents[node] >= 0:
            rows[leaf, node] = 1
            node = parents[node]
    return rows


def quantile_cost(P: Array, T: Array, x: Array) -> Array:
    """Return the integral of the squared difference of the quantile functions."""
    levels = np.sort(np.concatenate([[0.0], P, T]))
    middle, last = (levels[1:] + levels[:-1]) / 2, len(P) - 1
    y, z = (x[np.minimum(np.searchsorted(F, middle), last)] for F in (P, T))
    return (np.diff(levels) * np.square(y - z)).sum()
