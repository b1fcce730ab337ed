"""A declaration as keyword arguments, as text and as flags of the command line: each says the same."""

import argparse

import losses
import pytest
from emd_conformance import Declaration
from emd_conformance._declaration.options import add_flags, as_text, copy_arguments, flags, given, read_flags

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
