"""Losses that keep or change what is not theirs, by an author who knew the specification alone."""

import numpy as np

from emd_conformance.defects._common import cumulative, squared_emd
from emd_conformance.defects._register import Array, right, wrong

_GRADIENTS: dict[tuple[int, ...], Array] = {}
_KEPT: dict[str, Array] = {}


@wrong("result-shared", of=squared_emd)
def one_buffer_for_all_gradients(p: Array, t: Array) -> Array:
    """The next call overwrites the gradient of the last one."""
    buffer = _GRADIENTS.setdefault(p.shape, np.empty(p.shape))
    buffer[...] = 2 * np.cumsum(cumulative(p, t)[..., ::-1], -1)[..., ::-1]
    return buffer


@wrong("state-between-calls")
def cached_by_object(p: Array, t: Array) -> Array:
    """The sums of a target are kept for the object, and are stale when the caller fills its buffer anew."""
    if _KEPT.get("target") is not t:
        _KEPT.update(target=t, sums=np.cumsum(t, -1))
    return np.square(np.cumsum(p, -1) - _KEPT["sums"]).sum(-1)


@wrong("input-mutated")
def target_made_read_only(p: Array, t: Array) -> Array:
    t.setflags(write=False)
    return squared_emd(p, t)


@wrong("many-samples", reduction="mean", classes=(1, 2, 3, 4, 5, 6, 10))
def blocks_of_a_hundred(p: Array, t: Array) -> Array:
    """A last block of one sample is left out."""
    N = len(p)
    blocks = [slice(i, i + 100) for i in range(0, max(N - 1, 1), 100)]
    return np.sum([squared_emd(p[block], t[block]).sum() for block in blocks]) / N


@wrong("unexplained", ground="matrix", computes="R", call="p, t, G, exponent, bias")
def power_of_the_mean_distance(p: Array, t: Array, G: Array, exponent: float, bias: float) -> Array:
    """The power belongs to each distance, not to their mean under a soft target."""
    return (p**2 * ((t @ G) ** exponent + bias)).sum(-1)


@right(ground="tree", call="p, t, parents, lengths")
def tree_whose_lengths_are_read(p: Array, t: Array, parents: Array, lengths: Array) -> Array:
    """Sum over the edges, from the leaves to the root; the length of each edge is read."""
    d = np.zeros((*p.shape[:-1], len(parents)))
    d[..., : p.shape[-1]] = p - t
    children: list[list[int]] = [[] for _ in parents]
    for node, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(node)
    order = [node for node, parent in enumerate(parents) if parent < 0]
    for node in order:
        order += children[node]
    E = np.zeros(p.shape[:-1])
    for node in order[:0:-1]:
        E = E + lengths[node] * d[..., node] ** 2
        d[..., parents[node]] += d[..., node]
    return E
