"""Ground distances (specification, section 2): matrices, cuts, and the errors for invalid ones."""

import numpy as np
import pytest
from support.grounds import CUTS, NAMES, ground_pair

import emd_ref
from emd_ref import Circular, GroundDistance, Ordered, Tree, squared_emd
from emd_ref._fast.operations import NUMPY
from emd_ref._grounds.tree import _edges


def test_matrices_by_hand() -> None:
    np.testing.assert_array_equal(Ordered().matrix(4)[1], [1, 0, 1, 2])
    np.testing.assert_array_equal(Ordered([-1, 0.5, 4]).matrix(3), [[0, 1.5, 5], [1.5, 0, 3.5], [5, 3.5, 0]])
    np.testing.assert_array_equal(Circular().matrix(5)[0], [0, 1, 2, 2, 1])
    np.testing.assert_array_equal(Circular().matrix(1), [[0]])
    np.testing.assert_array_equal(Tree([2, 2, -1], [1.5, 2, 0]).matrix(2), [[0, 3.5], [3.5, 0]])
    np.testing.assert_array_equal(Tree([-1, 0, 1]).matrix(3), Ordered().matrix(3))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("times", [1.0, 2.0, -3.0])
def test_what_is_spread_over_the_classes_is_the_transpose_of_the_sums(name: str, times: float, rng) -> None:
    """L^T c for the sums L d, in whole numbers, which need no rounding."""
    ground = ground_pair(name, 6).ours
    transposed = ground.sums(NUMPY, np.eye(6))  # row j is column j of L
    c = rng.integers(-4, 5, (3, transposed.shape[-1])).astype(np.float64)
    np.testing.assert_array_equal(ground.spread(NUMPY, c, 6, times=times), times * c @ transposed.T)
    np.testing.assert_array_equal(ground.spread(NUMPY, c, 6), c @ transposed.T)


@pytest.mark.parametrize("name", CUTS)
@pytest.mark.parametrize("C", [1, 2, 5, 8])
def test_the_matrix_is_the_sum_of_the_weighted_cuts(name: str, C: int) -> None:
    ground = ground_pair(name, C).ours
    sets, weights = ground.cuts(C)
    assert set(np.unique(sets)) <= {0.0, 1.0}
    np.testing.assert_array_equal(ground.sums(NUMPY, np.eye(C)).T, sets)  # in the same order
    cuts = sets[:, :, None] != sets[:, None, :]
    np.testing.assert_allclose(np.einsum("s,sij->ij", weights, cuts), ground.matrix(C), rtol=1e-15)


@pytest.mark.parametrize("name", CUTS)
def test_changing_what_cuts_returned_does_not_change_the_ground(name: str) -> None:
    ground = ground_pair(name, 6).ours
    before = ground.matrix(6)
    for array in ground.cuts(6):
        array[:] = 7
    np.testing.assert_array_equal(ground.matrix(6), before)


def test_the_kept_edges_of_a_tree_cannot_be_written_to() -> None:
    tree = Tree([3, 3, 3, -1])
    squared_emd(np.eye(3), np.arange(3), ground=tree)
    for kept in _edges(tree, 3):
        with pytest.raises(ValueError, match="read-only"):
            kept[:] = 0
    assert squared_emd(np.eye(3)[0], 1, ground=tree) == 2


def test_a_parent_is_an_integer() -> None:
    for parents in ([2.7, 2, -1], [np.float64(2), 2, -1], ["2", 2, -1], [None, 2, -1]):
        with pytest.raises(TypeError, match=r"`parents`\[0\] is .*: a node must be an integer"):
            Tree(parents)
    assert Tree([np.int8(2), np.uint64(2), -1]) == Tree([2, 2, -1])


def test_grounds_are_values() -> None:
    assert Ordered() == Ordered()
    assert Ordered([0, 1]) == Ordered(np.asarray([0.0, 1.0]))
    assert Ordered() != Ordered([0, 1])
    assert Circular() == Circular()
    assert Tree([2, 2, -1]) == Tree((2, 2, -1), (1, 1, 1))
    assert len({Ordered(), Ordered(), Ordered([0, 1]), Circular(), Tree([-1, 0])}) == 4
    assert Ordered([0, 1]).positions == (0.0, 1.0)


