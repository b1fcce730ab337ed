"""Each reason for which a case is not asked, on a small case of which one thing is changed."""

import pytest
from emd_conformance._exact.grounds import Circle, Line, Matrix, Tree
from small import P, T, asked_unless, case, labelled, reason

X = Line((0.0, 1.0, 3.0))
WEIGHTS = {"call": "p, t, w"}


INPUTS = [
    ({}, {}, ""),
    ({"input": "logits"}, {}, "its input is logits"),
    ({}, {"input": "logits"}, "its input is probabilities"),
    ({}, {"input": "conditional-logits"}, "its input is probabilities"),
    ({"input": "cumulative-logits"}, {"input": "cumulative-logits"}, ""),
    ({}, {"input": "log-probabilities"}, ""),
    ({"p": ((0.5, 0.5, 0.0),)}, {"input": "log-probabilities"}, "the logarithm of its input is not finite"),
    ({"flags": ("may-hang",)}, {}, "it can make an implementation hang, and this one does not claim to validate"),
    ({"flags": ("may-hang",)}, {"validates": True}, ""),
    ({}, {"classes": (2, 5)}, "its number of classes was not declared"),
    ({}, {"classes": (2, 3)}, ""),
    ({"dtypes": ("float64",)}, {"dtype": "float32"}, "its numbers are not exact in float32"),
    ({"dtypes": ("float64",), "input": "logits"}, {"dtype": "float32", "input": "logits"}, ""),
    ({"flags": ("rounded-mass",)}, {"input": "cdf"}, "its sums are not exactly 1"),
    ({"flags": ("rounded-mass",)}, {"target": "cumulative"}, "its sums are not exactly 1"),
    ({"invalid": "NaN"}, {"input": "cumulative"}, "its input is invalid as probabilities, and has no form as exceed"),
    ({"p": ((0.5, 0.25, 0.125),)}, {"input": "cumulative"}, "its numbers are not exact as exceedance probabilities"),
    ({"t": ((0.5, 0.25, 0.125),)}, {"target": "cumulative"}, "its numbers are not exact as exceedance probabilities"),
]


@pytest.mark.parametrize(("changes", "options", "words"), INPUTS[:9])
def test_inputs(changes, options, words):
    asked_unless(case(**changes), options, words)


@pytest.mark.parametrize(("changes", "options", "words"), INPUTS[9:])
def test_formats(changes, options, words):
    asked_unless(case(**changes), options, words)


@pytest.mark.parametrize(("dtype", "classes"), [("bfloat16", 60), ("float16", 508)])
def test_the_first_number_of_classes_whose_bound_is_one_half(dtype, classes):
    """(2 C + 8) u is 128 / 2^8, or 1024 / 2^11."""
    found = [reason(case(classes=C), dtype=dtype) for C in (classes - 1, classes)]
    assert found == ["", f"the error bound for {classes} classes in {dtype} is too wide to be of use"]


@pytest.mark.parametrize(
    ("of", "options", "words"),
    [
        (case(), {"target": "labels"}, "its target is a distribution"),
        (case(), {"call": "p, k"}, "its target is a distribution"),
        (labelled(1), {"call": "p, k"}, ""),
        (labelled(1), {"target": "labels"}, ""),
        (
            labelled(9, invalid="label"),
            {"call": "p, G[k]", "ground": "matrix"},
            "its input is invalid, and the call uses",
        ),
        (labelled(9, invalid="label"), {}, "its target is a label"),
        (labelled(9, invalid="label"), {"target": "labels"}, ""),
        (labelled(1), {}, ""),
    ],
)
def test_targets(of, options, words):
    asked_unless(of, options, words, "rejection" if of.invalid else "value")


OTHER = "it needs another ground distance"
FAR = Tree((2, 2, -1), (1e308, 1e308, 1.0))  # the distance of the first two classes is beyond all floats
UNEVEN = Tree((2, 2, -1), (1.0, 2.0**-60, 1.0))  # that of the first two classes, 1 + 2^-60, is no float


@pytest.mark.parametrize(
    ("changes", "ground", "words"),
    [
        ({}, "line", ""),
        ({}, "circle", OTHER),
        ({}, "positions", ""),
        ({}, "matrix", ""),
        ({"ground": X}, "line", OTHER),
        ({"ground": X}, "positions", ""),
        ({"ground": Circle()}, "matrix", ""),
        ({"ground": Circle()}, "positions", OTHER),
    ],
)
def test_ground_distances(changes, ground, words):
    asked_unless(case(**changes), {"ground": ground}, words)


