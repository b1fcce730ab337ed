"""A declaration decides which cases are asked."""

from emd_conformance import Declaration, vectors
from emd_conformance._declaration.applicability import obstacle


def test_a_case_is_asked_only_if_the_declaration_allows_it():
    asked = {case.id for case in vectors() if not case.invalid and not obstacle(Declaration(), case, "value")}
    assert "line/soft-5" in asked
    assert not any(name.startswith(("logits/", "circle/", "off-simplex/", "empty/", "positions/")) for name in asked)
    logits = Declaration(input="logits", target="labels")
    assert {case.input for case in vectors() if not case.invalid and not obstacle(logits, case, "value")} == {"logits"}
