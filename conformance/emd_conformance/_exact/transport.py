"""The transportation problem of specification 3.1, solved exactly on a spanning tree of sources and sinks.

Marginals and costs become integers over common denominators; on a tree the flows and potentials are then integers too,
so nothing is ever rounded. Node i < C is source i, node C + j is sink j; an arc is the pair (i, j).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TypeAlias

Number: TypeAlias = int | float | Fraction
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


def certify(
    p: Sequence[Number],
    t: Sequence[Number],
    G: Sequence[Sequence[Number]],
    plan: Sequence[Sequence[Number]],
    u: Sequence[Number],
    v: Sequence[Number],
) -> Transport:
    """Return the exact optimum, starting from the spanning tree nearest to a rounded plan and potentials."""
    problem, mass, cost = _integers(p, t, G)
    basis = _spanning_tree(problem, G, plan, u, v)
    if min(_flows(problem, basis).values()) >= 0:
        return _optimum(problem, _primal(problem, basis), mass, cost)
    if min(_reduced_costs(problem, basis).values()) >= 0:
        return _optimum(problem, _dual(problem, basis), mass, cost)
    return _optimum(problem, _primal(problem, _north_west(problem)), mass, cost)


def verify(
    p: Sequence[Number],
    t: Sequence[Number],
    G: Sequence[Sequence[Number]],
    flow: Sequence[Sequence[Number]],
    u: Sequence[Number],
    v: Sequence[Number],
) -> bool:
    """Tell whether flow and potentials prove each other optimal: F >= 0, marginals, u + v <= G, equal values."""
    P, T, U, V = ([Fraction(x) for x in values] for values in (p, t, u, v))
    F = [[Fraction(x) for x in row] for row in flow]
    cost = [[Fraction(x) for x in row] for row in G]
    cells = [(i, j) for i in range(len(P)) for j in range(len(T))]
    primal = sum(F[i][j] * cost[i][j] for i, j in cells)
    dual = sum(a * b for a, b in zip(U, P, strict=True)) + sum(a * b for a, b in zip(V, T, strict=True))
    return (
        all(F[i][j] >= 0 and U[i] + V[j] <= cost[i][j] for i, j in cells)
        and [sum(row) for row in F] == P
        and [sum(column) for column in zip(*F, strict=True)] == T
        and primal == dual
    )


def _integers(p: Sequence[Number], t: Sequence[Number], G: Sequence[Sequence[Number]]) -> tuple[_Problem, int, int]:
    P, T = [Fraction(x) for x in p], [Fraction(x) for x in t]
    if sum(P) != sum(T):
        raise ValueError(f"the masses differ by {float(sum(P) - sum(T))}: no flow has these marginals")
    cost = [[Fraction(x) for x in row] for row in G]
    m = lcm(*(x.denominator for x in (*P, *T)))
    n = lcm(*(x.denominator for row in cost for x in row))
    return _Problem([int(x * m) for x in P], [int(x * m) for x in T], [[int(x * n) for x in r] for r in cost]), m, n


def _north_west(problem: _Problem) -> Basis:
    """Return the arcs of the north-west corner rule: a path, hence a spanning tree, with a flow >= 0."""
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
    """Return the flow of each basic arc: what the nodes beyond it supply or demand."""
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
    """Return the basic arcs whose flow falls when that of the entering arc rises: every other one of its cycle."""
    i, j = entering
    parent = _rooted(basis, classes, root=i)
    node, path = classes + j, []
    while node != i:
        path.append(_arc(node, parent[node], classes))
        node = parent[node]
    return path[::2]


def _dual(problem: _Problem, basis: Basis) -> Basis:
    """Return an optimal basis: dual simplex with Bland's rule, from a basis with reduced costs >= 0."""
    C = len(problem.p)
    while leaving := min((arc for arc, flow in _flows(problem, basis).items() if flow < 0), default=None):
        near = _rooted(basis - {leaving}, C, root=leaving[0])
        costs = _reduced_costs(problem, basis)
        crossing = [(i, j) for i, j in problem.arcs if i not in near and C + j in near]
        basis = basis - {leaving} | {min(crossing, key=lambda arc: (costs[arc], arc))}
    return basis


def _spanning_tree(
    problem: _Problem,
    G: Sequence[Sequence[Number]],
    plan: Sequence[Sequence[Number]],
    u: Sequence[Number],
    v: Sequence[Number],
) -> Basis:
    """Return Kruskal's tree: arcs that carry flow, the largest first, then those of least reduced cost."""

    def rank(arc: Arc) -> tuple[bool, float, Arc]:
        i, j = arc
        carries = plan[i][j] > 1e-12  # a solver's zeros are not exact
        return not carries, -float(plan[i][j]) if carries else abs(float(G[i][j]) - float(u[i]) - float(v[j])), arc

    C = len(problem.p)
    component = list(range(C + len(problem.t)))
    basis: Basis = set()
    for i, j in sorted(problem.arcs, key=rank):
        a, b = component[i], component[C + j]
        if a != b:
            component = [a if x == b else x for x in component]
            basis.add((i, j))
    return basis


def _optimum(problem: _Problem, basis: Basis, mass: int, cost: int) -> Transport:
    C, flows, values = len(problem.p), _flows(problem, basis), _potentials(problem, basis)
    F = [[Fraction(flows.get((i, j), 0), mass) for j in range(len(problem.t))] for i in range(C)]
    value = Fraction(sum(f * problem.G[i][j] for (i, j), f in flows.items()), mass * cost)
    return Transport(value, F, [Fraction(x, cost) for x in values[:C]], [Fraction(x, cost) for x in values[C:]])
