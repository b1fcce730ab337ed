"""What is kept: objects that cannot be changed, and answers that would take long to compute again."""

from dataclasses import FrozenInstanceError, fields

import pytest
from emd_conformance import Declaration
from emd_conformance._declaration import applicability, forms
from emd_conformance._declaration.expression import Dual, parse
from emd_conformance._exact.interval import enclose
from emd_conformance._judging import allowed, quantities
from emd_conformance._judging.check import Check
from emd_conformance._judging.result import Finding, Result
from emd_conformance._judging.subgradients import Subgradient
from small import case, sample, told

VALUES = [
    allowed.Allowed(enclose(1), enclose(1)),
    Check(told({}), case(), "value"),
    Declaration(),
    Dual(enclose(1), {}),
    Finding("defect", "E/2", "half"),
    parse("E"),
    quantities.QUANTITIES["E"],
    Result("line/soft-3", "value", "pass"),
    sample(),
    Subgradient([], [], []),
]


def test_what_is_shared_cannot_be_changed():
    for value in VALUES:
        with pytest.raises(FrozenInstanceError):
            setattr(value, fields(value)[0].name, None)


def test_the_answers_to_the_samples_of_a_declaration_are_kept():
    """There are about 1500."""
    kept = allowed.allowed_value, allowed._rounded_value, allowed.allowed_gradient, quantities._exact_value
    for function in (*kept, forms._sums, forms.has_form):
        assert function.cache_info().maxsize > 1500


def test_a_value_and_its_gradient_share_their_quantities():
    of = sample()
    assert allowed._quantities(of, "any") is allowed._quantities(of, "any")
    assert applicability._exact_matrix.cache_info().maxsize is None
    matrix = Declaration(ground="matrix")
    assert matrix.ground_of(case()) is matrix.ground_of(case())
