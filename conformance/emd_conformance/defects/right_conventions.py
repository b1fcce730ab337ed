"""Right losses for every convention that can be declared."""

import numpy as np

from emd_conformance.defects._common import cumulative, free_gradient, one_hot, softmax, squared_emd, tails
from emd_conformance.defects._register import Array, right


@right(computes="E/C")
def mean_over_classes(p: Array, t: Array) -> Array:
    return np.square(cumulative(p, t)).mean(-1)


@right(computes="E/(C-1)")
def verification(p: Array, t: Array) -> Array:
    return squared_emd(p, t) / max(p.shape[-1] - 1, 1)


@right(computes="sqrt(E/C)")
@right(computes="sqrt(E/C)", dtype="float32")
def nima(p: Array, t: Array) -> Array:
    return np.sqrt(np.square(cumulative(p, t)).mean(-1))


@right(computes="sqrt(E/C)", of=nima, classes=(1, 2, 3, 4, 5, 7, 10))
def safe_root_gradient(p: Array, t: Array) -> Array:
    D = cumulative(p, t)
    root = np.sqrt(np.square(D).mean(-1, keepdims=True))
    return np.divide(tails(D), root * p.shape[-1], out=np.zeros_like(p), where=root > 0)


@right(computes="sqrt(2*E)")
def energy_distance(p: Array, t: Array) -> Array:
    return np.sqrt(2 * squared_emd(p, t))


@right(computes="W1")
def emd(p: Array, t: Array) -> Array:
    return np.abs(cumulative(p, t)).sum(-1)


@right(reduction="mean")
@right(reduction="mean", dtype="float32")
def mean(p: Array, t: Array) -> Array:
    return squared_emd(p, t).mean()


@right(reduction="sum")
def total(p: Array, t: Array) -> Array:
    return squared_emd(p, t).sum()


@right(reduction="mean", computes="sqrt(E/C)")
def mean_of_roots(p: Array, t: Array) -> Array:
    return nima(p, t).mean()


@right(reduction="mean", computes="E/C")
def mean_over_everything(p: Array, t: Array) -> Array:
    return np.square(cumulative(p, t)).mean()


@right(target="labels")
def labels(p: Array, k: Array) -> Array:
    return squared_emd(p, one_hot(k, p.shape[-1]))


@right(target="labels-from-1")
def labels_from_1(p: Array, k: Array) -> Array:
    return squared_emd(p, one_hot(k - 1, p.shape[-1]))


@right(target="labels", label_shape="(N,1)")
def labels_in_a_column(p: Array, k: Array) -> Array:
    return squared_emd(p, one_hot(k[:, 0], p.shape[-1]))


@right(target="labels", order="target-first")
def labels_first(k: Array, p: Array) -> Array:
    return squared_emd(p, one_hot(k, p.shape[-1]))


@right(order="target-first")
def target_first(t: Array, p: Array) -> Array:
    return squared_emd(p, t)


@right(input="logits")
@right(input="logits", dtype="float32")
def logits(z: Array, t: Array) -> Array:
    return squared_emd(softmax(z), t)


@right(input="logits", of=logits, classes=(1, 2, 3, 4, 5, 10))
def logits_gradient(z: Array, t: Array) -> Array:
    p = softmax(z)
    g = free_gradient(p, t)
    return p * (g - (p * g).sum(-1, keepdims=True))


@right(input="logits", target="labels", reduction="mean")
def logits_and_labels(z: Array, k: Array) -> Array:
    return squared_emd(softmax(z), one_hot(k, z.shape[-1])).mean()


@right(input="log-probabilities", classes=(2, 3, 5, 10))
def log_probabilities(x: Array, t: Array) -> Array:
    return squared_emd(np.exp(x), t)


@right(input="cdf")
def cdfs(P: Array, T: Array) -> Array:
    return np.square(P - T).sum(-1)


@right(axis=0)
def classes_first(p: Array, t: Array) -> Array:
    return np.square(np.cumsum(p - t, axis=0)).sum(0)


@right(batched=False)
def one_sample(p: Array, t: Array) -> float:
    return float(squared_emd(p, t))


@right(validates=True)
def validating(p: Array, t: Array) -> Array:
    tolerance = (4 + 8 * np.sqrt(p.shape[-1])) * 2.0**-53  # 8.2
    for name, x in (("p", p), ("t", t)):
        if type(x) is not np.ndarray or x.dtype.kind != "f":
            raise TypeError(f"`{name}` is no floating array")
        if p.shape != x.shape:
            raise ValueError(f"`{name}` has shape {x.shape}, expected {p.shape}")
        if not np.isfinite(x).all() or (x < 0).any() or (np.abs(x.sum(-1) - 1) > tolerance).any():
            raise ValueError(f"`{name}` is not a distribution")
    return squared_emd(p, t)
