"""Right losses that weigh their samples: by an argument, by class, by a mask, and by labels that are ignored (1.8)."""

import numpy as np

from emd_conformance.defects._common import free_gradient, one_hot, softmax, squared_emd
from emd_conformance.defects._register import Array, right

IGNORED = -100


@right(call="p, t, w")
@right(call="p, t, w", dtype="float32")
@right(call="p, t, w", batched=False, classes=(2, 3, 5))
def weighted(p: Array, t: Array, w: Array) -> Array:
    return w * squared_emd(p, t)


@right(call="p, t, w", of=weighted, classes=(1, 2, 3, 5, 10))
def weighted_gradient(p: Array, t: Array, w: Array) -> Array:
    return w[:, None] * free_gradient(p, t)


@right(call="p, t, sample_weight=w", reduction="mean", computes="sqrt(E/C)")
def weighted_mean_over_the_samples(p: Array, t: Array, sample_weight: Array) -> Array:
    return np.mean(sample_weight * np.sqrt(squared_emd(p, t) / p.shape[-1]))


@right(call="p, t, w", reduction="weighted-mean")
@right(call="p, t, w", reduction="weighted-mean", dtype="float32")
def weighted_mean(p: Array, t: Array, w: Array) -> Array:
    return np.average(squared_emd(p, t), weights=w)


@right(call="p, t, mask", reduction="weighted-mean")
def mean_of_the_unmasked(p: Array, t: Array, mask: Array) -> Array:
    return squared_emd(p[mask], t[mask]).mean()


@right(call="p, t, mask", reduction="sum")
def sum_of_the_unmasked(p: Array, t: Array, mask: Array) -> Array:
    return np.where(mask, squared_emd(p, t), 0.0).sum()


@right(call="p, t, mask, w", reduction="weighted-mean")
def weighted_mean_of_the_unmasked(p: Array, t: Array, mask: Array, w: Array) -> Array:
    return (squared_emd(p, t) * w)[mask].sum() / w[mask].sum()


@right(call="p, k, class_weight", target="labels", reduction="weighted-mean", input="logits")
def class_weights(z: Array, k: Array, class_weight: Array) -> Array:
    """Reduce as CrossEntropyLoss does with its argument `weight`."""
    E = squared_emd(softmax(z), one_hot(k, z.shape[-1]))
    return (class_weight[k] * E).sum() / class_weight[k].sum()


@right(target="labels", ignore_index=IGNORED)
def ignored_labels(p: Array, k: Array) -> Array:
    counted = k != IGNORED
    return counted * squared_emd(p, one_hot(np.where(counted, k, 0), p.shape[-1]))


@right(target="labels", ignore_index=IGNORED, reduction="mean")
@right(target="labels", ignore_index=IGNORED, reduction="weighted-mean")
def mean_without_ignored_labels(p: Array, k: Array) -> Array:
    counted = k != IGNORED
    return squared_emd(p[counted], one_hot(k[counted], p.shape[-1])).mean()
