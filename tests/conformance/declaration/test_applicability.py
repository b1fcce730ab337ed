"""A declaration decides which cases are asked."""

import pytest
from emd_conformance import Declaration, vectors
from emd_conformance._cases.load import find
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import CAPABILITIES


def test_a_case_is_asked_only_if_the_declaration_allows_it():
    asked = {case.id for case in vectors() if not case.invalid and not obstacle(Declaration(), case, "value")}
    assert "line/soft-5" in asked
    assert not any(name.startswith(("logits/", "circle/", "off-simplex/", "empty/", "positions/")) for name in asked)
    logits = Declaration(input="logits", target="labels")
    assert {case.input for case in vectors() if not case.invalid and not obstacle(logits, case, "value")} == {"logits"}


@pytest.mark.parametrize(
    ("identifier", "options", "reason"),
    [
        ("off-simplex/line-4", {"ground": "matrix"}, "unequal masses are invalid for ground='matrix'"),
        ("axes/soft-2x3-4", {"batched": False}, "its batch cannot be asked one sample a call"),
        ("empty/line-5", {"batched": False}, "its batch cannot be asked one sample a call"),
        ("empty/line-5", {"reduction": "mean"}, "an empty batch has no mean"),
    ],
)
def test_what_excludes_a_case_in_spite_of_a_declared_capability_is_named(identifier, options, reason):
    case = find(identifier)
    assert obstacle(Declaration(), case, "value") == f"it needs the capability {case.needs[0]}"
    assert obstacle(Declaration(capabilities=CAPABILITIES, **options), case, "value") == reason


@pytest.mark.parametrize(("dtype", "unit"), [("bfloat16", 2**-8), ("float16", 2**-11), ("float32", 2**-24)])
def test_no_case_is_asked_whose_error_bound_says_nothing(dtype, unit):
    """A bound of half of what is summed up, and more (7.3)."""
    declared = Declaration(dtype=dtype, capabilities=CAPABILITIES)
    asked = {case.classes for case in vectors() if not obstacle(declared, case, "value")}
    refused = {case.classes for case in vectors() if "too wide to be of use" in obstacle(declared, case, "value")}
    assert max(asked) > 20
    assert all((2 * classes + 8) * unit < 0.5 for classes in asked)
    assert all((2 * classes + 8) * unit >= 0.5 for classes in refused)
    assert bool(refused) == (dtype != "float32")


def test_infinite_logits_are_asked_unless_a_target_distribution_makes_a_cross_entropy_of_them_undefined():
    cases = [case for case in vectors() if case.input == "logits" and "infinite-logits" in case.flags]
    for computes, target in (("E", "distribution"), ("E", "labels"), ("XE", "labels")):
        declared = Declaration(input="logits", target=target, computes=computes, capabilities=CAPABILITIES)
        assert any(not case.invalid and not obstacle(declared, case, "value") for case in cases), (computes, target)
    soft = Declaration(input="logits", computes="XE", capabilities=CAPABILITIES)
    reasons = {obstacle(soft, case, "value") for case in cases if case.labels is None and not case.invalid}
    assert "a logit of -inf times a target of 0 has no value in all libraries" in reasons
    assert "" not in reasons
