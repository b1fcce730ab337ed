"""Wrong batches and axes, by an author who knew the specification alone."""

import numpy as np

from emd_conformance.defects._register import Array, wrong


@wrong("reduction='mean'")
def mean_not_declared(p: Array, t: Array) -> Array:
    """Returns the mean although no reduction was declared."""
    return (np.cumsum(p - t, axis=-1) ** 2).sum(axis=-1).mean()


@wrong("computes='E/C'", reduction="mean")
def mean_of_everything(p: Array, t: Array) -> Array:
    """The mean runs over the classes, too."""
    return np.mean((np.cumsum(p, axis=1) - np.cumsum(t, axis=1)) ** 2)


@wrong("batch-averaged-first", reduction="mean")
def loss_of_averages(p: Array, t: Array) -> Array:
    """Averages the distributions, then the loss."""
    return float((np.cumsum(p.mean(0) - t.mean(0)) ** 2).sum())


@wrong("unexplained")
def all_pairs(p: Array, t: Array) -> Array:
    """All pairs of predictions and targets."""
    gap = np.cumsum(p[:, None] - t[None], axis=-1)
    return (gap**2).sum(-1).mean(1)


@wrong("unexplained")
def targets_off_by_one(p: Array, t: Array) -> Array:
    """The target of the sample before."""
    return np.array([(np.cumsum(p[i] - t[i - 1]) ** 2).sum() for i in range(len(p))])


@wrong("flattened", capabilities=("off-simplex",))
def one_running_sum(p: Array, t: Array) -> Array:
    """One running sum through the batch: unequal masses leak into the next sample."""
    d = np.cumsum((p - t).ravel()).reshape(p.shape)
    return (d**2).sum(-1)


@wrong("several-batch-axes", capabilities=("batch-axes",))
def flattened_axes(p: Array, t: Array) -> Array:
    """The batch axes come back flat."""
    d = p.reshape(-1, p.shape[-1]) - t.reshape(-1, t.shape[-1])
    return (np.cumsum(d, -1) ** 2).sum(-1)


@wrong("several-batch-axes", capabilities=("batch-axes",))
def axis_one_of_three(p: Array, t: Array) -> Array:
    """Axis 1 although the classes are last."""
    return (np.cumsum(p - t, axis=1) ** 2).sum(axis=-1)


@wrong("sum-along-batch", axis=0)
def two_axes(p: Array, t: Array) -> Array:
    """Declared for axis 0, but the sum runs over the last axis."""
    gap = np.cumsum(p - t, axis=0)
    return (gap**2).sum(axis=-1)


@wrong("unexplained", target="labels")
def balanced_in_batch(p: Array, k: Array) -> Array:
    """Weights the samples by the frequency of their labels in the batch."""
    count = np.bincount(k, minlength=p.shape[-1])
    step = np.arange(p.shape[-1]) >= k[:, None]
    loss = ((np.cumsum(p, -1) - step) ** 2).sum(-1)
    w = 1.0 / count[k]
    return loss * w * len(k) / w.sum()
