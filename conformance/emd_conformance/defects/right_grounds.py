"""Right losses for every ground distance."""

from typing import Any

import numpy as np

from emd_conformance.defects._common import below, cumulative
from emd_conformance.defects._register import Array, right


@right(ground="positions", capabilities=("off-simplex",))
def positions(p: Array, t: Array, x: Array) -> Array:
    with np.errstate(over="ignore"):
        return (np.square(cumulative(p, t)[:, :-1]) * np.diff(x)).sum(-1)


@right(ground="positions", computes="E/range")
def positions_in_units_of_their_range(p: Array, t: Array, x: Array) -> Array:
    with np.errstate(over="ignore"):
        return (np.square(cumulative(p, t)[:, :-1]) * np.diff(x) / (x[-1] - x[0])).sum(-1)


@right(ground="circle", computes="W1/range")
def circular_emd_up_to_1(p: Array, t: Array) -> Array:
    return circular_emd(p, t) / (p.shape[-1] // 2)


@right(ground="circle")
def circle(p: Array, t: Array) -> Array:
    D = cumulative(p, t)
    return np.square(np.roll(D, -(p.shape[-1] // 2), -1) - D).sum(-1) / 2


@right(ground="circle", computes="W1")
def circular_emd(p: Array, t: Array) -> Array:
    D = cumulative(p, t)
    return np.abs(D - np.median(D, axis=-1, keepdims=True)).sum(-1)


@right(ground="tree")
def tree(p: Array, t: Array, parents: list[int], lengths: Any) -> Array:
    return (np.square((p - t) @ below(p.shape[-1], parents)) * np.array(lengths or [1.0] * len(parents))).sum(-1)


@right(ground="matrix")
def matrix(p: Array, t: Array, G: Array) -> Array:
    return -(((p - t) @ G) * (p - t)).sum(-1) / 2


@right(ground="matrix", target="labels")
def matrix_and_labels(p: Array, k: Array, G: Array) -> Array:
    """Return Σ p_i G_ik - ½ pᵀ G p (4.6)."""
    return (p * G[k]).sum(-1) - ((p @ G) * p).sum(-1) / 2


@right(ground="matrix", target="labels", computes="XE + weight*R", call="p, k, G, exponent, bias, weight")
def cross_entropy(p: Array, k: Array, G: Array, exponent: float, bias: float, weight: float) -> Array:
    with np.errstate(divide="ignore"):
        return -np.log(p[np.arange(len(k)), k]) + weight * (p * p * (G[k] ** exponent + bias)).sum(-1)
