"""A distribution is given as a CDF or as exceedance probabilities only if every sum is exact."""

import emd_conformance
import numpy as np
import pytest
from emd_conformance import Declaration
from emd_conformance._cases.load import find
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.forms import given_as, has_form


def test_the_forms_of_a_distribution():
    p = (0.5, 0.125, 0.375)
    assert given_as("probabilities", p) == [0.5, 0.125, 0.375]
    assert given_as("cdf", p) == [0.5, 0.625, 1.0]
    assert given_as("cumulative", p) == [0.5, 0.375]


def test_a_form_whose_numbers_are_rounded_is_not_given():
    assert has_form("probabilities", (0.1, 0.9), "float64")
    assert has_form("cdf", (0.5, 0.5), "bfloat16")
    assert not has_form("cdf", (0.5, 2.0**-30, 0.5 - 2.0**-30), "float32")
    assert not has_form("cdf", (2.0**-60, 1.0), "float64")
    assert not has_form("cumulative", (0.5, 0.5 - 2.0**-53), "float64")  # p_1 = 1 - S_1 would be another number
    assert not has_form("cumulative", (0.5, 0.75), "float64")
    assert not has_form("cumulative", (1.0,), "float64")


@pytest.mark.parametrize(
    ("declares", "form", "target_form"),
    [
        ({}, "probabilities", "probabilities"),
        ({"input": "cdf"}, "cdf", "cdf"),
        ({"input": "cdf", "target": "probabilities"}, "cdf", "probabilities"),
        ({"target": "cdf"}, "probabilities", "cdf"),
        ({"input": "logits", "target": "cumulative"}, "probabilities", "cumulative"),
        ({"input": "cumulative"}, "cumulative", "probabilities"),
    ],
)
def test_a_declaration_names_the_forms(declares, form, target_form):
    declared = Declaration(**declares)
    assert (declared.form, declared.target_form) == (form, target_form)


@pytest.mark.parametrize(
    ("identifier", "declares", "reason"),
    [
        ("line/one-class", {"input": "cumulative"}, "one class has no exceedance probability"),
        ("invalid/predicted-nan", {"target": "cdf"}, "its input is invalid as probabilities, and has no form as a CDF"),
        ("tiny/denormal-4", {"target": "cdf"}, "its numbers are not exact as a CDF in float64"),
    ],
)
def test_a_case_that_has_no_such_form_is_not_asked(identifier, declares, reason):
    case = find(identifier)
    assert obstacle(Declaration(**declares), case, "rejection" if case.invalid else "value") == reason


@pytest.mark.thorough
def test_what_is_read_as_another_form_does_not_conform():
    def target_not_summed(p, T):
        return np.square(np.cumsum(p, -1) - np.cumsum(T, -1)).sum(-1)

    def prefix_for_tail(F, T):
        return np.square(1 - F - T).sum(-1)

    assert emd_conformance.run(target_not_summed, target="cdf").verdict == "does-not-conform"
    options = {"input": "cumulative", "target": "cumulative"}
    assert emd_conformance.run(prefix_for_tail, **options).verdict == "does-not-conform"
