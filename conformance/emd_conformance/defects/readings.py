"""Right formulas that misread the prediction or the target."""

import numpy as np

from emd_conformance.defects._common import one_hot, softmax, squared_emd
from emd_conformance.defects._register import Array, wrong


@wrong("input='logits'")
def softmax_of_probabilities(p: Array, t: Array) -> Array:
    """dlordinal.losses.EMDLoss does this to probabilities."""
    return squared_emd(softmax(p), t)


@wrong("input='log-probabilities'")
def exponential_of_probabilities(p: Array, t: Array) -> Array:
    return squared_emd(np.exp(p), t)


@wrong("input='probabilities'", input="logits", target="labels")
def softmax_missing(z: Array, k: Array) -> Array:
    return squared_emd(z, one_hot(k, z.shape[-1]))


@wrong("input='probabilities'", input="log-probabilities")
def exponential_missing(x: Array, t: Array) -> Array:
    return squared_emd(x, t)


@wrong("softmax-twice", input="logits", target="labels")
def softmax_twice(z: Array, k: Array) -> Array:
    return squared_emd(softmax(softmax(z)), one_hot(k, z.shape[-1]))


@wrong("sigmoid-for-softmax", input="logits", target="labels")
def sigmoid(z: Array, k: Array) -> Array:
    return squared_emd(1 / (1 + np.exp(-z)), one_hot(k, z.shape[-1]))


@wrong("softmax-sign", input="logits", target="labels")
def softmin(z: Array, k: Array) -> Array:
    return squared_emd(softmax(-z), one_hot(k, z.shape[-1]))


@wrong("softmax-along-batch", input="logits")
def softmax_over_the_batch(z: Array, t: Array) -> Array:
    return squared_emd(softmax(z, axis=0), t)


@wrong("huge-logits", input="logits", target="labels")
def naive_softmax(z: Array, k: Array) -> Array:
    with np.errstate(all="ignore"):
        powers = np.exp(z)
        return squared_emd(powers / powers.sum(-1, keepdims=True), one_hot(k, z.shape[-1]))


@wrong("input='probabilities'", input="cdf")
def sums_of_sums(P: Array, T: Array) -> Array:
    return squared_emd(P, T)


@wrong("probabilities-clipped")
def clipped(p: Array, t: Array) -> Array:
    return squared_emd(np.clip(p, 1e-7, 1 - 1e-7), t)


@wrong("prediction-hardened")
def most_probable_class(p: Array, t: Array) -> Array:
    return squared_emd(one_hot(p.argmax(-1), p.shape[-1]), t)


@wrong("target-hardened")
def argmax_of_the_target(p: Array, t: Array) -> Array:
    """A loss for labels does this to soft targets."""
    return squared_emd(p, one_hot(t.argmax(-1), p.shape[-1]))


@wrong("target-smoothed")
def smoothed(p: Array, t: Array) -> Array:
    return squared_emd(p, 0.9 * t + 0.1 / p.shape[-1])


@wrong("target-softmaxed")
def softmax_of_the_target(p: Array, t: Array) -> Array:
    return squared_emd(p, softmax(t))


@wrong("target-ignored")
def against_uniform(p: Array, t: Array) -> Array:
    return squared_emd(p, np.full_like(p, 1 / p.shape[-1]))


@wrong("target='labels-from-1'", target="labels")
def from_one(p: Array, k: Array) -> Array:
    """scoringrules.rps_score does this without onehot=True."""
    return squared_emd(p, one_hot(k - 1, p.shape[-1]))


@wrong("target='labels-from-1'", target="labels")
def from_one_wrapping(p: Array, k: Array) -> Array:
    return squared_emd(p, np.eye(p.shape[-1])[k - 1])


@wrong("target='labels'", target="labels-from-1")
def from_zero(p: Array, k: Array) -> Array:
    return squared_emd(p, one_hot(k, p.shape[-1]))


@wrong("labels-shifted", target="labels")
def one_too_far(p: Array, k: Array) -> Array:
    return squared_emd(p, one_hot(k + 1, p.shape[-1]))


@wrong("order='predicted-first'", target="labels", order="target-first", reduction="mean")
def arguments_exchanged(p: Array, k: Array) -> Array:
    return squared_emd(p, one_hot(k, p.shape[-1])).mean()


@wrong("order='target-first'", target="labels")
def target_first(k: Array, p: Array) -> Array:
    """scoringrules and dlordinal.metrics take the target first."""
    return squared_emd(p, np.eye(p.shape[-1])[k])


@wrong("label_shape='(N,1)'", target="labels")
def column_of_labels(p: Array, k: Array) -> Array:
    return squared_emd(p, one_hot(k[:, 0], p.shape[-1]))


@wrong("batched=False")
def one_sample(p: Array, t: Array) -> float:
    (classes,) = p.shape
    return float(np.square(np.tri(classes) @ (p - t)).sum())


@wrong("axis=0")
def classes_first(p: Array, t: Array) -> Array:
    return np.square(np.cumsum(p - t, axis=0)).sum(0)
