"""Right losses whose predictions or targets are CDFs, or the C - 1 exceedance probabilities of ordinal models."""

import numpy as np

from emd_conformance.defects._common import below, line
from emd_conformance.defects._register import Array, right


@right(input="cumulative", target="cumulative")
@right(input="cumulative", target="cumulative", dtype="float32")
def exceedances(S: Array, T: Array) -> Array:
    return np.square(S - T).sum(-1)


@right(input="cumulative", target="labels", reduction="mean")
def exceedances_and_labels(S: Array, k: Array) -> Array:
    levels = np.arange(S.shape[-1]) < k[:, None]
    return np.square(S - levels).sum(-1).mean()


@right(input="cumulative", ground="matrix")
def exceedances_to_probabilities(S: Array, t: Array, G: Array) -> Array:
    d = _probabilities(S) - t
    return -((d @ G) * d).sum(-1) / 2


@right(input="cumulative", ground="tree", computes="2*E")
def exceedances_on_a_tree(S: Array, t: Array, parents: list[int], lengths: list[float] | None) -> Array:
    weights = 2 * np.array(lengths or [1.0] * len(parents))
    return (np.square((_probabilities(S) - t) @ below(t.shape[-1], parents)) * weights).sum(-1)


@right(target="cdf")
def target_cdf(p: Array, T: Array) -> Array:
    return np.square(np.cumsum(p, -1) - T).sum(-1)


@right(target="cdf", input="logits", classes=(2, 3, 5, 10))
def logits_and_target_cdf(z: Array, T: Array) -> Array:
    powers = np.exp(z - z.max(-1, keepdims=True))
    return np.square(np.cumsum(powers / powers.sum(-1, keepdims=True), -1) - T).sum(-1)


@right(input="cdf", target="probabilities")
def predicted_cdf(P: Array, t: Array) -> Array:
    return np.square(P - np.cumsum(t, -1)).sum(-1)


@right(input="cdf", target="probabilities", ground="circle")
def circular_by_the_matrix(P: Array, t: Array) -> Array:
    C = P.shape[-1]
    G = np.minimum(line(C), C - line(C))
    d = np.diff(P, prepend=0) - t
    return -((d @ G) * d).sum(-1) / 2


def _probabilities(S: Array) -> Array:
    """Return p of exceedance probabilities."""
    return -np.diff(S, prepend=1, append=0)
