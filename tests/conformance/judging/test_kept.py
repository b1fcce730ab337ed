"""What is kept: objects that cannot be changed, and answers that would take long to compute again."""

from dataclasses import FrozenInstanceError, fields

import pytest
from emd_conformance import Declaration
from emd_conformance._declaration import applicability, forms
from emd_conformance._declaration.expression import Dual
from emd_conformance._exact.interval import enclose
from emd_conformance._judging import allowed, quantities
from emd_conformance._judging.check import Check
from emd_conformance._judging.result import Finding
from emd_conformance._judging.subgradients import Subgradient
from small import P, case, reason, sample, told


def test_what_a_check_is_made_of_cannot_be_changed():
    check = Check(told({"gradients": [[2.0, 1.0, 0.0]]}, computes="W1 + 0", grad="gradient"), case(), "gradient")
    expression = check.caller.declared.expression
    (answer, *_) = allowed.allowed_gradient(sample(computes="W1 + 0"), "any")
    values = [check, check.case, check.caller.declared, sample(), expression, answer, check.examine()]
    values += [Dual(enclose(1), {}), quantities.QUANTITIES["E"], Subgradient([], [], []), Finding("defect", "E/2", "")]
    for value in values:
        with pytest.raises(FrozenInstanceError):
            setattr(value, fields(value)[0].name, None)


def test_the_answers_to_the_samples_of_a_declaration_are_kept():
    """There are about 1500."""
    of = sample()
    for function in (allowed.allowed_value, allowed._rounded_value, allowed.allowed_gradient):
        assert function(of, "any") is function(of, "any")
        assert function.cache_info().maxsize > 1500
    assert quantities._exact_value(of, "E") is quantities._exact_value(of, "E")
    assert quantities._exact_value.cache_info().maxsize > 1500


def test_so_are_their_sums():
    assert forms.given_as("cdf", P) == [0.5, 0.75, 1.0]
    assert forms.has_form("cdf", P, "float64")
    assert min(function.cache_info().maxsize for function in (forms._sums, forms.has_form)) > 1500


def test_a_value_and_its_gradient_share_their_quantities():
    of = sample()
    assert allowed._quantities(of, "any") is allowed._quantities(of, "any")


def test_a_ground_distance_is_made_a_matrix_once():
    declared, of = Declaration(ground="matrix"), case()
    assert declared.ground_of(of) is declared.ground_of(of)
    assert reason(of, ground="matrix") == ""
    assert applicability._exact_matrix.cache_info().currsize > 0
