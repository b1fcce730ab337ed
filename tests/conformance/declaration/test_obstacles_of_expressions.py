"""What an expression, its parameters and its exact answers need of a case that is asked."""

from math import inf

import pytest
from emd_conformance._exact.grounds import Line
from emd_conformance._exact.interval import enclose
from small import asked_unless, case, reason

X = Line((0.0, 1.0, 3.0))
PENALTY = {"computes": "XE + weight*R"}


@pytest.mark.parametrize(
    ("changes", "options", "words"),
    [
        ({}, PENALTY, ""),
        ({"exponent": 2.0, "bias": 0.5}, PENALTY, "its exponent is not an argument of the call"),
        ({"exponent": 0.5}, PENALTY, "its exponent is not an argument of the call"),
        ({"exponent": 2.0}, PENALTY | {"call": "p, t, exponent"}, ""),
        ({"bias": -0.5}, PENALTY, "its bias is not an argument of the call"),
        ({"weight": 2.0}, PENALTY, "its weight is not an argument of the call"),
        ({"weight": 0.5}, PENALTY | {"call": "p, t, weight"}, ""),
        ({"exponent": 2.0, "bias": 0.5, "weight": 2.0}, {}, ""),
    ],
)
def test_parameters(changes, options, words):
    asked_unless(case(**changes), options, words)


def test_invalid_input_has_no_parameters():
    assert reason(case(invalid="NaN", exponent=2.0), "rejection", computes="R") == ""
    assert reason(case(bias=0.5, exponent=1.0), computes="R") == "its bias is not an argument of the call"


@pytest.mark.parametrize(
    ("changes", "options", "words"),
    [
        ({"flags": ("rounded-mass",)}, {"computes": "W1"}, "its masses differ, so that it has no EMD"),
        ({"flags": ("rounded-mass",)}, {"computes": "2*E"}, ""),
        ({"flags": ("large-size",)}, {"computes": "E + XE"}, "it is large, and states E alone"),
        ({"flags": ("large-size",)}, {"computes": "E/2"}, ""),
        ({}, {"computes": "E/(C - 3)"}, "the expression divides by 0 for its number of classes"),
        ({}, {"computes": "E/(C - 2)"}, ""),
        ({}, {"computes": "E/(weight - 1)"}, "the expression divides by 0 for its number of classes"),
    ],
)
def test_expressions(changes, options, words):
    asked_unless(case(**changes), options, words)


ORDINAL = {"input": "cumulative-logits"}


@pytest.mark.parametrize(
    ("changes", "options", "words"),
    [
        (ORDINAL, ORDINAL | {"computes": "XE"}, "only E is specified for the outputs of ordinal models"),
        (ORDINAL, ORDINAL | {"computes": "E/C"}, ""),
        ({"needs": ("off-simplex",)}, {"computes": "W1 + E"}, "its masses differ, and only E is specified there"),
        ({"needs": ("off-simplex",)}, {"computes": "E/C"}, ""),
    ],
)
def test_where_only_e_is_specified(changes, options, words):
    asked_unless(case(**changes), options | {"capabilities": ("off-simplex",)}, words)


@pytest.mark.parametrize(("ground", "words"), [(X, ""), (Line((0.0, 1.0, 70000.0)), "its range is beyond float16")])
def test_a_range_is_within_the_format(ground, words):
    asked_unless(case(ground=ground), {"ground": "positions", "dtype": "float16", "computes": "E/range"}, words)
    assert reason(case(ground=ground), ground="positions", dtype="float16") == ""


def test_a_range_of_the_largest_number_is_within_the_format():
    ground = Line((0.0, 1.0, 65504.0))
    assert reason(case(ground=ground), ground="positions", dtype="float16", computes="E/range") == ""


TOO_LONG = "its exact EMD takes too long: a linear programme, or unequal masses"
LOGITS = {"input": "logits", "computes": "W1", "ground": "matrix"}


@pytest.mark.parametrize(
    ("changes", "options", "words"),
    [
        ({"input": "logits"}, {"ground": "line"}, ""),
        ({"input": "logits"}, {}, ""),
        ({"input": "logits", "classes": 10}, {}, ""),
        ({"input": "logits", "classes": 11}, {}, TOO_LONG),
        ({"input": "logits", "classes": 11, "expected": {"W1": (enclose(0),)}}, {}, ""),
        ({"input": "logits", "t": ((0.5, 0.25, 0.125),)}, {}, TOO_LONG),
        ({}, {"input": "probabilities"}, TOO_LONG),
        ({"expected": {"W1": (enclose(0),)}}, {"input": "probabilities"}, ""),
    ],
)
def test_an_exact_emd_may_take_too_long(changes, options, words):
    asked_unless(case(**changes), LOGITS | options, words)


def test_the_emd_of_logarithms_is_not_stated():
    of = case(expected={"W1": (enclose(0),)})
    assert reason(of, input="log-probabilities", computes="W1", ground="matrix") == TOO_LONG
    assert reason(of, input="log-probabilities", computes="W1") == ""


def test_infinite_logits():
    of = case(((0.0, 0.0, -inf),), input="logits")
    assert "a logit of -inf times a target of 0" in reason(of, input="logits", computes="XE")
    assert reason(of, input="logits") == ""
    assert reason(case(((0.0, 0.0, inf),), input="logits"), input="logits", computes="XE") == ""
