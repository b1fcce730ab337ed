"""Losses that combine the samples of a batch wrongly."""

from typing import Any

import numpy as np

from emd_conformance.defects._common import cumulative, one_hot, squared_emd
from emd_conformance.defects._register import Array, wrong


@wrong("wrong-axis")
def summed_along_the_batch(p: Array, t: Array) -> Array:
    return np.square(np.cumsum(p - t, axis=0)).sum(-1)


@wrong("sum-along-batch")
def totalled_along_the_batch(p: Array, t: Array) -> Array:
    return np.square(cumulative(p, t)).sum(0)


@wrong("flattened", capabilities=("off-simplex",))
def no_axis(p: Array, t: Array) -> Array:
    return np.square(np.cumsum(p - t).reshape(p.shape)).sum(-1)


@wrong("batch-averaged-first", reduction="mean")
def averaged_first(p: Array, t: Array) -> Array:
    return np.square(cumulative(p, t).mean(0)).sum(-1)


@wrong("every-pair", target="labels", reduction="mean")
def broadcast(p: Array, k: Array) -> Array:
    """dlordinal does this for labels of shape (N, 1)."""
    return squared_emd(p, one_hot(k[:, None], p.shape[-1])).mean()


@wrong("batch-coupled-root", computes="sqrt(E/C)", reduction="mean")
def one_root_for_all(p: Array, t: Array) -> Array:
    return np.sqrt(np.square(cumulative(p, t)).mean())


@wrong("first-sample-only", reduction="mean")
def first_of_the_batch(p: Array, t: Array) -> Array:
    return squared_emd(p, t)[0]


@wrong("first-sample-for-all")
def first_for_all(p: Array, t: Array) -> Array:
    return np.repeat(squared_emd(p, t)[:1], len(p))


@wrong("mean-of-nonzero", reduction="mean")
def mean_of_the_wrong_ones(p: Array, t: Array) -> Array:
    E = squared_emd(p, t)
    return E[E > 1e-12].mean() if (E > 1e-12).any() else E.sum()


@wrong("mean-over-n-minus-1", reduction="mean")
def bessel(p: Array, t: Array) -> Array:
    return squared_emd(p, t).sum() / max(len(p) - 1, 1)


@wrong("hard-coded-batch", reduction="mean")
def batch_of_32(p: Array, t: Array) -> Array:
    return squared_emd(p, t).sum() / 32


@wrong("maximum-for-mean", reduction="mean")
def worst_of_the_batch(p: Array, t: Array) -> Array:
    return squared_emd(p, t).max()


@wrong("reduction='mean'")
def undeclared_mean(p: Array, t: Array) -> Array:
    return squared_emd(p, t).mean()


@wrong("reduction='sum'", reduction="mean")
def sum_for_mean(p: Array, t: Array) -> Array:
    return squared_emd(p, t).sum()


@wrong("computes='E/C'", reduction="mean")
def mean_over_everything(p: Array, t: Array) -> Array:
    return np.square(cumulative(p, t)).mean()


@wrong("wrong-shape")
def kept_dimension(p: Array, t: Array) -> Array:
    return np.square(cumulative(p, t)).sum(-1, keepdims=True)


@wrong("wrong-shape")
def squeezed(p: Array, t: Array) -> Array:
    return squared_emd(p, t).squeeze()


@wrong("layout")
def reads_memory(p: Array, t: Array) -> Array:
    """Extensions in C do this that take a pointer and no strides."""
    p, t = (x.ravel(order="K").reshape(x.shape) for x in (p, t))
    return squared_emd(p, t)


@wrong("several-batch-axes", target="labels", axis=1, capabilities=("batch-axes",))
def reshaped_for_transposed(p: Array, k: Array) -> Array:
    t = one_hot(k, p.shape[1]).reshape(p.shape)
    return np.square(np.cumsum(p - t, axis=1)).sum(1)


@wrong("label-dtype", target="labels", classes=(2, 3, 4, 5, 200, 300))
def counts_in_the_dtype_of_the_labels(p: Array, k: Array) -> Array:
    reached = np.arange(p.shape[-1]).astype(k.dtype) >= k[..., None]
    return np.square(np.cumsum(p, axis=-1) - reached).sum(-1)


MANY: dict[str, Any] = {"classes": (1, 2, 3, 4, 5, 6)}


@wrong("many-samples", **MANY)
def last_block_left_out(p: Array, t: Array) -> Array:
    """The samples beyond the last full block of 1024 keep what was in the buffer."""
    E = squared_emd(p, t)
    if len(p) > 1024:
        E[len(p) // 1024 * 1024 :] = 0.0
    return E


@wrong("many-samples", **MANY, reduction="mean")
def mean_of_block_means(p: Array, t: Array) -> Array:
    E = squared_emd(p, t)
    return np.mean([E[i : i + 4096].mean() for i in range(0, len(E), 4096)])


@wrong("many-classes", classes=(2, 3, 5, 10, 100, 1000, 2050, 4099))
def tiled_sums(p: Array, t: Array) -> Array:
    """The sums of one tile of 2048 classes are not carried into the next."""
    d = p - t
    return sum(np.square(np.cumsum(d[..., i : i + 2048], -1)).sum(-1) for i in range(0, d.shape[-1], 2048))


@wrong("many-samples", classes=(3, 6))
def blocks_of_128(p: Array, t: Array) -> Array:
    """The last block is forgotten if it is a whole one."""
    value = squared_emd(p, t)
    if len(p) and len(p) % 128 == 0:
        value[-128:] = 0
    return value
