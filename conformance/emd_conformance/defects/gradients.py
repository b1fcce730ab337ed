"""Wrong gradients of right losses, written as formulas."""

import numpy as np

from emd_conformance.defects._common import cumulative, free_gradient, softmax, squared_emd, tails
from emd_conformance.defects._register import Array, wrong


def mean(p: Array, t: Array) -> Array:
    return squared_emd(p, t).mean()


def root(p: Array, t: Array) -> Array:
    return np.sqrt(squared_emd(p, t))


def from_logits(z: Array, t: Array) -> Array:
    return squared_emd(softmax(z), t)


@wrong("gradient-sign", of=squared_emd)
def turned(p: Array, t: Array) -> Array:
    return -free_gradient(p, t)


@wrong("gradient-no-2", of=squared_emd)
def halved(p: Array, t: Array) -> Array:
    return free_gradient(p, t) / 2


@wrong("gradient-twice-2", of=squared_emd)
def doubled(p: Array, t: Array) -> Array:
    return 2 * free_gradient(p, t)


@wrong("gradient-prefix", of=squared_emd)
def prefixes(p: Array, t: Array) -> Array:
    return 2 * np.cumsum(cumulative(p, t), -1)


@wrong("gradient-no-tails", of=squared_emd)
def own_difference(p: Array, t: Array) -> Array:
    return 2 * cumulative(p, t)


@wrong("gradient-off-by-one", of=squared_emd)
def one_class_late(p: Array, t: Array) -> Array:
    return free_gradient(p, t) - 2 * cumulative(p, t)


@wrong("gradient-missing-cumsum", of=squared_emd)
def of_histograms(p: Array, t: Array) -> Array:
    return 2 * (p - t)


@wrong("gradient-of-l1", of=squared_emd)
def of_the_emd(p: Array, t: Array) -> Array:
    return tails(np.sign(cumulative(p, t)))


@wrong("gradient-detached", of=squared_emd)
def constant(p: Array, t: Array) -> Array:
    return np.zeros_like(p)


@wrong("gradient-batch-mean", of=squared_emd)
def shared(p: Array, t: Array) -> Array:
    return np.broadcast_to(free_gradient(p, t).mean(0), p.shape)


@wrong("gradient-first-sample", of=squared_emd)
def first_row(p: Array, t: Array) -> Array:
    g = free_gradient(p, t)
    g[1:] = 0
    return g


@wrong("gradient-clipped", of=squared_emd)
def clamped(p: Array, t: Array) -> Array:
    return np.clip(free_gradient(p, t), -1, 1)


@wrong("gradient-unit-length", of=squared_emd)
def unit_length(p: Array, t: Array) -> Array:
    g = free_gradient(p, t)
    return g / np.maximum(np.linalg.norm(g, axis=-1, keepdims=True), 1e-300)


@wrong("gradient-low-precision", of=squared_emd)
def single(p: Array, t: Array) -> Array:
    return free_gradient(p.astype(np.float32), t.astype(np.float32)).astype(float)


@wrong("gradient-reduction", of=mean, reduction="mean")
def of_the_sum(p: Array, t: Array) -> Array:
    return free_gradient(p, t)


@wrong("gradient-without-root", of=root, computes="sqrt(E)")
def of_the_square(p: Array, t: Array) -> Array:
    return free_gradient(p, t)


@wrong("root-gradient-nan", of=root, computes="sqrt(E)")
def divided_by_zero(p: Array, t: Array) -> Array:
    with np.errstate(all="ignore"):
        return free_gradient(p, t) / (2 * root(p, t)[:, None])


@wrong("gradient-wrong-softmax", of=from_logits, input="logits")
def by_probabilities(z: Array, t: Array) -> Array:
    return free_gradient(softmax(z), t)


@wrong("gradient-wrong-softmax", of=from_logits, input="logits")
def mean_not_subtracted(z: Array, t: Array) -> Array:
    p = softmax(z)
    return p * free_gradient(p, t)


@wrong("gradient-wrong-softmax", of=from_logits, input="logits")
def diagonal_only(z: Array, t: Array) -> Array:
    p = softmax(z)
    return p * (1 - p) * free_gradient(p, t)


@wrong("gradient-sign", of=from_logits, input="logits")
def turned_logits(z: Array, t: Array) -> Array:
    p = softmax(z)
    g = free_gradient(p, t)
    return p * ((p * g).sum(-1, keepdims=True) - g)
