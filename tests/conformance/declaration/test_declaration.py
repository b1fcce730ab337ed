"""Options of a declaration are checked, and an error names the choices."""

import pytest
from emd_conformance import Declaration
from emd_conformance._bounds.precision import Precision
from emd_conformance._declaration.errors import (
    IMPEDIMENTS,
    CallError,
    CannotExamineError,
    DeclarationError,
    HarnessError,
    LoadError,
    located,
)
from emd_conformance._exact.grounds import LINE, Circle, Line, Matrix, Tree
from small import case


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("input", "votes"),
        ("reduction", "max"),
        ("array", "tensorflow"),
        ("dtype", "int8"),
        ("ground", "torus"),
        ("axis", 2),
    ],
)
def test_a_wrong_option_is_refused_with_its_choices(option, value):
    with pytest.raises(ValueError, match=f"{option}=.*choose"):
        Declaration(**{option: value})


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="speed"):
        Declaration(speed="high")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"capabilities": ("batch-axes", "speed")}, "capabilities: 'speed' is unknown.* off-simplex, empty-batch"),
        ({"classes": (5, 0, -3)}, "classes: 0 is no number of classes"),
        ({"call": "p, (t"}, "is not a list of arguments"),
        ({"computes": "E**2"}, "computes='E\\*\\*2' is not understood"),
        ({"returns": "0"}, "returns='0' is not understood"),
        ({"ignore_index": 0}, "ignore_index=0 needs target='labels' or 'labels-from-1'"),
        (
            {"reduction": "weighted-mean", "call": "p, t"},
            "needs weights: w, class_weight, mask in call, or ignore_index",
        ),
    ],
)
def test_an_error_says_what_is_wrong(options, words):
    with pytest.raises(DeclarationError, match=words):
        Declaration(**options)


def test_what_is_allowed_is_not_refused():
    Declaration(classes=(1,), capabilities=("batch-axes", "empty-batch", "off-simplex"))
    for weights in ({"call": "p, t, mask"}, {"target": "labels-from-1", "ignore_index": 0}):
        Declaration(reduction="weighted-mean", **weights)


def test_a_declaration_is_a_value_even_if_it_is_made_of_lists():
    made = Declaration(classes=[2, 3], capabilities=["batch-axes"])
    assert (made.classes, made.capabilities) == ((2, 3), ("batch-axes",))
    assert {made} == {Declaration(classes=(2, 3), capabilities=("batch-axes",))}
    assert {Declaration()} != {Declaration(axis=0)}


@pytest.mark.parametrize(
    ("options", "template"),
    [
        ({}, "p, t"),
        ({"order": "target-first"}, "t, p"),
        ({"ground": "positions"}, "p, t, x"),
        ({"ground": "tree", "order": "target-first"}, "t, p, parents, lengths"),
        ({"ground": "circle"}, "p, t"),
        ({"call": "p, x[k]", "ground": "matrix"}, "p, x[k]"),
        ({"call": "", "order": "target-first"}, ""),
    ],
)
def test_the_arguments_of_a_call(options, template):
    assert Declaration(**options).template == template


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, set()),
        ({"call": "p, t, weight=w"}, {"w"}),
        ({"call": "p, t, mask, x"}, {"mask"}),
        ({"call": "p, k, class_weight", "target": "labels", "ignore_index": 0}, {"class_weight", "ignore_index"}),
        ({"target": "labels", "ignore_index": -1}, {"ignore_index"}),
    ],
)
def test_what_weighs_the_samples(options, names):
    assert Declaration(**options).weighted == names


@pytest.mark.parametrize(
    ("target", "takes_labels"), [("labels", True), ("labels-from-1", True), ("distribution", False), ("cdf", False)]
)
def test_a_target_may_be_a_label(target, takes_labels):
    assert Declaration(target=target).takes_labels == takes_labels


@pytest.mark.parametrize(
    ("input", "entries"),
    [
        ("probabilities", 5),
        ("log-probabilities", 5),
        ("logits", 5),
        ("cdf", 5),
        ("cumulative", 4),
        ("cumulative-logits", 4),
        ("conditional-logits", 4),
    ],
)
def test_ordinal_models_have_one_number_less_than_there_are_classes(input, entries):
    assert Declaration(input=input).entries(5) == entries


@pytest.mark.parametrize(
    ("dtype", "compute_dtype", "unit", "tiny"),
    [
        ("float64", None, -53, -1022),
        ("float64", "float64", -53, -1022),
        ("float64", "float32", -24, -126),
        ("float32", None, -24, -126),
        ("float32", "float32", -24, -126),
        ("float32", "float64", -53, -1022),
        ("float16", "float32", -24, -126),
        ("bfloat16", None, -8, -126),
    ],
)
def test_the_format_of_a_computation(dtype, compute_dtype, unit, tiny):
    """Its unit roundoff and its smallest normal number."""
    precision = Declaration(dtype=dtype, compute_dtype=compute_dtype).precision
    assert (precision.unit, precision.tiny) == (2.0**unit, 2.0**tiny)


def test_the_result_has_the_declared_format_unless_it_was_widened():
    assert Declaration(dtype="float16", compute_dtype="float32").precision == Precision(
        2.0**-24, 2.0**-126, 2.0**-11, 2.0**-24, 65504.0
    )
    assert Declaration(dtype="float64", compute_dtype="float32").precision.output_unit == 2.0**-24


def test_the_meaning_is_what_exact_answers_and_bounds_depend_on():
    meant = {"input": "cdf", "computes": "E/C", "dtype": "float32", "compute_dtype": "float64", "ground": "circle"}
    other = {"target": "cdf", "order": "target-first", "reduction": "mean", "array": "torch", "validates": True}
    assert Declaration(**meant, **other).meaning == Declaration(**meant)


@pytest.mark.parametrize(
    ("declared", "ground", "given"),
    [
        ("line", LINE, LINE),
        ("positions", LINE, Line((0.0, 1.0, 2.0))),
        ("positions", Line((0.0, 2.0, 3.0)), Line((0.0, 2.0, 3.0))),
        ("matrix", LINE, Matrix(((0.0, 1.0, 2.0), (1.0, 0.0, 1.0), (2.0, 1.0, 0.0)))),
        ("matrix", Tree((1, -1, 1), (0.5, 1.0, 2.0)), Matrix(((0.0, 0.5, 2.5), (0.5, 0.0, 2.0), (2.5, 2.0, 0.0)))),
        ("matrix", Matrix(((0.0, 7.0), (7.0, 0.0))), Matrix(((0.0, 7.0), (7.0, 0.0)))),
        ("circle", Circle(), Circle()),
        ("positions", Circle(), Circle()),
    ],
)
def test_a_ground_distance_is_given_in_the_declared_form(declared, ground, given):
    assert Declaration(ground=declared).ground_of(case(ground=ground)) == given


def test_each_reason_for_which_a_run_cannot_begin_has_a_verdict():
    assert IMPEDIMENTS == {"could-not-load": LoadError, "could-not-call": CallError, "harness-broken": HarnessError}


def test_an_error_of_the_suite_is_named_with_its_innermost_line():
    code = "def a():\n    b()\ndef b():\n    c()\ndef c():\n    raise ValueError('off')\n"
    planted = {}
    exec(compile(code, "/somewhere/emd_conformance/_room/planted.py", "exec"), planted)
    with pytest.raises(ValueError, match="off") as stop:
        planted["a"]()
    assert located(stop.value) == "ValueError in planted.py, line 6: off"
    assert all(issubclass(error, CannotExamineError) for error in IMPEDIMENTS.values())
