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
