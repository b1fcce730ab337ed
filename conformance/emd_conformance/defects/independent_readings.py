"""Inputs that are misread, by an author who knew the specification alone."""

import math

import numpy as np

from emd_conformance.defects._register import Array, wrong


@wrong("input='logits'")
def softmax_twice(p: Array, t: Array) -> Array:
    """Softmax of what already is a distribution."""
    e = np.exp(p - p.max(-1, keepdims=True))
    q = e / e.sum(-1, keepdims=True)
    return (np.cumsum(q - t, -1) ** 2).sum(-1)


@wrong("unexplained", input="logits")
def sigmoid_for_softmax(z: Array, t: Array) -> Array:
    """Sigmoids, normalised, in place of softmax."""
    s = np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))
    q = s / s.sum(-1, keepdims=True)
    return (np.cumsum(q - t, -1) ** 2).sum(-1)


@wrong("softmax-along-batch", input="logits", target="labels")
def softmax_over_batch(z: Array, k: Array) -> Array:
    """Softmax over the batch."""
    e = np.exp(z - z.max(axis=0))
    q = e / e.sum(axis=0)
    onehot = np.eye(z.shape[1])[k]
    return (np.cumsum(q - onehot, -1) ** 2).sum(-1)


@wrong("huge-logits", input="logits", target="labels")
def softmax_overflows(z: Array, k: Array) -> Array:
    """Exp overflows for large logits."""
    with np.errstate(all="ignore"):
        q = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
    return (np.cumsum(q - np.eye(z.shape[-1])[k], -1) ** 2).sum(-1)


@wrong("unexplained", input="logits")
def leftover_temperature(z: Array, t: Array) -> Array:
    """A temperature of sqrt(C) from attention code."""
    z = z / math.sqrt(z.shape[-1])
    e = np.exp(z - z.max(-1, keepdims=True))
    return (np.cumsum(e / e.sum(-1, keepdims=True) - t, -1) ** 2).sum(-1)


@wrong("unexplained", input="log-probabilities")
def logs_base_two(lp: Array, t: Array) -> Array:
    """Base 2 for natural logarithms."""
    return (np.cumsum(np.exp2(lp) - t, -1) ** 2).sum(-1)


@wrong("input='probabilities'", input="cdf")
def cdf_of_cdf(fp: Array, ft: Array) -> Array:
    """A CDF is accumulated once more."""
    return ((np.cumsum(fp, -1) - np.cumsum(ft, -1)) ** 2).sum(-1)


@wrong("missing-cumsum")
def expects_cdfs(fp: Array, ft: Array) -> Array:
    """Takes probabilities for CDFs."""
    return np.square(fp - ft).sum(-1)


@wrong("target-smoothed", target="labels")
def label_smoothing(p: Array, k: Array) -> Array:
    """Hidden label smoothing of 0.1."""
    c = p.shape[-1]
    t = np.full(p.shape, 0.1 / c)
    t[np.arange(len(k)), k] += 0.9
    return (np.cumsum(p - t, -1) ** 2).sum(-1)


@wrong("target='labels-from-1'", target="labels")
def labels_minus_one(p: Array, k: Array) -> Array:
    """Labels are read as counted from 1."""
    return (np.cumsum(p - np.eye(p.shape[-1])[k.astype(int) - 1], -1) ** 2).sum(-1)


@wrong("unexplained", target="labels")
def strict_step(p: Array, k: Array) -> Array:
    """The step of the label is one class late."""
    step = (np.arange(p.shape[-1]) > k[:, None]).astype(p.dtype)
    gap = np.cumsum(p, -1) - step
    return (gap[..., :-1] ** 2).sum(-1)


@wrong("unexplained", target="labels")
def zero_is_padding(p: Array, k: Array) -> Array:
    """Label 0 is taken for padding."""
    mask = k != 0
    step = np.arange(p.shape[-1]) >= k[:, None]
    return ((np.cumsum(p, -1) - step) ** 2).sum(-1) * mask


@wrong("unexplained")
def sorted_masses(p: Array, t: Array) -> Array:
    """Classes with the same mass are matched: both are sorted."""
    p, t = np.sort(p, -1), np.sort(t, -1)
    return (np.cumsum(p - t, -1) ** 2).sum(-1)
