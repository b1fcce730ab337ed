"""Wrong losses that treat the weights of their samples wrongly (1.8)."""

import numpy as np

from emd_conformance.defects._common import free_gradient, one_hot, squared_emd
from emd_conformance.defects._register import Array, wrong

IGNORED = -100


@wrong("weights-ignored", call="p, t, w")
def weights_unused(p: Array, t: Array, w: Array) -> Array:
    return squared_emd(p, t)


@wrong("weights-ignored", call="p, t, w", reduction="weighted-mean")
def plain_mean(p: Array, t: Array, w: Array) -> Array:
    return squared_emd(p, t).mean()


@wrong("weights-squared", call="p, t, w", reduction="mean")
def weights_inside_the_square(p: Array, t: Array, w: Array) -> Array:
    return np.square(w[:, None] * np.cumsum(p - t, -1)).sum(-1).mean()


@wrong("weights-normalised", call="p, t, w")
def weights_that_sum_to_1(p: Array, t: Array, w: Array) -> Array:
    total = w.sum() if w.sum() > 0 else 1.0
    return w / total * squared_emd(p, t)


@wrong("weights-averaged", call="p, t, w", reduction="mean")
def mean_times_mean(p: Array, t: Array, w: Array) -> Array:
    return squared_emd(p, t).mean() * w.mean()


@wrong("reduction='mean'", call="p, t, mask", reduction="weighted-mean")
def mean_over_the_masked_too(p: Array, t: Array, mask: Array) -> Array:
    return (mask * squared_emd(p, t)).mean()


@wrong("zero-weights-left-out", call="p, t, w", reduction="mean")
def mean_over_positive_weights(p: Array, t: Array, w: Array) -> Array:
    return (w * squared_emd(p, t)).sum() / max((w > 0).sum(), 1)


@wrong("weights-in-the-count", target="labels", ignore_index=IGNORED, reduction="mean")
def ignored_labels_in_the_count(p: Array, k: Array) -> Array:
    counted = k != IGNORED
    return (counted * squared_emd(p, one_hot(np.where(counted, k, 0), p.shape[-1]))).mean()


@wrong("unexplained", target="labels", ignore_index=IGNORED)
def ignored_label_as_no_class(p: Array, k: Array) -> Array:
    return squared_emd(p, one_hot(k, p.shape[-1]))


@wrong("sample-weights-ignored", call="p, k, w", target="labels", ignore_index=IGNORED)
def sample_weights_forgotten_beside_ignored_labels(p: Array, k: Array, w: Array) -> Array:
    counted = k != IGNORED
    return counted * squared_emd(p, one_hot(np.where(counted, k, 0), p.shape[-1]))


@wrong("mask-ignored", call="p, t, w, mask", reduction="weighted-mean")
def mask_forgotten_beside_weights(p: Array, t: Array, w: Array, mask: Array) -> Array:
    return (w * squared_emd(p, t)).sum() / (w.sum() or 1)


@wrong("class-weights-ignored", call="p, k, w, class_weight", target="labels", reduction="mean")
def class_weights_forgotten_beside_weights(p: Array, k: Array, w: Array, class_weight: Array) -> Array:
    return (w * squared_emd(p, one_hot(k, p.shape[-1]))).mean()


@wrong("unexplained", call="p, k, class_weight", target="labels")
def weight_of_the_predicted_class(p: Array, k: Array, class_weight: Array) -> Array:
    return class_weight[p.argmax(-1)] * squared_emd(p, one_hot(k, p.shape[-1]))


def _weighted(p: Array, t: Array, w: Array) -> Array:
    return w * squared_emd(p, t)


@wrong("gradient", of=_weighted, call="p, t, w")
def gradient_without_weights(p: Array, t: Array, w: Array) -> Array:
    return free_gradient(p, t)


@wrong("reduction='mean'", call="p, t, w")
def mean_undeclared(p: Array, t: Array, w: Array) -> Array:
    return (w * squared_emd(p, t)).mean()
