"""The transportation problem of specification 3.1, solved exactly on a spanning tree of sources and sinks.

Masses and costs become integers over common denominators; on a tree the flows and potentials are then integers too,
and nothing is rounded. Node i < C is source i, node C + j is sink j; an arc (i, C + j) joins two of them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from emd_conformance._exact.numbers import Numbers, common

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
    """The integer mass of each node and cost of each arc, with their denominators; the nodes below C are sources."""

    C: int
    masses: list[int]
    mass_unit: int
    costs: dict[Arc, int]
    cost_unit: int


def solve(p: Numbers, t: Numbers, G: Sequence[Numbers]) -> Transport:
    """Return the exact optimum, by primal pivots from the north-west corner."""
    problem = _problem(p, t, G)
    return _optimum(problem, _primal(problem, _north_west(problem)))


def _problem(p: Numbers, t: Numbers, G: Sequence[Numbers]) -> _Problem:
    C, nodes = len(p), len(p) + len(t)
    (masses, m), (costs, n) = common([*p, *t]), common(x for row in G for x in row)
    if difference := sum(masses[:C]) - sum(masses[C:]):
        unequal = f"`p` and `t` must have the same mass, but it differs by {difference / m}"
        raise ValueError(f"{unequal}: scale them as fractions")
    arcs = [(i, j) for i in range(C) for j in range(C, nodes)]
    return _Problem(C, masses, m, dict(zip(arcs, costs, strict=True)), n)


def _north_west(problem: _Problem) -> Basis:
    """Return the arcs of the north-west corner rule: they form a path, hence a spanning tree, with a flow >= 0."""
    left, (last_source, last_sink) = [*problem.masses], max(problem.costs)
    i, j = 0, problem.C
    basis = {(i, j)}
    while (i, j) != (last_source, last_sink):
        moved = min(left[i], left[j])
        left[i], left[j] = left[i] - moved, left[j] - moved
        down = j == last_sink or (i < last_source and left[i] == 0)
        i, j = (i + 1, j) if down else (i, j + 1)
        basis.add((i, j))
    return basis


def _rooted(basis: Basis, root: int = 0) -> dict[int, int]:
    """Return the parent of every node that the tree connects with the root, parents first."""
    neighbours: defaultdict[int, list[int]] = defaultdict(list)
    for i, j in sorted(basis):
        neighbours[i].append(j)
        neighbours[j].append(i)
    parent, queue = {root: root}, [root]
    for node in queue:
        fresh = [x for x in neighbours[node] if x not in parent]
        parent.update(dict.fromkeys(fresh, node))
        queue.extend(fresh)
    return parent


def _branches(basis: Basis) -> list[tuple[int, int, Arc]]:
    """Return each node but the root with its parent and the arc between them, parents first."""
    parents = list(_rooted(basis).items())[1:]
    return [(node, parent, (min(node, parent), max(node, parent))) for node, parent in parents]


def _flows(problem: _Problem, basis: Basis) -> dict[Arc, int]:
    """Return the flow of each basic arc, which is the net supply of the nodes beyond it."""
    left, flows = [*problem.masses], dict[Arc, int]()
    for node, parent, arc in reversed(_branches(basis)):
        flows[arc] = left[node]
        left[parent] -= left[node]
    return flows


def _potentials(problem: _Problem, basis: Basis) -> list[int]:
    """Return u and v, one after the other, with u_i + v_j = G_ij on the basic arcs and u_0 = 0."""
    values = [0] * len(problem.masses)
    for node, parent, arc in _branches(basis):
        values[node] = problem.costs[arc] - values[parent]
    return values


def _reduced_costs(problem: _Problem, basis: Basis) -> dict[Arc, int]:
    values = _potentials(problem, basis)
    return {(i, j): cost - values[i] - values[j] for (i, j), cost in problem.costs.items()}


def _primal(problem: _Problem, basis: Basis) -> Basis:
    """Return an optimal basis: primal simplex with Bland's rule, which cannot cycle."""
    while entering := next((arc for arc, cost in _reduced_costs(problem, basis).items() if cost < 0), None):
        flows = _flows(problem, basis)
        leaving = min(_falling(basis, entering), key=lambda arc: (flows[arc], arc))
        basis = basis - {leaving} | {entering}
    return basis


def _falling(basis: Basis, entering: Arc) -> list[Arc]:
    """Return every other arc of the cycle that the entering arc closes: their flow falls when its flow rises."""
    root, node = entering
    parent, path = _rooted(basis, root), [node]
    while path[-1] != root:
        path.append(parent[path[-1]])
    return list(zip(path[1::2], path[::2], strict=True))


def _optimum(problem: _Problem, basis: Basis) -> Transport:
    C, flows = problem.C, _flows(problem, basis)
    nodes = range(len(problem.masses))
    F = [[Fraction(flows.get((i, j), 0), problem.mass_unit) for j in nodes[C:]] for i in nodes[:C]]
    cost = sum(flow * problem.costs[arc] for arc, flow in flows.items())
    potentials = [Fraction(x, problem.cost_unit) for x in _potentials(problem, basis)]
    return Transport(Fraction(cost, problem.mass_unit * problem.cost_unit), F, potentials[:C], potentials[C:])
