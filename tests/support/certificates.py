"""Certificates of a transportation problem: verify one, and find the exact one that is near a rounded solution."""

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._exact import transport
from emd_conformance._exact.numbers import Number


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


def certify(
    p: Sequence[Number],
    t: Sequence[Number],
    G: Sequence[Sequence[Number]],
    plan: Sequence[Sequence[Number]],
    u: Sequence[Number],
    v: Sequence[Number],
) -> transport.Transport:
    """Return the exact optimum, starting from the spanning tree nearest to a rounded plan and potentials."""
    problem = transport._problem(p, t, G)
    basis = _spanning_tree(problem, G, plan, u, v)
    if min(transport._flows(problem, basis).values()) >= 0:
        return transport._optimum(problem, transport._primal(problem, basis))
    if min(transport._reduced_costs(problem, basis).values()) >= 0:
        return transport._optimum(problem, _dual(problem, basis))
    return transport._optimum(problem, transport._primal(problem, transport._north_west(problem)))


def _dual(problem: transport._Problem, basis: transport.Basis) -> transport.Basis:
    """Return an optimal basis: dual simplex with Bland's rule, from a basis with reduced costs >= 0."""
    while leaving := min((arc for arc, flow in transport._flows(problem, basis).items() if flow < 0), default=None):
        near = transport._rooted(basis - {leaving}, leaving[0])
        costs = transport._reduced_costs(problem, basis)
        crossing = [(i, j) for i, j in problem.costs if i not in near and j in near]
        basis = basis - {leaving} | {min(crossing, key=lambda arc: (costs[arc], arc))}
    return basis


def _spanning_tree(
    problem: transport._Problem,
    G: Sequence[Sequence[Number]],
    plan: Sequence[Sequence[Number]],
    u: Sequence[Number],
    v: Sequence[Number],
) -> transport.Basis:
    """Return Kruskal's tree: arcs that carry flow, the largest first, then those of least reduced cost."""

    def rank(arc: transport.Arc) -> tuple[bool, float, transport.Arc]:
        i, j = arc[0], arc[1] - problem.C
        carries = plan[i][j] > 1e-12  # the zeros of a floating-point solver are not exact
        return not carries, -float(plan[i][j]) if carries else abs(float(G[i][j]) - float(u[i]) - float(v[j])), arc

    component = list(range(len(problem.masses)))
    basis: transport.Basis = set()
    for i, j in sorted(problem.costs, key=rank):
        a, b = component[i], component[j]
        if a != b:
            component = [a if x == b else x for x in component]
            basis.add((i, j))
    return basis
