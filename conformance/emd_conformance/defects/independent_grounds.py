"""Wrong ground distances, by an author who knew the specification alone."""

import numpy as np

from emd_conformance.defects._common import squared_emd
from emd_conformance.defects._register import Array, wrong


@wrong("centred-cdf", ground="circle")
def circle_centred(p: Array, t: Array) -> Array:
    """The circle by centred differences."""
    d = np.cumsum(p - t, -1)
    return ((d - d.mean(-1, keepdims=True)) ** 2).sum(-1)


@wrong("computes='2*E'", ground="circle")
def circle_without_half(p: Array, t: Array) -> Array:
    """Each arc is counted twice."""
    d = np.cumsum(p - t, -1)
    return ((np.roll(d, -(p.shape[-1] // 2), -1) - d) ** 2).sum(-1)


@wrong("centred-cdf", ground="circle", computes="W1")
def circle_mean(p: Array, t: Array) -> Array:
    """The mean in place of the median."""
    d = np.cumsum(p - t, -1)
    return np.abs(d - d.mean(-1, keepdims=True)).sum(-1)


@wrong("unexplained", ground="circle")
def circle_one_short(p: Array, t: Array) -> Array:
    """The way around is one step short."""
    c = p.shape[-1]
    k = np.arange(c)
    lag = np.abs(k[:, None] - k)
    g = np.minimum(lag, c - 1 - lag)
    np.fill_diagonal(g, 0)
    d = p - t
    return -0.5 * np.einsum("ni,ij,nj->n", d, g, d)


@wrong("line-for-circle", ground="circle")
def circle_as_line(p: Array, t: Array) -> Array:
    """Ignores that the classes lie on a circle."""
    return squared_emd(p, t)


@wrong("unexplained", ground="circle")
def circle_chords(p: Array, t: Array) -> Array:
    """Chords, not arcs."""
    c = p.shape[-1]
    k = np.arange(c)
    g = c / np.pi * np.sin(np.pi * np.abs(k[:, None] - k) / c)
    d = p - t
    return -0.5 * np.einsum("ni,ij,nj->n", d, g, d)


@wrong("intervals-one-behind", ground="positions")
def interval_shifted(p: Array, t: Array, x: Array) -> Array:
    """The intervals are shifted by one."""
    w = np.diff(x, prepend=x[0])
    return (w * np.cumsum(p - t, -1) ** 2).sum(-1)


@wrong("intervals-squared", ground="positions")
def interval_squared(p: Array, t: Array, x: Array) -> Array:
    """The interval is squared with the difference."""
    return ((np.diff(x) * np.cumsum(p - t, -1)[..., :-1]) ** 2).sum(-1)


@wrong("computes='E/range'", ground="positions")
def range_normalised(p: Array, t: Array, x: Array) -> Array:
    """Positions are scaled to [0, 1]."""
    x = (x - x[0]) / max(x[-1] - x[0], 1e-300)
    return (np.diff(x) * np.cumsum(p - t, -1)[..., :-1] ** 2).sum(-1)


@wrong("positions-ignored", ground="positions")
def positions_ranked(p: Array, t: Array, x: Array) -> Array:
    """Positions are ranked: the spacing is lost."""
    order = np.argsort(x)
    return (np.cumsum(p[..., order] - t[..., order], -1) ** 2).sum(-1)


def _on_nodes(p: Array, t: Array, parents: Array) -> Array:
    """p - t on all nodes: the classes are the first C nodes, the others have no mass."""
    d = p - t
    return np.concatenate([d, np.zeros((len(d), len(parents) - d.shape[-1]))], axis=-1)


@wrong("lengths-ignored", ground="tree")
def tree_unit_lengths(p: Array, t: Array, parents: Array, lengths: Array) -> Array:
    """Lengths are ignored."""
    d = _on_nodes(p, t, parents)
    total = np.zeros(len(p))
    for node in range(len(parents)):
        if parents[node] < 0:
            continue
        inside = np.zeros(len(parents), bool)
        for other in range(len(parents)):
            up = other
            while up >= 0:
                if up == node:
                    inside[other] = True
                up = parents[up]
        total += d[:, inside].sum(-1) ** 2
    return total


@wrong("unexplained", ground="tree")
def tree_two_levels(p: Array, t: Array, parents: Array, lengths: Array) -> Array:
    """Looks two levels down only."""
    d = _on_nodes(p, t, parents)
    c = len(parents)
    total = np.zeros(len(p))
    for node in range(c):
        if parents[node] < 0:
            continue
        family = [i for i in range(c) if node in (i, parents[i], parents[parents[i]] if parents[i] >= 0 else -1)]
        length = lengths[node] if lengths is not None else 1
        total += length * d[:, family].sum(-1) ** 2
    return total


def _ancestry(i: Array, parents: Array) -> Array:
    chain = []
    while i >= 0:
        chain.append(i)
        i = parents[i]
    return chain


@wrong("unexplained", ground="tree")
def tree_leaves_only(p: Array, t: Array, parents: Array, lengths: Array) -> Array:
    """The mass of inner nodes is forgotten: only leaves count."""
    c = len(parents)
    leaf = np.array([i not in parents for i in range(c)])
    d = _on_nodes(p, t, parents) * leaf
    total = np.zeros(len(p))
    for node in range(c):
        if parents[node] >= 0:
            under = [i for i in range(c) if node in _ancestry(i, parents)]
            total += (lengths[node] if lengths is not None else 1) * d[:, under].sum(-1) ** 2
    return total


@wrong("computes='2*E'", ground="matrix")
def quadratic_without_half(p: Array, t: Array, G: Array) -> Array:
    """No half in the quadratic form."""
    d = p - t
    return -np.einsum("ni,ij,nj->n", d, G, d)


@wrong("unexplained", ground="matrix")
def matrix_scaled(p: Array, t: Array, G: Array) -> Array:
    """G is scaled to [0, 1]."""
    G = G / max(G.max(), 1e-300)
    d = p - t
    return -0.5 * (d @ G * d).sum(-1)


@wrong("matrix-ignored", ground="matrix")
def matrix_ignored(p: Array, t: Array, G: Array) -> Array:
    """The matrix is ignored: classes on a line."""
    return squared_emd(p, t)


@wrong("matrix-squared", ground="matrix")
def matrix_squared(p: Array, t: Array, G: Array) -> Array:
    """Distances are squared."""
    d = p - t
    return -0.5 * (d @ G**2 * d).sum(-1)


@wrong("unexplained", computes="W1")
def sinkhorn(p: Array, t: Array, eps: float = 0.05) -> Array:
    """Entropic regularisation of 0.05."""
    c = p.shape[-1]
    k = np.arange(c)
    G = np.abs(k[:, None] - k).astype(float)
    with np.errstate(all="ignore"):
        K = np.exp(-G / eps)
        u = v = np.ones_like(p)
        for _ in range(100):
            v = t / np.maximum(u @ K, 1e-300)
            u = p / np.maximum(v @ K, 1e-300)
        return np.einsum("ni,ij,nj->n", u, K * G, v)