@pytest.mark.parametrize(
    ("changes", "ground", "words"),
    [
        ({"ground": FAR}, "matrix", OTHER),
        ({"ground": FAR}, "tree", ""),
        ({"ground": UNEVEN}, "matrix", OTHER),
        ({"flags": ("rounded-mass",)}, "matrix", OTHER),
        ({"flags": ("rounded-mass",)}, "positions", OTHER),
        ({"flags": ("rounded-mass",)}, "line", ""),
        ({"needs": ("off-simplex",)}, "positions", OTHER),
        ({"needs": ("off-simplex",), "ground": X}, "positions", ""),
    ],
)
def test_ground_distances_that_are_not_exact(changes, ground, words):
    asked_unless(case(**changes), {"ground": ground, "capabilities": ("off-simplex",)}, words)


def test_a_matrix_has_at_most_100_classes():
    assert [reason(case(classes=C), ground="matrix") for C in (100, 101)] == ["", OTHER]


@pytest.mark.parametrize(
    ("ground", "words"), [(Line(), ""), (Matrix(((0.0, 1.0), (2.0, 0.0))), ""), (Circle(), OTHER), (FAR, OTHER)]
)
def test_invalid_input_is_asked_with_a_matrix_if_it_is_a_matrix_or_a_line(ground, words):
    asked_unless(case(invalid="G", ground=ground), {"ground": "matrix"}, words, "rejection")


NEEDS = {"capabilities": ("off-simplex", "batch-axes")}


@pytest.mark.parametrize(
    ("changes", "options", "words"),
    [
        ({"needs": ("batch-axes", "empty-batch")}, {}, "it needs the capability batch-axes"),
        ({"needs": ("batch-axes", "empty-batch")}, NEEDS, "it needs the capability empty-batch"),
        ({"needs": ("off-simplex",)}, NEEDS | {"ground": "matrix"}, "unequal masses are invalid for ground='matrix'"),
        ({"needs": ("off-simplex",)}, NEEDS, ""),
        ({"shape": (1, 1)}, {"batched": False}, "its batch cannot be asked one sample a call"),
        ({"p": (), "t": ()}, {"batched": False}, "its batch cannot be asked one sample a call"),
        ({"p": (), "t": ()}, {"reduction": "mean"}, "an empty batch has no mean"),
        ({"p": (), "t": ()}, {"reduction": "sum"}, ""),
    ],
)
def test_needs(changes, options, words):
    asked_unless(case(**changes), options, words)


def test_a_layout_that_the_library_does_not_have():
    assert reason(case(passed="read-only"), array="jax") == "array='jax' has nothing to pass as read-only"


@pytest.mark.parametrize(
    ("of", "options", "words"),
    [
        (
            case(),
            {"call": "p, t, class_weight"},
            "its target is a distribution, and class_weight is specified for labels",
        ),
        (case(invalid="NaN", flags=("overflow",)), WEIGHTS, ""),
        (case(flags=("overflow",)), WEIGHTS, "its value may be infinite, which has no product with a weight"),
        (case(flags=("overflow",)), {}, ""),
        (
            labelled(1, passed="uint8"),
            {"target": "labels", "ignore_index": -1},
            "the dtype of its labels does not hold -1",
        ),
        (labelled(1, passed="uint8"), {"target": "labels", "ignore_index": 255}, ""),
    ],
)
def test_weights(of, options, words):
    asked_unless(of, options, words, "rejection" if of.invalid else "value")


@pytest.mark.parametrize(
    ("checksums", "reduction", "words"),
    [
        ((3, 3), "weighted-mean", "its weights are all 0, and it has no weighted mean"),
        ((3, 4), "weighted-mean", ""),
        ((3, 3), "mean", ""),
    ],
)
def test_without_a_weight_there_is_no_weighted_mean(checksums, reduction, words):
    asked_unless(case((P, P), (T, T), checksums), WEIGHTS | {"reduction": reduction}, words)


@pytest.mark.parametrize(
    ("checksums", "reduction", "words"),
    [
        ((0, 0), "mean", "all of its labels are ignored, and it has no mean"),
        ((0, 21), "mean", ""),
        ((0, 0), "sum", ""),
    ],
)
def test_without_a_label_that_counts_there_is_no_mean(checksums, reduction, words):
    of = labelled(0, 1, checksums=checksums)
    asked_unless(of, {"target": "labels", "ignore_index": -100, "reduction": reduction}, words)


def test_one_thing_alone_is_asked_if_weights_are_ignored():
    """An empty batch has no labels to ignore, and is asked for its sum."""
    empty = case((), None, labels=())
    assert reason(empty, target="labels", ignore_index=-100, reduction="sum") == ""
