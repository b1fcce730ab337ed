"""Right losses in unusual forms, by an author who knew the specification alone."""

import itertools
from fractions import Fraction

import numpy as np

from emd_conformance.defects._register import Array, right

FEW = (1, 2, 3, 4, 5, 8, 10)


@right(classes=FEW)
def exclusive_sums(p: Array, t: Array) -> Array:
    """Exclusive sums: D_C = 0, so the terms are the same."""
    gap = np.cumsum(p - t, -1) - (p - t)
    return (gap * gap).sum(-1)


@right("fewer digits", classes=FEW)
def from_the_end(p: Array, t: Array) -> Array:
    """Accumulated from the last class."""
    return (np.cumsum((t - p)[..., ::-1], -1) ** 2).sum(-1)


@right("fewer digits", classes=FEW)
def energy_form(p: Array, t: Array) -> Array:
    """The quadratic form of the line's distances."""
    k = np.arange(p.shape[-1])
    d = p - t
    return -(d @ np.abs(k[:, None] - k) * d).sum(-1) / 2


@right(target="labels", classes=FEW)
def crps_of_label(p: Array, k: Array) -> Array:
    """The CRPS of labels."""
    x = np.arange(p.shape[-1])
    lag = np.abs(x[:, None] - x).astype(float)
    return np.einsum("ni,ni->n", p, lag[k]) - 0.5 * np.einsum("ni,ij,nj->n", p, lag, p)


@right(target="labels", classes=FEW)
def two_sides(p: Array, k: Array) -> Array:
    """Labels: squares of the CDF below k, of its complement from k."""
    out = []
    for row, label in zip(p, k, strict=True):
        below = sum(s * s for s in itertools.accumulate(row[:label].tolist()))
        above = sum(s * s for s in itertools.accumulate(row[:label:-1].tolist()))
        out.append(below + above)
    return np.array(out, dtype=p.dtype)


@right(target="labels", label_shape="(N,1)", classes=FEW)
def column_of_labels(p: Array, k: Array) -> Array:
    """Labels of shape (N, 1)."""
    return (np.cumsum(p - (np.arange(p.shape[-1]) == k), -1) ** 2).sum(-1)


@right(target="labels-from-1", classes=FEW)
def one_based(p: Array, k: Array) -> Array:
    """Labels from 1."""
    step = np.arange(1, p.shape[-1] + 1) >= k[:, None]
    return ((p.cumsum(-1) - step) ** 2)[..., :-1].sum(-1)


@right(classes=FEW)
def by_fractions(p: Array, t: Array) -> Array:
    """Exact rational arithmetic."""

    def one(a: Array, b: Array) -> Array:
        acc = total = Fraction(0)
        for x, y in zip(a.tolist(), b.tolist(), strict=True):
            acc += Fraction(x) - Fraction(y)
            total += acc * acc
        return float(total)

    return np.array([one(a, b) for a, b in zip(p, t, strict=True)], dtype=p.dtype)


@right(array="list", batched=False, classes=FEW)
def plain(p: Array, t: Array) -> Array:
    """Plain Python, a sample a call."""
    acc, total = (0.0, 0.0)
    for a, b in zip(p[:-1], t[:-1], strict=True):
        acc += a - b
        total += acc * acc
    return total


@right(reduction="mean", classes=FEW)
def running_mean(p: Array, t: Array) -> Array:
    """The mean of the batch, by a running mean."""
    mean = 0.0
    for n, (a, b) in enumerate(zip(p, t, strict=True), start=1):
        mean += (float((np.cumsum(a - b) ** 2).sum()) - mean) / n
    return np.float64(mean)


@right("fewer digits", order="target-first", computes="sqrt(E/C)", classes=FEW)
def nima(t: Array, p: Array) -> Array:
    """NIMA's loss, target first."""
    return np.sqrt(np.mean((np.cumsum(t, -1) - np.cumsum(p, -1)) ** 2, -1))


@right(computes="W1", target="labels", classes=FEW)
def expected_distance(p: Array, k: Array) -> Array:
    """The expected distance to the label."""
    return (p * np.abs(np.arange(p.shape[-1]) - k[:, None])).sum(-1)


@right(computes="W1", target="labels", ground="matrix", classes=FEW)
def expected_cost(p: Array, k: Array, G: Array) -> Array:
    """For any matrix, from a label."""
    return np.einsum("ni,ni->n", p, G[:, k].T)


@right(input="cdf", classes=FEW)
def of_cdfs(fp: Array, ft: Array) -> Array:
    """Reads CDFs."""
    gap = (fp - ft)[..., :-1]
    return np.square(gap).sum(-1)


@right(input="logits", target="labels", classes=FEW)
def of_logits(z: Array, k: Array) -> Array:
    """A softmax written out."""
    w = np.exp(z - z.max(-1, keepdims=True))
    below = np.cumsum(w, -1) / w.sum(-1, keepdims=True)
    above = np.cumsum(w[..., ::-1], -1)[..., ::-1] / w.sum(-1, keepdims=True)
    j = np.arange(z.shape[-1])
    left = np.where(j < k[:, None], below, 0)
    right_ = np.where(j > k[:, None], above, 0)
    return (left**2).sum(-1) + (right_**2).sum(-1)
