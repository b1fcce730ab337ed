"""A declaration as keyword arguments, as text and as flags of the command line: each says the same."""

import argparse
import json

import losses
import pytest
from emd_conformance import Declaration
from emd_conformance._declaration.options import (
    add_flags,
    as_flags,
    as_object,
    as_text,
    copy_arguments,
    flags,
    given,
    read_flags,
)

OPTIONS = [
    {},
    {"input": "log-probabilities", "target": "labels-from-1", "label_shape": "(N,1)", "order": "target-first"},
    {"reduction": "mean", "computes": "sqrt(E/C)", "axis": 0, "array": "torch", "grad": "autograd"},
    {"dtype": "bfloat16", "compute_dtype": "float32", "batched": False, "classes": (5, 10), "validates": True},
    {"call": "p, x[k]", "returns": "['loss']"},
    {"target": "labels", "ignore_index": -100, "reduction": "weighted-mean"},
    {"call": "t, p, onehot=True", "ground": "matrix", "capabilities": ("off-simplex", "batch-axes")},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_flags_are_read_as_the_options_that_they_were_made_of(options):
    parser = argparse.ArgumentParser()
    add_flags(parser)
    assert read_flags(parser.parse_args(flags(options))) == options


@pytest.mark.parametrize("options", OPTIONS)
def test_what_differs_from_the_defaults_is_given(options):
    assert given(Declaration(**options)) == options


@pytest.mark.parametrize("options", OPTIONS)
def test_the_text_is_that_of_keyword_arguments(options):
    assert eval(f"dict({as_text(Declaration(**options))})") == options


def test_a_function_has_a_name_in_the_text_and_no_flag():
    declared = Declaration(grad=losses.free_gradient, axis=-1, reduction="sum")
    assert as_text(declared) == "reduction='sum', grad=free_gradient"
    assert copy_arguments(declared) == "--reduction sum"


def test_what_copy_takes_from_the_case_is_no_argument_of_it():
    options = {"computes": "E/(C-1)", "classes": (3,), "validates": True, "capabilities": ("empty-batch",)}
    assert copy_arguments(Declaration(**options, batched=False)) == "--computes 'E/(C-1)' --unbatched"


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ("axis=0, array='torch'", "--axis=0 --array=torch"),
        ("computes='sqrt(E / C)'", "'--computes=sqrt(E / C)'"),
        ("batched=False, validates=True", "--unbatched --validates"),
        ("batched=True, validates=False", ""),
        ("classes=(3, 5), label_shape='(N,1)'", "--classes=3,5 '--label-shape=(N,1)'"),
        ("capabilities=('off-simplex', 'empty-batch')", "--capability=off-simplex --capability=empty-batch"),
        ("reduction=mean", ""),
        ("speed=3, axis=0", ""),
    ],
)
def test_keywords_as_flags(keywords, words):
    assert as_flags(keywords) == words


def test_what_is_no_list_of_keywords_has_no_flags():
    assert as_flags("divide by 2 (the mean)") == ""
    assert as_flags("the remedy: axis=0") == ""


def test_every_field_has_a_value_that_json_has():
    declared = Declaration(grad=losses.free_gradient, classes=(3, 5), validates=True, capabilities=["empty-batch"])
    found = as_object(declared)
    assert json.loads(json.dumps(found)) == found
    assert (found["grad"], found["classes"], found["capabilities"]) == ("free_gradient", [3, 5], ["empty-batch"])
    assert (found["validates"], found["axis"], found["ignore_index"], found["input"]) == (
        True,
        -1,
        None,
        "probabilities",
    )


def test_a_callable_without_a_name_has_that_of_its_class():
    assert as_object(Declaration(grad=losses.PerClasses(3)))["grad"] == "PerClasses"


def test_copy_takes_a_value_that_has_an_equals_sign():
    assert copy_arguments(Declaration(call="t, p, one=True, two=2")) == "--call 't, p, one=True, two=2'"


def parser(**options):
    made = argparse.ArgumentParser()
    add_flags(made, **options)
    return made


def test_the_flags_show_their_choices():
    shown = " ".join(parser().format_help().split())
    for words in ("none | mean | sum | weighted-mean", "-1 | 1 | 0", "off-simplex | empty-batch | batch-axes"):
        assert words in shown
    assert "--compute-dtype COMPUTE_DTYPE float64 | float32" in shown


def test_what_is_not_given_is_left_to_the_defaults():
    assert read_flags(parser().parse_args([])) == {}
    assert read_flags(parser().parse_args(["--axis=1", "--ignore-index=-1", "--target=labels"])) == {
        "axis": 1,
        "ignore_index": -1,
        "target": "labels",
    }


@pytest.mark.parametrize("flag", ["--classes=3", "--validates", "--capability=empty-batch"])
def test_flags_of_a_run_are_left_out_where_there_is_none(flag, capsys):
    parser().parse_args([flag])
    with pytest.raises(SystemExit):
        parser(of_a_run=False).parse_args([flag])
    assert "unrecognized" in capsys.readouterr().err


def test_flags_are_checked_when_they_are_read():
    with pytest.raises(ValueError, match="reduction='max' is not understood"):
        read_flags(parser().parse_args(["--reduction=max"]))
