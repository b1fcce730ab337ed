"""The transportation problem of specification 3.1, solved exactly on a spanning tree of sources and sinks.

Marginals and costs become integers over common denominators; on a tree the flows and potentials are then integers too,
and nothing is rounded. Node i < C is source i, node C + j is sink j; an arc is the pair (i, j).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from emd_conformance._exact.numbers import Number, common

Arc: TypeAlias = tuple[int, int]
Basis: TypeAlias = set[Arc]


@dataclass(frozen=True)
class Transport:
    """An optimal flow, and the potentials that prove it."""

    value: Fraction
    flow: list[list[Fraction]]
    u: list[Fraction]
    v: list[Fraction]


@dataclass(frozen=True)
class _Problem:
    """Integer supplies and demands of equal sum, and integer costs."""

    p: list[int]
    t: list[int]
    G: list[list[int]]

    @property
    def arcs(self) -> list[Arc]:
        return [(i, j) for i in range(len(self.p)) for j in range(len(self.t))]


def solve(p: Sequence[Number], t: Sequence[Number], G: Sequence[Sequence[Number]]) -> Transport:
    """Return the exact optimum, by primal pivots from the north-west corner."""
    problem, mass, cost = _integers(p, t, G)
    return _optimum(problem, _primal(problem, _north_west(problem)), mass, cost)


def _integers(p: Sequence[Number], t: Sequence[Number], G: Sequence[Sequence[Number]]) -> tuple[_Problem, int, int]:
    C = len(p)
    (mass, m), (cost, n) = common([*p, *t]), common(x for row in G for x in row)
    P, T = mass[:C], mass[C:]
    if sum(P) != sum(T):
        raise ValueError(f"the masses differ by {(sum(P) - sum(T)) / m}: no flow has these marginals")
    return _Problem(P, T, [cost[i * len(T) : (i + 1) * len(T)] for i in range(C)]), m, n


def _north_west(problem: _Problem) -> Basis:
    """Return the arcs of the north-west corner rule: they form a path, hence a spanning tree, with a flow >= 0."""
    p, t = [*problem.p], [*problem.t]
    i = j = 0
    basis = {(0, 0)}
    while (i, j) != (len(p) - 1, len(t) - 1):
        moved = min(p[i], t[j])
        p[i], t[j] = p[i] - moved, t[j] - moved
        down = j == len(t) - 1 or (i < len(p) - 1 and p[i] == 0)
        i, j = (i + 1, j) if down else (i, j + 1)
        basis.add((i, j))
    return basis


def _neighbours(basis: Basis, classes: int) -> dict[int, list[int]]:
    nodes: dict[int, list[int]] = {}
    for i, j in sorted(basis):
        nodes.setdefault(i, []).append(classes + j)
        nodes.setdefault(classes + j, []).append(i)
    return nodes


def _rooted(basis: Basis, classes: int, root: int = 0) -> dict[int, int]:
    """Return the parent of every node that the tree connects with the root, parents first."""
    neighbours, parent = _neighbours(basis, classes), {root: -1}
    queue = [root]
    for node in queue:
        fresh = [x for x in neighbours.get(node, ()) if x not in parent]
        parent.update(dict.fromkeys(fresh, node))
        queue.extend(fresh)
    return parent


def _arc(a: int, b: int, classes: int) -> Arc:
    return (a, b - classes) if a < classes else (b, a - classes)


def _flows(problem: _Problem, basis: Basis) -> dict[Arc, int]:
    """Return the flow of each basic arc, which is the net supply of the nodes beyond it."""
    C = len(problem.p)
    left = [*problem.p, *problem.t]
    flows: dict[Arc, int] = {}
    for node, parent in reversed(list(_rooted(basis, C).items())[1:]):
        flows[_arc(node, parent, C)] = left[node]
        left[parent] -= left[node]
    return flows


def _potentials(problem: _Problem, basis: Basis) -> list[int]:
    """Return u and v, one after the other, with u_i + v_j = G_ij on the basic arcs and u_0 = 0."""
    C = len(problem.p)
    values = [0] * (C + len(problem.t))
    for node, parent in list(_rooted(basis, C).items())[1:]:
        i, j = _arc(node, parent, C)
        values[node] = problem.G[i][j] - values[parent]
    return values


def _reduced_costs(problem: _Problem, basis: Basis) -> dict[Arc, int]:
    C, values = len(problem.p), _potentials(problem, basis)
    return {(i, j): problem.G[i][j] - values[i] - values[C + j] for i, j in problem.arcs}


def _primal(problem: _Problem, basis: Basis) -> Basis:
    """Return an optimal basis: primal simplex with Bland's rule, which cannot cycle."""
    while entering := next((arc for arc, cost in _reduced_costs(problem, basis).items() if cost < 0), None):
        flows = _flows(problem, basis)
        falling = _falling(basis, entering, len(problem.p))
        leaving = min(falling, key=lambda arc: (flows[arc], arc))
        basis = basis - {leaving} | {entering}
    return basis


def _falling(basis: Basis, entering: Arc, classes: int) -> list[Arc]:
    """Return every other arc of the cycle that the entering arc closes: their flow falls when its flow rises."""
    i, j = entering
    parent = _rooted(basis, classes, root=i)
    node, path = classes + j, []
    while node != i:
        path.append(_arc(node, parent[node], classes))
        node = parent[node]
    return path[::2]


def _optimum(problem: _Problem, basis: Basis, mass: int, cost: int) -> Transport:
    C, flows, values = len(problem.p), _flows(problem, basis), _potentials(problem, basis)
    F = [[Fraction(flows.get((i, j), 0), mass) for j in range(len(problem.t))] for i in range(C)]
    value = Fraction(sum(f * problem.G[i][j] for (i, j), f in flows.items()), mass * cost)
    return Transport(value, F, [Fraction(x, cost) for x in values[:C]], [Fraction(x, cost) for x in values[C:]])
