"""Right losses of other ground distances and inputs, by an author who knew the specification alone."""

import math

import numpy as np

from emd_conformance.defects._common import squared_emd
from emd_conformance.defects._register import Array, right

FEW = (1, 2, 3, 4, 5, 8, 10)


@right(ground="circle", classes=FEW)
def circle_up(p: Array, t: Array) -> Array:
    """The circle with h rounded up: the same pairs."""
    gap = np.cumsum(p - t, -1)
    return 0.5 * ((np.roll(gap, (p.shape[-1] + 1) // 2, -1) - gap) ** 2).sum(-1)


@right(ground="circle", classes=FEW)
def circle_arcs(p: Array, t: Array) -> Array:
    """The circle by its arcs."""
    c = p.shape[-1]
    d = p - t
    total = 0.0
    for start in range(c):
        arc = [(start + i) % c for i in range(c // 2)]
        total = total + 0.5 * d[..., arc].sum(-1) ** 2
    return np.asarray(total)


@right(ground="circle", computes="W1", classes=FEW)
def circle_cuts(p: Array, t: Array) -> Array:
    """The circle's EMD by trying every cut."""
    gap = np.cumsum(p - t, -1)
    return np.abs(gap[..., None, :] - gap[..., :, None]).sum(-1).min(-1)


def _on_nodes(p: Array, t: Array, parents: Array) -> Array:
    """p - t on all nodes: the classes are the first C nodes, the others have no mass."""
    d = p - t
    return np.concatenate([d, np.zeros((len(d), len(parents) - d.shape[-1]))], axis=-1)


@right(ground="tree")
def tree_recursive(p: Array, t: Array, parents: Array, lengths: Array) -> Array:
    """Trees by recursion."""
    d = _on_nodes(p, t, parents)
    children: dict[int, list[int]] = {}
    for node, parent in enumerate(parents):
        children.setdefault(parent, []).append(node)

    def visit(node: Array) -> Array:
        below, total = (d[:, node], 0.0)
        for child in children.get(node, []):
            mass, inner = visit(child)
            below = below + mass
            total = total + inner + (1.0 if lengths is None else lengths[child]) * mass**2
        return (below, total)

    return np.zeros(len(p)) + visit(parents.index(-1))[1]


@right(ground="tree")
def tree_form(p: Array, t: Array, parents: Array, lengths: Array) -> Array:
    """Trees by the distances of their nodes."""
    c = len(parents)

    def path(i: Array) -> Array:
        nodes = []
        while parents[i] >= 0:
            nodes.append(i)
            i = parents[i]
        return set(nodes)

    length = np.ones(c) if lengths is None else np.array(lengths)
    G = np.array([[sum(length[n] for n in path(i) ^ path(j)) for j in range(c)] for i in range(c)])
    d = _on_nodes(p, t, parents)
    return -0.5 * (d @ G * d).sum(-1)


@right(ground="matrix", classes=FEW)
def pairs_once(p: Array, t: Array, G: Array) -> Array:
    """Matrices: half of the sum over pairs, each once."""
    d = p - t
    i, j = np.triu_indices(p.shape[-1], 1)
    return -(d[:, i] * d[:, j] * G[i, j]).sum(-1)


@right(computes="XE+weight*R", target="labels", ground="matrix", call="p, k, G, weight=weight", classes=FEW)
def penalised(p: Array, k: Array, G: Array, weight: Array) -> Array:
    """Cross-entropy plus weighted penalty."""
    with np.errstate(divide="ignore"):
        return -np.log(np.take_along_axis(p, k[:, None], -1))[:, 0] + weight * np.einsum("ni,ni,ni->n", p, p, G[k])


@right(validates=True, classes=FEW)
def validated(p: Array, t: Array) -> Array:
    """Validation that names what is wrong."""
    for name, a in (("p", p), ("t", t)):
        if type(a) is not np.ndarray or a.dtype.kind != "f":
            raise TypeError(f"{name}: must be a floating array")
    if p.shape != t.shape:
        raise ValueError(f"t: has shape {t.shape}, must have {p.shape}")
    u = np.finfo(p.dtype).eps / 2
    tolerance = 4 * u + 8 * math.sqrt(p.shape[-1]) * min(u, 2.0 ** (-24))
    for name, a in (("p", p), ("t", t)):
        bad = ~np.isfinite(a) | (a < 0)
        if bad.any():
            where = tuple(int(i) for i in np.argwhere(bad)[0])
            raise ValueError(f"{name}{list(where)} is {a[where]}, must be finite and non-negative")
        mass = np.sum(a, -1)
        off = np.abs(mass - 1) > tolerance
        if off.any():
            first = int(np.argwhere(off)[0][0])
            raise ValueError(f"{name}[{first}] sums to {mass[first]}, must sum to 1")
    return np.square(np.cumsum(p - t, -1)).sum(-1)


@right(of=squared_emd, classes=FEW)
def gradient_by_totals(p: Array, t: Array) -> Array:
    """Total minus prefix: 2 (S - S_{j-1})."""
    gap = np.cumsum(p - t, -1)
    return 2 * (gap.sum(-1, keepdims=True) - np.cumsum(gap, -1) + gap)


@right(of=squared_emd, classes=FEW)
def gradient_by_form(p: Array, t: Array) -> Array:
    """Another convention: -G d."""
    k = np.arange(p.shape[-1])
    return (t - p) @ np.abs(k[:, None] - k).astype(float)
