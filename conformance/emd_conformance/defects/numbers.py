"""Wrong losses with a number of their own, which the diagnosis finds from the answers."""

import numpy as np

from emd_conformance.defects._common import cumulative, one_hot, softmax, squared_emd
from emd_conformance.defects._register import Array, wrong


@wrong("target-smoothed")
def slightly_smoothed(p: Array, t: Array) -> Array:
    return squared_emd(p, 0.963 * t + 0.037 / p.shape[-1])


@wrong("target-blurred", target="labels")
def gaussian_labels(p: Array, k: Array) -> Array:
    weights = np.exp(-np.square(np.arange(p.shape[-1]) - k[:, None]) / (2 * 0.8**2))
    return squared_emd(p, weights / weights.sum(-1, keepdims=True))


@wrong("probabilities-clipped")
def kept_from_zero(p: Array, t: Array) -> Array:
    return squared_emd(np.maximum(p, 0.01), t)


@wrong("softmax-temperature", input="logits", target="labels", reduction="mean")
def warm_softmax(z: Array, k: Array) -> Array:
    return squared_emd(softmax(z / 1.7), one_hot(k, z.shape[-1])).mean()


@wrong("another-power")
def power_of_three_halves(p: Array, t: Array) -> Array:
    return (np.abs(cumulative(p, t)) ** 1.5).sum(-1)


@wrong("huber")
def smooth_l1(p: Array, t: Array) -> Array:
    D = np.abs(cumulative(p, t))
    return np.where(D < 0.1, D * D / 2, 0.1 * (D - 0.05)).sum(-1)


@wrong("differences-shifted", computes="sqrt(E)")
def pairwise_distance(p: Array, t: Array) -> Array:
    """torch.nn.functional.pairwise_distance does this."""
    return np.sqrt(np.square(cumulative(p, t) + 1e-6).sum(-1))


@wrong("class-weights")
def later_classes_count_more(p: Array, t: Array) -> Array:
    return (np.square(cumulative(p, t)) * np.arange(1, p.shape[-1] + 1)).sum(-1)


@wrong("constant-added")
def tiny_constant(p: Array, t: Array) -> Array:
    return squared_emd(p, t) + 1e-12


@wrong("computes='100*E/C'")
def percent(p: Array, t: Array) -> Array:
    return 100 * np.square(cumulative(p, t)).mean(-1)


@wrong("low-precision")
def single_precision_mean(p: Array, t: Array) -> Array:
    """Two causes at once: a precision, and an undeclared division by C."""
    return np.square(cumulative(p.astype(np.float32), t.astype(np.float32))).mean(-1).astype(float)


@wrong("trapezoids")
def integrated(p: Array, t: Array) -> Array:
    D = np.square(cumulative(p, t))
    return (D[..., 1:] + D[..., :-1]).sum(-1) / 2


@wrong("target-not-accumulated")
def one_sum(p: Array, t: Array) -> Array:
    return np.square(np.cumsum(p, -1) - t).sum(-1)


@wrong("log-softmax-for-softmax", input="logits")
def logarithms(z: Array, t: Array) -> Array:
    """torch.nn.functional.log_softmax, taken for softmax."""
    top = z.max(-1, keepdims=True)
    return squared_emd(z - top - np.log(np.exp(z - top).sum(-1, keepdims=True)), t)


@wrong("not-summed")
def one_number_a_class(p: Array, t: Array) -> Array:
    return np.square(cumulative(p, t))


@wrong("skill-score")
def skill(p: Array, t: Array) -> Array:
    with np.errstate(all="ignore"):
        return 1 - squared_emd(p, t) / squared_emd(np.full_like(p, 1 / p.shape[-1]), t)


@wrong("nan-at-zero")
def through_logarithms(p: Array, t: Array) -> Array:
    with np.errstate(all="ignore"):
        return squared_emd(p, t) + 0 * np.log(p).sum(-1)


@wrong("prediction-normalised", capabilities=("off-simplex",))
def divided_by_its_sum(p: Array, t: Array) -> Array:
    return squared_emd(p / p.sum(-1, keepdims=True), t)
