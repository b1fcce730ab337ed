"""The arguments of the public functions: what is read exactly, and what is refused by name."""

import re
from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest
from emd_conformance._exact.arguments import fitting, label, number, scores, target, vector
from emd_conformance._exact.grounds import Circle, Line, Matrix, Tree

F = Fraction


@pytest.mark.parametrize("x", [[0.5, 0, F(1, 3)], (0.5, 0, F(1, 3))])
def test_a_vector_is_read_as_fractions(x):
    assert vector(x, "p") == vector(x, "p", negative=False) == [F(1, 2), 0, F(1, 3)]


def test_arrays_are_read_as_fractions():
    assert vector(np.array([0.5, -0.25]), "p") == [F(1, 2), F(-1, 4)]
    assert vector(np.array([3, 1]), "p") == [3, 1]


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (0.5, TypeError, "`p` must be a sequence or an array of numbers, not float"),
        ("01", TypeError, "`p` must be a sequence or an array of numbers, not str"),
        (b"01", TypeError, "`p` must be a sequence or an array of numbers, not bytes"),
        ({0.5}, TypeError, "`p` must be a sequence or an array of numbers, not set"),
        (np.float64(0.5), TypeError, "`p` must be a sequence or an array of numbers, not float64"),
        ([], ValueError, "`p` must have shape (C,), with C > 0: pass the samples of a batch one by one"),
        ([[1.0]], ValueError, "`p` must have shape (C,), with C > 0: pass the samples of a batch one by one"),
        ([1.0, (2.0,)], ValueError, "`p` must have shape (C,), with C > 0: pass the samples of a batch one by one"),
        (["a"], TypeError, "`p` must hold numbers, not str"),
        ([0.5, None], TypeError, "`p` must hold numbers, not NoneType"),
        ([0.5, nan], ValueError, "`p` must be finite, but contains nan"),
        ([0.5, -inf], ValueError, "`p` must be finite, but contains -inf"),
        ([0.5, -0.25, 0.75], ValueError, "`p` must not be negative, but contains -0.25"),
    ],
)
def test_what_is_no_vector_is_refused(x, error, message):
    with pytest.raises(error, match=re.escape(message)):
        vector(x, "p", negative=False)


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_logits_may_be_minus_infinity(kind):
    assert scores(kind([-inf, 0.5, -inf, -2.0]), "p", logits=True) == [-inf, F(1, 2), -inf, -2]
    assert scores(kind([0.5, -2.0]), "p", logits=True) == [F(1, 2), -2]
    assert scores(kind([0.5, 0.0]), "p", logits=False) == [F(1, 2), 0]


