"""What follows from the cuts of a ground distance (2.2 to 2.6), also where masses are unequal (4.7)."""

import random
from fractions import Fraction
from itertools import pairwise

import pytest
from emd_conformance import _exact
from emd_conformance._exact.cuts import SumOfCuts
from emd_conformance._exact.grounds import LINE, Circle, Line, Matrix, Tree, distances, largest_distance

F = Fraction
X = (F(0), F(1), F(5, 2), F(3), F(7))
ROOTED = Tree((-1, 0, 0, 1, 1), (9, 1, F(1, 2), 2, 4))  # the root is class 0, and its own length is not used
JOINED = Tree((5, 5, 6, 6, 6, 6, -1), (1, 2, F(1, 2), 3, 1, 2, 9))  # two nodes join the classes
UNIT = Tree((-1, 0, 0, 1, 1))


def by_hand(rows):
    return [[F(x) for x in row] for row in rows]


PATHS = {
    "line": (LINE, [[abs(i - j) for j in range(5)] for i in range(5)]),
    "positions": (Line(X), [[abs(x - y) for y in X] for x in X]),
    "circle": (Circle(), [[min(abs(i - j), 5 - abs(i - j)) for j in range(5)] for i in range(5)]),
    "rooted": (
        ROOTED,
        by_hand([[0, 1, 0.5, 3, 5], [1, 0, 1.5, 2, 4], [0.5, 1.5, 0, 3.5, 5.5], [3, 2, 3.5, 0, 6], [5, 4, 5.5, 6, 0]]),
    ),
    "joined": (
        JOINED,
        by_hand([[0, 3, 3.5, 6, 4], [3, 0, 4.5, 7, 5], [3.5, 4.5, 0, 3.5, 1.5], [6, 7, 3.5, 0, 4], [4, 5, 1.5, 4, 0]]),
    ),
    "unit": (UNIT, [[0, 1, 1, 2, 2], [1, 0, 2, 1, 1], [1, 2, 0, 3, 3], [2, 1, 3, 0, 2], [2, 1, 3, 2, 0]]),
    "matrix": (Matrix(((0, 3, 1), (3, 0, 2), (1, 2, 0))), [[0, 3, 1], [3, 0, 2], [1, 2, 0]]),
}
EVERY = pytest.mark.parametrize(("ground", "G"), PATHS.values(), ids=PATHS)
CUTS = pytest.mark.parametrize("ground", [ground for ground, _ in PATHS.values() if isinstance(ground, SumOfCuts)])


def times(G, x):
    return [sum(a * b for a, b in zip(row, x, strict=True)) for row in G]


@EVERY
def test_distances_are_the_lengths_of_shortest_paths(ground, G):
    C = len(G)
    assert [[*row] for row in ground.matrix(C)] == [[*row] for row in distances(ground, C)] == G
    assert largest_distance(ground, C) == max(max(row) for row in G) <= ground.farthest(C)
    start = {0: F(5), C - 1: F(-1)}
    assert ground.nearest(start, C) == [min(5 + G[0][j], G[C - 1][j] - 1) for j in range(C)]


@pytest.mark.parametrize("classes", [1, 2, 3, 4, 12])
def test_the_other_way_round_a_circle_may_be_shorter(classes):
    G = Circle().matrix(classes)
    assert all(
        G[i][j] == min(abs(i - j), classes - abs(i - j)) == G[j][i] for i in range(classes) for j in range(classes)
    )
    assert len(Circle().edges(classes)) == 2 * classes  # twice round


@EVERY
@pytest.mark.parametrize("seed", range(3))
def test_cuts_give_the_product_with_the_matrix(ground, G, seed):
    rng = random.Random(seed)
    x = [F(rng.randrange(-9, 10), 4) for _ in G]
    Gx, n = ground.times(x)
    assert [y / n for y in Gx] == times(G, x)


@pytest.mark.parametrize("ground", [LINE, Line((2,)), Circle(), Tree((-1,)), Matrix(((0,),))])
def test_one_class_is_at_distance_0(ground):
    assert [*ground.times([F(3)])[0]] == [0]
    assert ground.matrix(1) == ((0,),)


@CUTS
@pytest.mark.parametrize("seed", range(3))
def test_the_sums_of_cuts_are_the_adjoint_of_their_masses(ground, seed):
    rng = random.Random(seed)
    d = [rng.randrange(-9, 10) for _ in range(5)]
    values = [rng.randrange(-9, 10) for _ in ground.masses(d)]
    through_cuts = sum(a * b for a, b in zip(ground.masses(d), values, strict=True))
    assert through_cuts == sum(a * b for a, b in zip(d, ground.containing(values, 5), strict=True))


@EVERY
def test_squares_add_up_to_the_value(ground, G):
    p = [F(1, 2), *[F(0)] * (len(G) - 2), F(1, 2)]
    t = [F(0), F(3, 4), F(1, 4), *[F(0)] * (len(G) - 3)]
    d = [a - b for a, b in zip(p, t, strict=True)]
    E = -sum(x * y for x, y in zip(d, times(G, d), strict=True)) / 2
    assert sum(w * v * v for w, v in ground.squares(d)) == E == _exact.squared_emd.value(p, t, ground)


