"""The transportation problem: optimal flows with potentials that prove them, from any start."""

import random
from fractions import Fraction
from itertools import pairwise, permutations

import pytest
from emd_conformance._exact import transport
from support.certificates import certify, verify

F = Fraction


def problem(seed: int, classes: int) -> tuple[list[Fraction], list[Fraction], list[list[Fraction]]]:
    rng = random.Random(seed)

    def simplex() -> list[Fraction]:
        cuts = sorted(rng.randrange(2**53) for _ in range(classes - 1))
        return [F(b - a, 2**53) for a, b in pairwise([0, *cuts, 2**53])]

    G = [[F(rng.randrange(50), 7) if i != j else F(0) for j in range(classes)] for i in range(classes)]
    return simplex(), simplex(), G


@pytest.mark.parametrize("seed", range(20))
def test_uniform_marginals_are_an_assignment(seed):
    classes = 5
    _, _, G = problem(seed, classes)
    p = [F(1, classes)] * classes
    best = min(sum(G[i][j] for i, j in enumerate(order)) for order in permutations(range(classes)))
    assert transport.solve(p, p, G).value == F(best, classes)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("classes", [1, 2, 6, 9])
def test_solution_proves_itself(seed, classes):
    p, t, G = problem(seed, classes)
    s = transport.solve(p, t, G)
    assert verify(p, t, G, s.flow, s.u, s.v)
    assert s.value == sum(f * g for row, costs in zip(s.flow, G, strict=True) for f, g in zip(row, costs, strict=True))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_degenerate_problems_are_solved(seed, classes):
    """Masses that are equal, or 0, and small integer costs: many bases have flows of 0."""
    rng = random.Random(seed)
    p, t = ([F(1, 2), F(1, 2), *[F(0)] * (classes - 2)] for _ in range(2))
    rng.shuffle(p)
    rng.shuffle(t)
    G = [[rng.randrange(3) for _ in range(classes)] for _ in range(classes)]
    s = transport.solve(p, t, G)
    assert verify(p, t, G, s.flow, s.u, s.v)
    assert s.u[0] == 0
    sources, sinks = ([k for k, x in enumerate(masses) if x] for masses in (p, t))
    assert s.value == F(
        min(sum(G[i][j] for i, j in zip(sources, order, strict=True)) for order in (sinks, sinks[::-1])), 2
    )


def test_a_gain_of_1_is_worth_a_pivot():
    s = transport.solve([F(1, 2), F(1, 2)], [F(1, 2), F(1, 2)], [[1, 0], [1, 1]])
    assert (s.value, s.flow) == (F(1, 2), [[0, F(1, 2)], [F(1, 2), 0]])


def test_potentials_are_in_the_units_of_the_costs():
    s = transport.solve([F(1, 4), F(3, 4)], [F(3, 4), F(1, 4)], [[F(1, 3), F(1, 2)], [F(2, 3), F(5, 3)]])
    assert s.flow == [[0, F(1, 4)], [F(3, 4), 0]]  # 1/2 + 2/3 is less than 1/3 + 5/3
    assert s.value == F(1, 8) + F(1, 2)
    assert s.u[0] + s.v[1] == F(1, 2)
    assert s.u[1] + s.v[0] == F(2, 3)


@pytest.mark.parametrize("G", [[[0, 1, 1], [1, 0, 1]], [[0, 1]]])
def test_every_arc_has_one_cost(G):
    with pytest.raises(ValueError, match="argument"):
        transport.solve([F(1, 2), F(1, 2)], [F(1, 2), F(1, 2)], G)


def test_masses_that_differ_are_told():
    with pytest.raises(ValueError, match=r"same mass, but it differs by 0\.25: scale them as fractions"):
        transport.solve([F(3, 4), F(1, 2)], [F(1, 2), F(1, 2)], [[0, 1], [1, 0]])


@pytest.mark.parametrize("seed", range(20))
def test_any_rounded_start_is_certified(seed):
    rng = random.Random(seed)
    p, t, G = problem(seed, 6)
    s = transport.solve(p, t, G)
    plan = [[float(x) + rng.choice([0, 1e-13, -1e-13]) for x in row] for row in s.flow]
    noise = [[rng.random() for _ in p] for _ in p]
    zeros = [[0.0 for _ in p] for _ in p]
    u, v = [float(x) for x in s.u], [float(x) for x in s.v]
    for start, a, b in ((plan, u, v), (noise, u, v), (zeros, u, v), (noise, v, u)):
        c = certify(p, t, G, start, a, b)
        assert c.value == s.value
        assert verify(p, t, G, c.flow, c.u, c.v)


def test_dual_pivots_repair_a_tree_of_optimal_potentials():
    p, t = [F(1, 2), F(1, 4), F(1, 4)], [F(1, 4), F(1, 4), F(1, 2)]
    G = [[abs(i - j) for j in range(3)] for i in range(3)]
    other = transport.solve(t, p, G)
    c = certify(p, t, G, [[0.0] * 3] * 3, other.u, other.v)
    assert verify(p, t, G, c.flow, c.u, c.v)


def test_certificate_of_another_problem_is_refused():
    p, t, G = problem(1, 4)
    s = transport.solve(p, t, G)
    assert not verify(t, p, G, s.flow, s.u, s.v)
    assert not verify(p, t, G, s.flow, [x + 1 for x in s.u], s.v)
    halved = [[x / 2 for x in row] for row in G]
    assert not verify(p, t, halved, s.flow, s.u, s.v)
