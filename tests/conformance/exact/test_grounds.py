"""Each ground distance by hand, by its cuts, by its matrix and by the linear programme: all agree exactly."""

import random
from fractions import Fraction
from itertools import pairwise

import pytest
from emd_conformance import _exact
from emd_conformance._exact import transport
from emd_conformance._exact.grounds import Circle, Ground, Line, Matrix, Tree, distances
from emd_conformance._exact.numbers import one_hot

F = Fraction
STAR = Tree((3, 3, 3, -1), (F(1, 2), 1, 2, 0))


def simplex(rng: random.Random, classes: int, bits: int = 53) -> list[Fraction]:
    cuts = sorted(rng.randrange(2**bits + 1) for _ in range(classes - 1))
    return [F(b - a, 2**bits) for a, b in pairwise([0, *cuts, 2**bits])]


def grounds(rng: random.Random, classes: int) -> list[Ground]:
    positions = tuple(F(x, 8) for x in sorted(rng.sample(range(100), classes)))
    nodes = classes + rng.randrange(3)
    parents = (*(rng.randrange(i + 1, nodes) for i in range(nodes - 1)), -1)
    lengths = tuple(F(rng.randrange(1, 9), 4) for _ in range(nodes))
    return [Line(), Line(positions), Circle(), Tree(parents, lengths), Tree(parents)]


def as_matrix(ground: Ground, classes: int) -> Matrix:
    return Matrix(tuple(map(tuple, distances(ground, classes))))


@pytest.mark.parametrize(
    ("p", "t", "ground", "energy", "gradient", "distance"),
    [
        ([1, 0, 0], [0, 0, 1], Line(), 2, [4, 2, 0], 2),
        ([F(1, 2), F(1, 4), F(1, 4)], [0, 1, 0], Line(), F(5, 16), [F(1, 2), F(-1, 2), 0], F(3, 4)),
        ([1, 0, 0], [0, 0, 1], Line((0, 1, 10)), 10, [20, 18, 0], 10),
        ([1, 1], [0, 0], Line(), 5, [6, 4], 1),
        ([1, 1], [0, 0], Line((0, 3)), 3, [6, 0], 3),
        ([F(1, 2), 0, F(1, 2), 0], [0, F(1, 2), 0, F(1, 2)], Circle(), 0, [0, 0, 0, 0], 1),
        ([1, 0, 0], [0, 1, 0], Circle(), 1, [1, -1, 0], 1),
        ([1, 0, 0], [0, 0, 1], STAR, F(5, 2), [1, 0, -4], F(5, 2)),
        ([1, 0], [0, 1], Matrix(((0, 3), (3, 0))), 3, [3, -3], 3),
        ([1], [1], Circle(), 0, [0], 0),
        ([1], [1], Tree((-1,)), 0, [0], 0),
    ],
)
def test_values_and_gradients_are_those_computed_by_hand(p, t, ground, energy, gradient, distance):
    assert _exact.squared_emd.value(p, t, ground) == energy
    assert _exact.squared_emd.gradient(p, t, ground) == gradient
    assert _exact.emd.value(p, t, ground) == distance


@pytest.mark.parametrize("seed", range(30))
def test_cuts_energy_form_and_linear_programme_agree_exactly(seed):
    rng = random.Random(seed)
    classes = rng.randrange(1, 7)
    p, t = simplex(rng, classes), simplex(rng, classes)
    for ground in grounds(rng, classes):
        matrix = as_matrix(ground, classes)
        assert _exact.squared_emd.value(p, t, ground) == _exact.squared_emd.value(p, t, matrix)
        assert _exact.emd.value(p, t, ground) == _exact.emd.value(p, t, matrix)
        free, energy = (_exact.squared_emd.gradient(p, t, g) for g in (ground, matrix))
        assert _exact.squared_emd.simplex_gradient(free) == _exact.squared_emd.simplex_gradient(energy)


@pytest.mark.parametrize("seed", range(10))
def test_the_gradient_is_the_slope_of_the_value(seed):
    rng = random.Random(seed)
    classes = rng.randrange(2, 7)
    p, t, h = simplex(rng, classes), simplex(rng, classes), F(1, 1024)
    for ground in grounds(rng, classes):
        g = _exact.squared_emd.gradient(p, t, ground)
        for j in range(1, classes):
            up, down = [*p], [*p]
            up[j], up[0], down[j], down[0] = p[j] + h, p[0] - h, p[j] - h, p[0] + h
            slope = (_exact.squared_emd.value(up, t, ground) - _exact.squared_emd.value(down, t, ground)) / (2 * h)
            assert slope == g[j] - g[0]  # a central difference of a quadratic is exact


@pytest.mark.parametrize("seed", range(10))
def test_subgradient_gap_is_zero_for_potentials_and_positive_for_the_reverse(seed):
    rng = random.Random(seed)
    classes = rng.randrange(2, 7)
    p, t = simplex(rng, classes), simplex(rng, classes)
    for ground in grounds(rng, classes):
        matrix = as_matrix(ground, classes)
        u = transport.solve(p, t, matrix.rows).u
        assert _exact.emd.subgradient_gap(u, p, t, ground) == 0
        wrong = [-x for x in u]
        assert _exact.emd.subgradient_gap(wrong, p, t, ground) == _exact.emd.subgradient_gap(wrong, p, t, matrix) > 0


def test_the_emd_to_a_label_is_the_mean_distance_to_it():
    p, G = [F(1, 2), F(1, 4), F(1, 4)], ((0, 1, 5), (1, 0, 2), (5, 2, 0))
    assert _exact.emd.value(p, one_hot(2, 3), Matrix(G)) == F(5, 2) + F(1, 2)


def test_a_line_of_a_million_classes_is_exact():
    classes = 10**6
    p = [1.0, *[0.0] * (classes - 1)]
    assert _exact.squared_emd.value(p, p[::-1]) == classes - 1


@pytest.mark.parametrize("ground", [Line(), Circle(), STAR, Line((0, 1, 3)), Matrix(((0, 1, 4), (1, 0, 2), (4, 2, 0)))])
def test_enclosures_of_logits_contain_the_rational_value(ground):
    z, t = [0.0, 0.0, 0.0], [F(1, 2), F(1, 2), F(0)]
    p = [F(1, 3)] * 3
    value = _exact.squared_emd.value(p, t, ground)
    g = _exact.squared_emd.gradient(p, t, ground)
    mean = sum(g, F(0)) / 3
    enclosure = _exact.squared_emd.value_of_logits(z, t, ground)
    assert enclosure.lo <= value <= enclosure.hi
    for x, g_j in zip(_exact.squared_emd.gradient_of_logits(z, t, ground), g, strict=True):
        assert x.lo <= (g_j - mean) / 3 <= x.hi


def test_unequal_masses_have_no_flow():
    with pytest.raises(ValueError, match="same mass"):
        _exact.emd.value([1, 0], [F(1, 2), 0], Matrix(((0, 1), (1, 0))))
