"""Which cases fail, when that says enough: those of one flag, of one class, or all of them."""

from __future__ import annotations

from collections.abc import Sequence

from emd_conformance._calling.answers import AnswerError
from emd_conformance._cases.case import Case
from emd_conformance._diagnosis.catalogue import defect
from emd_conformance._judging.result import Finding, Result

EVERY_CALL_FAILS = Finding(
    "unknown",
    "every-call-fails",
    "no call gave an answer",
    remedy="compare the declaration with what the implementation takes: call, order, target, array",
)


def pattern(cases: Sequence[Case], results: Sequence[Result]) -> Finding | None:
    """Return the finding that follows from which cases fail, and how."""
    failed = {result.case: result for result in results if result.failed}
    wrong = [case for case in cases if case.id in failed]
    right = [case for case in cases if case.id not in failed and case.id in {result.case for result in results}]
    raised = [case for case in wrong if _raised(failed[case.id])]
    if len(raised) == len(wrong) and not right and failed[wrong[0].id].quantity == "gradient":
        return defect("gradient-fails")
    if len(raised) == len(wrong) and not right:
        return EVERY_CALL_FAILS
    if {case.classes for case in wrong} == {1}:
        return defect("one-class")
    if len(raised) == len(wrong):
        return by_classes(cases, results) or defect("valid-input-rejected")
    return _by_flag(wrong, failed)


def _raised(result: Result) -> bool:
    return result.message.startswith("it raised") and AnswerError.__name__ not in result.message


def by_classes(cases: Sequence[Case], results: Sequence[Result]) -> Finding | None:
    """Return that the number of classes decides, when it does."""
    failed = {result.case: result.failed for result in results}
    untelling = {"root-gradient-nan", "near-equal"}
    telling = [case for case in cases if case.classes > 1 and not untelling & set(case.flags)]
    bad, good = ({c.classes for c in telling if failed.get(c.id) is is_bad} for is_bad in (True, False))
    if good and not bad & good and len(bad) > len(good):
        return defect("hard-coded-classes", f"right for C = {', '.join(map(str, sorted(good)))}")
    return None


def _by_flag(wrong: Sequence[Case], failed: dict[str, Result]) -> Finding | None:
    """Return the defect that a flag names, when only cases of that flag fail."""
    names = ", ".join(case.id for case in wrong)
    note = f"only the cases made to catch it fail: {names}"
    for flag in ("huge-logits", "overflow"):
        if all(flag in case.flags for case in wrong):
            return defect(flag, note)
    if not all("root-gradient-nan" in case.flags and _infinite(failed[case.id]) for case in wrong):
        return None
    gradient = any(result.quantity == "gradient" for result in failed.values())
    return defect("root-gradient-nan" if gradient else "nan-at-equality", note)


def _infinite(result: Result) -> bool:
    return any(word in result.received for word in ("nan", "inf")) or "not finite" in result.message