@pytest.mark.parametrize(
    ("ground", "E", "g", "distance"),
    [
        (LINE, 1 + 4 + 9, [12, 10, 6], 1 + 2),  # E takes D_C, too
        (Line((0, 1, 3)), 1 + 8, [10, 8, 0], 1 + 4),
        (Circle(), F(3, 2), [1, 1, 1], 2),  # each arc is one class; the median of D is 2
        (Tree((-1, 0, 1), (9, 3, 5)), 12 + 5, [0, 12, 22], 6 + 5),  # the edges have 2 and 1 below them
        (Tree((2, 2, -1), (3, 5, 9)), 3 + 5, [6, 10, 0], 3 + 5),
    ],
)
def test_one_unit_too_much_in_each_class(ground, E, g, distance):
    """D is 1, 2, 3; the cut of all classes counts in the squared EMD with unit spacing alone."""
    p, t = [2, 1, 1], [1, 0, 0]
    assert _exact.squared_emd.value(p, t, ground) == E
    assert _exact.squared_emd.gradient(p, t, ground) == g
    assert _exact.emd.value(p, t, ground) == distance


def test_a_mass_moves_along_the_circle_in_the_shorter_direction():
    for k in range(9):
        p = [int(j == k) for j in range(9)]
        assert _exact.emd.value(p, [1, *[0] * 8], Circle()) == min(k, 9 - k)
    p, t = [F(1, 2), 0, F(1, 2), 0, 0], [0, F(1, 2), 0, 0, F(1, 2)]
    assert _exact.emd.value(p, t, Circle()) == F(1, 2) + F(1, 2)


def test_the_largest_sum_of_weights():
    assert LINE.farthest(5) == 5  # with the cut of all classes
    assert Line(X).farthest(5) == 7
    assert Circle().farthest(5) == 2.5
    assert ROOTED.farthest(5) == 7.5
    assert UNIT.farthest(5) == 4
    assert Matrix(((0, 3, 1), (3, 0, 2), (1, 2, 0))).farthest(3) == 3
    assert [largest_distance(LINE, 1), largest_distance(Line((2,)), 1)] == [0, 0]
    assert largest_distance(Line((-1, 0, 5)), 3) == 6


def test_grounds_have_the_names_that_declarations_use():
    kinds = [ground.kind for ground in (LINE, Line(X), Circle(), UNIT, Matrix(((0,),)))]
    assert kinds == ["line", "positions", "circle", "tree", "matrix"]


def test_an_arc_is_a_difference_of_two_sums_and_every_other_cut_is_one():
    assert [ground.prefix_sums for ground in (LINE, Circle(), UNIT, Matrix(((0,),)))] == [1, 2, 1, 1]


def test_nodes_come_before_their_parents():
    for tree in (ROOTED, JOINED, UNIT, Tree((-1,))):
        order = tree.upwards()
        place = {node: i for i, node in enumerate(order)}
        assert sorted(order) == [*range(len(tree.parents))]
        assert all(place[node] < place[parent] for node, parent in enumerate(tree.parents) if parent >= 0)


def test_distances_are_kept_and_grounds_can_be_keys():
    assert distances(Line(X), 5) is distances(Line(X), 5)
    grounds = [LINE, Line(X), Circle(), UNIT, Matrix(((0,),))]
    assert {ground: ground.kind for ground in grounds}[Line(X)] == "positions"


@pytest.mark.parametrize("method", ["weights", "masses", "containing", "edges"])
def test_a_sum_of_cuts_says_what_its_cuts_are(method):
    methods = {name: getattr(Line, name) for name in ("weights", "masses", "containing", "edges")}
    whole = type("Whole", (SumOfCuts,), {**methods, "positions": None})()
    assert whole.matrix(2) == ((0, 1), (1, 0))
    del methods[method]
    with pytest.raises(TypeError, match=method):
        type("Part", (SumOfCuts,), methods)()


@pytest.mark.parametrize("method", ["squares", "energy", "gradient", "work", "times"])
def test_numbers_of_another_length_do_not_fit(method):
    with pytest.raises(ValueError, match="argument"):
        getattr(Line((0, 1, 3)), method)([F(1), F(-1)])


def test_every_edge_of_a_tree_has_a_value():
    with pytest.raises(ValueError, match="argument"):
        UNIT.containing([1, 2], 5)


def test_an_asymmetric_matrix_counts_by_its_mean():
    rows, d = ((0, 3, 1), (1, 0, 2), (5, 2, 0)), [F(1), F(1, 2), F(-3, 2)]
    E = F(*Matrix(rows).energy(d))
    assert E == -sum(d[i] * rows[i][j] * d[j] for i in range(3) for j in range(3)) / 2
    assert sum(w * v * v for w, v in Matrix(rows).squares(d)) == E


def test_steps_of_a_line_are_its_intervals():
    assert [b - a for a, b in pairwise(X)] == [length for _, _, length in Line(X).edges(5)] == Line(X).weights(5)[:-1]
    assert LINE.edges(3) == [(0, 1, 1), (1, 2, 1)]
