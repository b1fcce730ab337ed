"""Transport simplex on many samples at once, under one ground distance of few classes.

Each sample has a spanning tree of its 2C nodes for a basis; one pivot of all samples is a handful of array operations.

    B    columns of the basic arcs among the 2C equations, the last left out as redundant; entries of B^-1 are -1, 0, 1
    x    flow of each basic arc, x = B^-1 b
    y    potentials (u, v) = c B^-1, v_C = 0; an arc with G_ij - u_i - v_j < 0 enters

Masses are whole numbers of steps, so flows are exact. A step is 2^shift units; each source has C units more, each
sink but the last has 1 more, and the last has the rest. Then no part of a tree balances, no flow is 0, the cost falls
at each pivot, and no basis repeats. The added units of a flow are less than half a step, and vanish when it is rounded
to steps.

The caller proves each answer optimal, and solves a sample without a proof again by HiGHS.
"""

from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np

Matrix: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Integers: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.integer[Any]]]

FEW_CLASSES = 64  # up to here this is faster than HiGHS, one sample at a time, and 64 bits are precise enough
NUMBERS = 32_768  # in the matrices G - u - v of the samples that are solved together: they stay in a core's cache
OPTIMAL = 2.0**-44  # how negative a reduced cost may stay: 1/17 of the largest gap of a certificate
PIVOTS_PER_CLASS = 40  # about 3 are needed


@dataclass(eq=False)
class _Trees:
    """The bases of K samples; m = 2C - 1."""

    sample: Integers  # (K,), where the answer belongs
    arcs: Integers  # (K, m), i C + j of the basic arc from i to j
    x: Integers  # (K, m)
    inverse: Integers  # (K, m, 2C), with a column of zeros for the equation that is left out
    y: Matrix  # (K, 2C)

    def only(self, rows: Any) -> "_Trees":
        return _Trees(*(getattr(self, field.name)[rows] for field in fields(self)))


def has_mass(x: Matrix) -> Any:
    """Which rows can be solved for: finite, non-negative, not all 0."""
    return (np.isfinite(x) & (x >= 0)).all(axis=1) & x.any(axis=1)


def plans_and_potentials(p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix]:
    """Flows (N, C, C) and potentials v (N, C) of samples (N, C) of mass 1, for a G whose largest entry is at most 1.

    A sample keeps NaN if PIVOTS_PER_CLASS * C pivots do not solve it.
    """
    N, C = p.shape
    shift = (2 * C * C).bit_length()  # the units of a flow sum up to less than C^2
    step = 2.0 ** (62 - shift)
    F, v = np.full((N, C * C), np.nan), np.full((N, C), np.nan)
    trees = _cheapest_arcs_first(*_integers(p, t, step, shift), G)
    for _ in range(PIVOTS_PER_CLASS * C):
        entering, cost = _entering(trees, G)
        done = cost >= -OPTIMAL
        if done.any():
            ready, trees = trees.only(done), trees.only(~done)
            F[ready.sample] = 0.0
            F[ready.sample[:, None], ready.arcs] = ((ready.x + (1 << (shift - 1))) >> shift) / step
            v[ready.sample] = _potentials(ready, G)[:, C:]
            entering, cost = entering[~done], cost[~done]
        if not len(trees.sample):
            break
        _pivot(trees, entering, cost, C)
    return F.reshape(N, C, C), v


def _integers(p: Matrix, t: Matrix, step: float, shift: int) -> tuple[Integers, Integers]:
    """Masses in units, with equal sums, and with the added units that keep every flow different from 0."""
    C = p.shape[1]
    n_p, n_t = (np.rint(x * step).astype(np.int64) for x in (p, t))
    rounding = n_p.sum(axis=1) - n_t.sum(axis=1)
    n_t[np.arange(len(n_t)), np.argmax(n_t, axis=1)] += rounding
    b_p, b_t = (n_p << shift) + C, (n_t << shift) + 1
    b_t[:, -1] += C * C - C
    return b_p, b_t


def _cheapest_arcs_first(b_p: Integers, b_t: Integers, G: Matrix) -> _Trees:
    """Bases of the flows that send as much as possible along each arc, from the cheapest arc to the most expensive."""
    K, C = b_p.shape
    sources, sinks = b_p.T.copy(), b_t.T.copy()
    flow = np.zeros((C * C, K), dtype=np.int64)
    for arc in np.argsort(G, axis=None, kind="stable"):
        i, j = divmod(int(arc), C)
        flow[arc] = moved = np.minimum(sources[i], sinks[j])
        sources[i] -= moved
        sinks[j] -= moved
    used = flow.T != 0  # each arc empties one node, and the last arc two: a tree
    arcs, x = np.nonzero(used)[1].reshape(K, 2 * C - 1), flow.T[used].reshape(K, 2 * C - 1)
    inverse = np.zeros((K, 2 * C - 1, 2 * C), dtype=np.int8)
    inverse[..., :-1] = np.rint(np.linalg.inv(_incidence(C)[arcs, :-1].swapaxes(1, 2)))
    trees = _Trees(np.arange(K), arcs, x, inverse, np.zeros((K, 2 * C)))
    trees.y = _potentials(trees, G)
    return trees


def _incidence(C: int) -> Matrix:
    """Arcs by nodes: 1 where an arc begins or ends."""
    arcs, nodes = np.arange(C * C)[:, None], np.arange(C)
    return np.concatenate([arcs // C == nodes, arcs % C == nodes], axis=1).astype(np.float64)


def _potentials(trees: _Trees, G: Matrix) -> Matrix:
    return np.asarray(np.sum(G.ravel()[trees.arcs][..., None] * trees.inverse, axis=1))


def _entering(trees: _Trees, G: Matrix) -> tuple[Integers, Matrix]:
    """The arc with the least reduced cost of each sample, and that cost."""
    C = len(G)
    reduced = (G - trees.y[:, :C, None]) - trees.y[:, None, C:]
    reduced = reduced.reshape(-1, C * C)
    arcs = np.argmin(reduced, axis=1)
    return arcs, reduced[np.arange(len(arcs)), arcs]


def _pivot(trees: _Trees, entering: Integers, cost: Matrix, C: int) -> None:
    """Replace one arc of each tree by the entering arc."""
    every = np.arange(len(entering))
    fall = trees.inverse[every, :, entering // C] + trees.inverse[every, :, C + entering % C]  # of flows, per unit
    leaving = np.argmin(np.where(fall > 0, trees.x, np.iinfo(np.int64).max), axis=1)
    moved, row = trees.x[every, leaving], trees.inverse[every, leaving]
    trees.x -= moved[:, None] * fall
    trees.x[every, leaving] = moved
    fall[every, leaving] = 0  # its row of the inverse does not change: the pivot element is 1
    trees.inverse -= fall[:, :, None] * row[:, None, :]
    trees.y += cost[:, None] * row
    trees.arcs[every, leaving] = entering