def test_a_tree_may_be_written_in_three_ways() -> None:
    nested = Tree.from_nested([[0, 1], [2]])
    by_name = Tree.from_edges(
        [("animal", "mammal"), ("animal", "fish"), ("mammal", "cat"), ("mammal", "dog"), ("fish", "trout")],
        classes=["cat", "dog", "trout"],
    )
    by_parent = Tree([3, 3, 4, 5, 5, -1])
    for tree in (by_name, by_parent):
        np.testing.assert_array_equal(tree.matrix(3), nested.matrix(3))
    assert Tree.from_nested([0, 1]).matrix(2).tolist() == [[0, 2], [2, 0]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Ordered([0, 2, 2]), r"`positions`\[2\] is 2.0 after 2.0: positions must be finite and strictly"),
        (lambda: Ordered([0, np.inf]), r"`positions`\[1\] is inf"),
        (lambda: Ordered([np.nan]), r"`positions`\[0\] is nan: it must be a finite number"),
        (lambda: Tree([]), "`parents` has 0 roots"),
        (lambda: Tree([-1, -1]), "`parents` has 2 roots"),
        (lambda: Tree([-1, 2, 1]), "`parents` has a cycle through node"),
        (lambda: Tree([-1, 5]), r"`parents`\[1\] is 5: wanted a node 0 .. 1, or -1"),
        (lambda: Tree([-1, 2]), r"`parents`\[1\] is 2: wanted a node 0 .. 1, or -1"),
        (lambda: Tree([-1, -2]), r"`parents`\[1\] is -2: wanted a node 0 .. 1, or -1"),
        (lambda: Tree([-1, 0], [1]), "`lengths` has 1 entries for 2 nodes"),
        (lambda: Tree([-1, 0], [0, 0]), r"`lengths`\[1\] is 0.0: an edge must have a positive"),
        (lambda: Tree.from_nested([0, 0]), "`nested` holds class 0 twice"),
        (lambda: Tree.from_nested([0, 2]), "`nested` must hold each class 0 .. 1 once"),
        (lambda: Tree.from_edges([("a", "b"), ("c", "b")], ["b"]), "`edges` gives 'b' two parents"),
        (lambda: Tree.from_edges([("a", "b", 1, 2)], ["b"]), "`edges` holds"),
    ],
)
def test_an_invalid_ground_distance_is_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("ground", "message"),
    [
        (Ordered([0, 1]), "`ground` has 2 positions, but there are 3 classes"),
        (Tree([-1, 0]), "`ground` has 2 nodes, but there are 3 classes"),
        (Tree([4, 4, 4, 4, -1]), "`ground` has a leaf at node 3, but there are 3 classes, nodes 0 .. 2: every leaf"),
        (GroundDistance(np.zeros((2, 2))), r"`ground` has a matrix of shape \(2, 2\), but there are 3 classes"),
        (GroundDistance(np.zeros((4, 4))), r"`ground` has a matrix of shape \(4, 4\), but there are 3 classes"),
        (GroundDistance(np.eye(3)), r"`ground`\[0, 0\] is 1.0: the distance of a class from itself must be 0"),
        (GroundDistance(np.tri(3, k=-1)), r"`ground`\[0, 1\] is 0.0: a ground distance must be symmetric"),
        (GroundDistance(np.eye(3) - 1), r"`ground`\[0, 1\] is -1.0: ground distances must not be negative"),
        (GroundDistance(np.full((3, 3), np.nan)), r"`ground`\[0, 0\] is nan: it must be finite"),
    ],
)
def test_a_ground_that_does_not_fit_is_refused_when_it_is_used(ground, message: str) -> None:
    for function in (emd_ref.squared_emd, emd_ref.emd, emd_ref.xemd):
        with pytest.raises(ValueError, match=message):
            function(np.asarray([1.0, 0.0, 0.0]), 0, ground=ground)