@pytest.mark.parametrize(
    ("x", "logits", "message"),
    [
        ([-inf, -inf], True, "`p` must be finite, but contains -inf"),
        ([-inf, inf], True, "`p` must be finite, but contains inf"),
        ([0.0, -inf], False, "`p` must be finite, but contains -inf"),
        ([1.5, -0.5], False, "`p` must not be negative, but contains -0.5"),
        ([], True, "`p` must have shape (C,)"),
        ([[-inf]], True, "`p` must have shape (C,)"),
    ],
)
def test_other_predictions_are_refused(x, logits, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        scores(x, "p", logits=logits)


def test_a_prediction_that_is_no_sequence_is_refused():
    for logits in (True, False):
        with pytest.raises(TypeError, match="`p` must be a sequence or an array of numbers, not float"):
            scores(0.5, "p", logits=logits)


def test_numbers_are_read_exactly():
    assert [number(x, "bias") for x in (2, 0.5, F(1, 3), np.float32(0.5))] == [2, F(1, 2), F(1, 3), F(1, 2)]


def test_labels_are_integers_of_a_class():
    assert [label(k, 3, "t") for k in (0, 2, np.int64(1), np.array(2, np.uint8))] == [0, 2, 1, 2]
    for k in (-1, 3, np.int64(3)):
        with pytest.raises(ValueError, match=f"`t` must be a label from 0 to 2, not {k}"):
            label(k, 3, "t")
    for k, kind in ((True, "bool"), (np.True_, "bool"), (1.0, "float")):
        with pytest.raises(TypeError, match=f"`t` must be an integer label, not {kind}"):
            label(k, 3, "t")


def test_targets_are_labels_or_distributions():
    assert target(2, 3) == target(np.int32(2), 3) == [0, 0, 1]
    assert target([0.25, 0.75], 2) == [F(1, 4), F(3, 4)]
    for t in ([1.0], [0.5, 0.25, 0.25]):
        with pytest.raises(ValueError, match=f"`t` has {len(t)} classes, `p` has 2"):
            target(t, 2)
    with pytest.raises(ValueError, match=re.escape("`t` must not be negative, but contains -0.5")):
        target([1.5, -0.5], 2)


@pytest.mark.parametrize(
    ("ground", "fits"),
    [
        (Line(), Line()),
        (Circle(), Circle()),
        (Line([0, 0.5]), Line((F(0), F(1, 2)))),
        (Line([-3, -1]), Line((F(-3), F(-1)))),
        (Tree([2, 2, -1]), Tree((2, 2, -1))),
        (Tree([-1, 0]), Tree((-1, 0))),
        (Tree(np.array([1, -1]), np.array([0.5, 0])), Tree((1, -1), (F(1, 2), F(0)))),
        (Matrix([[0, 0.5], [0.5, 0]]), Matrix(((F(0), F(1, 2)), (F(1, 2), F(0))))),
    ],
)
def test_grounds_of_two_classes_are_read_as_fractions(ground, fits):
    assert fitting(ground, 2) == fits


def test_there_may_be_hundreds_of_classes():
    n = 300
    assert fitting(Line(range(n)), n) == Line(tuple(range(n)))
    assert fitting(Tree((*range(1, n), -1), [1] * n), n) == Tree((*range(1, n), -1), (1,) * n)
    assert fitting(Matrix([[0] * n] * n), n) == Matrix(((0,) * n,) * n)
    assert target([1, *[0] * (n - 1)], n) == target(0, n)


LINE = "`ground` must have 2 increasing positions"
TREE = "`ground` must be one tree over 2 classes"
MATRIX = "`ground` must be a symmetric 2 x 2 matrix with 0 on its diagonal"


@pytest.mark.parametrize(
    ("ground", "message"),
    [
        (Line((0,)), LINE),
        (Line((0, 1, 2)), LINE),
        (Line((1, 0)), LINE),
        (Line((1, 1)), LINE),
        (Line((0, inf)), "`ground` must be finite"),
        (Tree((-1,)), TREE),
        (Tree((-1, -1)), TREE),
        (Tree((2, -1)), TREE),
        (Tree((-1, -2)), TREE),
        (Tree((1, 0)), TREE),
        (Tree((-1, 1)), TREE),
        (Tree((-1, 0, 3, 2)), TREE),
        (Tree((1, -1), (1,)), TREE),
        (Tree((1, -1), (1, 1, 1)), TREE),
        (Tree((1, -1), (-1, 0)), "`ground` must not be negative"),
        (Tree((1, -1), (0, 0)), "`ground` must be a tree whose edges have positive lengths"),
        (Matrix(((0, 1),)), MATRIX),
        (Matrix(((0, 1, 2), (1, 0, 2), (2, 2, 0))), MATRIX),
        (Matrix(((0, 1), (1, 0), (1, 1))), MATRIX),
        (Matrix(((0, 1, 1), (1, 0, 1))), MATRIX),
        (Matrix(((0, 1), (2, 0))), MATRIX),
        (Matrix(((0, 1), (1, 1))), MATRIX),
        (Matrix(((1, 1), (1, 0))), MATRIX),
        (Matrix(((0, -1), (-1, 0))), "`ground` must not be negative"),
    ],
)
def test_grounds_that_do_not_fit_two_classes_are_refused(ground, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        fitting(ground, 2)


def test_a_name_is_no_ground():
    with pytest.raises(TypeError, match="`ground` must be a Line, Circle, Tree or Matrix, not str"):
        fitting("circle", 2)
