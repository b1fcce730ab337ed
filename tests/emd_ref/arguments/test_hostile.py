"""What is no valid argument is refused in words that name it, by every function and object (specification, 8)."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from support import xla

import emd_ref
from emd_ref import ClassCentroids, GroundDistance, Ordered, Tree, lp

P = np.array([[0.25, 0.25, 0.5], [0.1, 0.2, 0.7]])
K = np.array([0, 2])
G = np.array([[0.0, 1, 2], [1, 0, 1], [2, 1, 0]])
HUGE = 10**400
A, B = np.array([0.25, 0.25, 0.5]), np.array([0.5, 0.25, 0.25])
FUNCTIONS = [
    name for name in dir(emd_ref) if name.startswith(("squared_emd", "emd", "xemd", "cross_entropy", "ground_"))
]


def holds_itself() -> list[Any]:
    nested: list[Any] = [0]
    nested.append(nested)
    return nested


NOT_NUMBERS = [
    (np.array([[1.0], [2.0]]), ValueError, r"has shape \(2, 1\): it must be one number"),
    ([1.0, 2.0], ValueError, r"has shape \(2,\): it must be one number"),
    (1j, TypeError, "is 1j: it must be a real number"),
    ("a", TypeError, "is 'a': it must be a real number"),
    (None, TypeError, "is None: it must be a real number"),
    (True, TypeError, "is True: it must be a real number"),
    (float("nan"), ValueError, "is nan: it must be a finite number"),
    (float("inf"), ValueError, "is inf: it must be a finite number"),
    (HUGE, ValueError, r"is 10000000000000000000… \(401 digits\): it must be a finite number"),
]


@pytest.mark.parametrize("name", ["emd_weight", "exponent", "bias"])
@pytest.mark.parametrize(("given", "error", "words"), NOT_NUMBERS)
def test_parameters_are_finite_numbers(name: str, given: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"`{name}` {words}"):
        emd_ref.xemd(P, K, ground=GroundDistance(G), **{name: given})


@pytest.mark.parametrize("given", [np.float32(0.5), np.array(0.5), Fraction(1, 2)])
def test_numbers_of_every_kind_are_taken(given: Any) -> None:
    found, expected = (emd_ref.xemd(P, K, ground=GroundDistance(G), emd_weight=x) for x in (given, 0.5))
    np.testing.assert_array_equal(found, expected)


def test_an_exponent_is_positive() -> None:
    with pytest.raises(ValueError, match="`exponent` is -1: it must be positive"):
        emd_ref.ground_distance_penalty(P, K, ground=GroundDistance(G), exponent=-1)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", ["check", "from_logits"])
@pytest.mark.parametrize("given", [None, 0, 1, 2.0, "no", np.array([True, False])], ids=repr)
def test_flags_are_true_or_false(function: str, name: str, given: Any) -> None:
    options = {} if function == "cross_entropy" else {"ground": GroundDistance(G)}
    with pytest.raises(TypeError, match=rf"`{name}` is .*: it must be True or False"):
        getattr(emd_ref, function)(P, K, **options, **{name: given})


@pytest.mark.parametrize("axis", [1.0, True, None, "1", (1,), 2, -3])
@pytest.mark.parametrize("function", ["squared_emd", "softmax", "simplex_gradient"])
def test_an_axis_is_an_integer_in_range(function: str, axis: Any) -> None:
    arguments = (P, K) if function == "squared_emd" else (P,)
    with pytest.raises(ValueError, match=r"`axis` is .* axes: it must be an integer from -2 to 1"):
        getattr(emd_ref, function)(*arguments, axis=axis)


@pytest.mark.parametrize(
    ("logits", "error", "words"),
    [
        (np.array([1, 2]), TypeError, "`logits` has dtype int64"),
        ([1.0, 2.0], TypeError, "`logits` must be an array"),
        (np.array([1j, 2]), TypeError, "`logits` has dtype complex128"),
        (np.ma.array([1.0, 2.0]), TypeError, "`logits` must be an array .* MaskedArray"),
        (np.array(1.0), ValueError, "`logits` has no axes"),
        (np.zeros((2, 0)), ValueError, "`logits` has no classes"),
        (np.array([1, np.nan]), ValueError, r"`logits`\[1\] is nan"),
        (np.array([1, np.inf]), ValueError, r"`logits`\[1\] is inf"),
        (np.array([[0, 1], [-np.inf, -np.inf]]), ValueError, r"`logits`\[1, :\] is -inf for every class"),
    ],
)
def test_softmax_refuses_what_are_no_logits(logits: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        emd_ref.softmax(logits)


def test_a_mass_tolerance_may_be_any_number() -> None:
    found, expected = (emd_ref.squared_emd(P, K, mass_tolerance=x) for x in (HUGE, 1.0))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("number", [np.float16(0.5), np.float32(0.5), np.float64(0.5), 0.5])
def test_a_mass_tolerance_of_any_type_is_the_same_number(number: Any) -> None:
    torch = pytest.importorskip("torch")
    p = torch.tensor(
        [[0.75, 0.625]], requires_grad=True
    )  # so that PyTorch computes, and NumPy's settings are the user's
    with np.errstate(all="raise"):
        found = emd_ref.squared_emd(p, torch.tensor([0]), mass_tolerance=number)
    assert found.tolist() == [0.0625 + 0.375**2]


def test_softmax_without_checks_computes_what_it_can() -> None:
    assert np.isnan(emd_ref.softmax(np.array([1, np.inf]), check=False)).any()


@pytest.mark.parametrize("function", [emd_ref.normalised_gradient, emd_ref.logits_gradient])
def test_gradients_have_the_shape_of_their_prediction(function: Any) -> None:
    with pytest.raises(ValueError, match=r"`predicted` has shape \(1, 2\), `gradient` \(2,\)"):
        function(np.array([1.0, 2.0]), np.array([[0.5, 0.5]]))
    with pytest.raises(TypeError, match="`gradient` has dtype int64"):
        function(np.array([1, 2]), np.array([0.5, 0.5]))
    with pytest.raises(TypeError, match="`predicted` must be an array"):
        function(np.array([1.0, 2.0]), [0.5, 0.5])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((A * 1j, B, G), TypeError, "`p` is of dtype complex128"),
        ((A, np.array(["a", "b", "c"]), G), TypeError, "`t` is of dtype <U1"),
        ((np.ma.array(A), B, G), TypeError, "`p` is a masked array"),
        ((A.astype(object), B, G), TypeError, "`p` is of dtype object"),
        ((np.full(3, 1e308), B, G), ValueError, "`p` holds numbers whose sum is beyond float64"),
        ((A, B, G * 0.5e308), ValueError, "`G` holds numbers whose sum is beyond float64"),
        ((A - 0.3, B, G), ValueError, "`p` must hold finite, non-negative numbers"),
    ],
)
def test_a_linear_programme_is_one_of_real_numbers(arguments: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        lp.solve(*arguments)


@pytest.mark.parametrize(
    ("positions", "error", "words"),
    [
        (5, TypeError, "`positions` is of int: it must be a sequence of numbers"),
        ("01", TypeError, "`positions` is of str"),
        ({0, 1}, TypeError, "`positions` is of set"),
        ([0, "1"], TypeError, r"`positions`\[1\] is '1': it must be a real number"),
        ([0, 1j], TypeError, r"`positions`\[1\] is 1j"),
        ([False, True], TypeError, r"`positions`\[0\] is False"),
        (np.eye(2), ValueError, r"`positions`\[0\] has shape \(2,\)"),
        ([0, float("nan")], ValueError, r"`positions`\[1\] is nan"),
        ([0, HUGE], ValueError, r"`positions`\[1\] is 1000.*digits"),
        ([-1.7e308, 1.7e308], ValueError, r"`positions`\[1\] is 1.7e\+308 after -1.7e\+308"),
    ],
)
def test_positions_are_increasing_numbers(positions: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Ordered(positions)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Tree(3), TypeError, "`parents` is of int"),
        (lambda: Tree(["a", -1]), TypeError, r"`parents`\[0\] is 'a': a node must be an integer"),
        (lambda: Tree([True, -1]), TypeError, r"`parents`\[0\] is True"),
        (lambda: Tree([1.0, -1]), TypeError, r"`parents`\[0\] is 1.0"),
        (lambda: Tree([10**30, -1]), ValueError, r"`parents`\[0\] is 1000"),
        (lambda: Tree([2, 2, -1], ["a", 1, 1]), TypeError, r"`lengths`\[0\] is 'a'"),
        (lambda: Tree([2, 2, -1], [1j, 1, 1]), TypeError, r"`lengths`\[0\] is 1j"),
        (lambda: Tree([2, 2, -1], [float("inf"), 1, 1]), ValueError, r"`lengths`\[0\] is inf"),
        (lambda: Tree([2, 2, -1], [-1.0, 1, 1]), ValueError, r"`lengths`\[0\] is -1.0: an edge must have a positive"),
        (lambda: Tree.from_edges([("a", "b", "x")], ["a", "b"]), TypeError, "the length in `edges` of .* is 'x'"),
        (lambda: Tree.from_edges([1, 2], ["a"]), ValueError, "`edges` holds 1"),
        (lambda: Tree.from_edges(["ab"], ["a"]), ValueError, "`edges` holds 'ab'"),
        (lambda: Tree.from_nested([["a"], "b"]), TypeError, "a class of `nested` is 'b'|'a'"),
        (lambda: Tree.from_nested([[0.0], 1]), TypeError, "a class of `nested` is 0.0"),
        (lambda: Tree.from_nested([False, True]), TypeError, "a class of `nested` is False"),
        (lambda: Tree.from_nested([[], 0]), ValueError, "`nested` holds an empty sequence"),
        (lambda: Tree.from_nested(0), TypeError, "`nested` is 0: it must be a sequence"),
        (lambda: Tree.from_nested(holds_itself()), ValueError, "`nested` holds (itself|class 0 twice)"),
        (lambda: ClassCentroids(0), ValueError, "`num_classes` is 0: it must be at least 1"),
        (lambda: ClassCentroids(2.5), TypeError, "`num_classes` is 2.5: it must be an integer"),
        (lambda: ClassCentroids(True), TypeError, "`num_classes` is True: it must be an integer"),
    ],
)
def test_objects_are_made_of_what_they_need(make: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        make()


def test_trees_may_be_deep_and_of_integers_of_numpy() -> None:
    nested: Any = [np.int64(0)]
    for _ in range(5000):
        nested = [nested, 1] if nested == [0] else [nested]
    assert Tree.from_nested(nested).matrix(2)[0, 1] == 3
    assert Tree.from_nested(np.array([[0, 1], [2, 3]])) == Tree.from_nested([[0, 1], [2, 3]])
    assert len(Tree([*range(1, 20_000), -1]).parents) == 20_000  # a chain, without steps for each pair


def test_the_length_of_the_root_is_not_used() -> None:
    assert Tree([1, -1], [2.0, None]).matrix(2)[0, 1] == 2


def test_features_near_the_largest_float_keep_their_proportions() -> None:
    near = ClassCentroids(2).update(np.array([[1.5e308, 0.5e308, 0.0], [0.0, 1.0, 3.0]]), np.array([0, 1]))
    np.testing.assert_array_equal(near.sums, [[0.75, 0.25, 0], [0, 0.25, 0.75]])


@pytest.mark.parametrize("labels", [[0], [[0, 1], [1, 0]], [[0], [1]]], ids=str)
def test_an_axis_of_length_1_is_named_where_there_is_one(labels: list[Any]) -> None:
    p, wrong = np.full((2, 3), 1 / 3), np.asarray(labels)
    with pytest.raises(ValueError, match="`target`") as refused:
        emd_ref.squared_emd(p, wrong)
    assert ("an axis of length 1" in str(refused.value)) == (wrong.shape == (2, 1))


@pytest.mark.parametrize("label", [3, 2**31 - 1, 2**31, 2**40, -(2**31) - 1, 10**30])
def test_labels_beyond_the_integers_of_a_library_are_refused_in_the_same_words(label: int) -> None:
    jax = pytest.importorskip("jax")
    with xla.enable_x64(False):  # its integers are int32
        p = jax.numpy.full(3, 1 / 3)
        with pytest.raises(ValueError, match=rf"`target` is {label}: it must be a label from 0 to 2"):
            emd_ref.squared_emd(p, label)


def test_no_remedy_is_named_that_a_function_does_not_have() -> None:
    with pytest.raises(ValueError, match="`target`") as refused:
        ClassCentroids(2).update(np.ones((1, 3)), np.array([[0.5, 0.6]]))
    assert "mass_tolerance" not in str(refused.value)
    assert "from_logits" not in str(refused.value)
