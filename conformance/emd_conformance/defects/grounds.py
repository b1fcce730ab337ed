"""Wrong losses for positions, circles, trees and matrices."""

from typing import Any

import numpy as np

from emd_conformance.defects._common import below, cumulative, quantile_cost, squared_emd
from emd_conformance.defects._register import Array, wrong
from emd_conformance.defects.right_grounds import circle


@wrong("positions-ignored", ground="positions")
def unit_spacing(p: Array, t: Array, x: Array) -> Array:
    return squared_emd(p, t)


@wrong("intervals-one-behind", ground="positions")
def intervals_behind(p: Array, t: Array, x: Array) -> Array:
    return (np.square(cumulative(p, t)) * np.diff(x, prepend=x[:1])).sum(-1)


@wrong("intervals-squared", ground="positions")
def intervals_inside_the_square(p: Array, t: Array, x: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.square(cumulative(p, t)[..., :-1] * np.diff(x)).sum(-1)


@wrong("distance-to-itself", ground="positions")
def distances_kept_from_zero(p: Array, t: Array, x: Array) -> Array:
    d = p - t
    with np.errstate(over="ignore", invalid="ignore"):
        return -((d @ np.sqrt(np.maximum(np.square(np.subtract.outer(x, x)), 1e-8))) * d).sum(-1) / 2


@wrong("w2-for-l2", ground="positions")
def wasserstein_2_of_positions(p: Array, t: Array, x: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.array([quantile_cost(np.cumsum(a), np.cumsum(b), x) for a, b in zip(p, t, strict=True)])


@wrong("line-for-circle", ground="circle")
def open_circle(p: Array, t: Array) -> Array:
    return squared_emd(p, t)


@wrong("centred-cdf", ground="circle")
def centred_on_a_circle(p: Array, t: Array) -> Array:
    """Copies of the circular EMD do this, with a square instead of the absolute value."""
    D = cumulative(p, t)
    return np.square(D - D.mean(-1, keepdims=True)).sum(-1)


@wrong("computes='2*E'", ground="circle")
def both_ways_round(p: Array, t: Array) -> Array:
    D = cumulative(p, t)
    return np.square(np.roll(D, -(p.shape[-1] // 2), -1) - D).sum(-1)


@wrong("lengths-ignored", ground="tree")
def unit_lengths(p: Array, t: Array, parents: list[int], lengths: Any) -> Array:
    return np.square((p - t) @ below(p.shape[-1], parents)).sum(-1)


@wrong("leaves-only", ground="tree")
def leaves(p: Array, t: Array, parents: list[int], lengths: Any) -> Array:
    return (np.square(p - t) * np.array(lengths or [1.0] * len(parents))[: p.shape[-1]]).sum(-1)


@wrong("computes='2*E'", ground="matrix")
def energy_without_half(p: Array, t: Array, G: Array) -> Array:
    return -(((p - t) @ G) * (p - t)).sum(-1)


@wrong("matrix-ignored", ground="matrix")
def matrix_unused(p: Array, t: Array, G: Array) -> Array:
    return squared_emd(p, t)


@wrong("matrix-squared", ground="matrix")
def squared_matrix(p: Array, t: Array, G: Array) -> Array:
    return -(((p - t) @ np.square(G)) * (p - t)).sum(-1) / 2


@wrong("computes='E/range'", ground="positions")
def positions_of_range_1(p: Array, t: Array, x: Array) -> Array:
    value = (np.diff(x) * np.square(np.cumsum(p - t, -1)[..., :-1])).sum(-1)
    return value / (x[-1] - x[0]) if len(x) > 1 else value


@wrong("ground='circle'")
def circle_undeclared(p: Array, t: Array) -> Array:
    return circle(p, t)
