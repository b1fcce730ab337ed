"""What follows from which cases fail, without a look at the numbers: all of them, those of one flag or of one class."""

from collections.abc import Sequence

from emd_conformance._calling.answers import AnswerError
from emd_conformance._cases.case import Case
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._judging.result import Finding, Result


def pattern(cases: Sequence[Case], results: Sequence[Result]) -> Finding | None:
    """Return the finding that follows from which cases fail, and from how they fail."""
    failed = {result.case: result for result in results if result.failed}
    wrong = [case for case in cases if case.id in failed]
    right = [case for case in cases if case.id not in failed and case.id in {result.case for result in results}]
    all_raised = all(_raised(failed[case.id]) for case in wrong)
    if all_raised and not right:
        return finding("gradient-fails" if failed[wrong[0].id].quantity == "gradient" else "every-call-fails")
    if {case.classes for case in wrong} == {1}:
        return finding("one-class")
    if all_raised:
        return by_classes(cases, results) or finding("valid-input-rejected")
    return _by_flag(wrong, failed)


def _raised(result: Result) -> bool:
    return result.message.startswith("it raised") and AnswerError.__name__ not in result.message


def by_classes(cases: Sequence[Case], results: Sequence[Result]) -> Finding | None:
    """Return the finding that the number of classes decides whether an answer is right, if it does."""
    failed = {result.case: result.failed for result in results}
    misleading = {"root-gradient-nan", "near-equal"}
    clear = [case for case in cases if case.classes > 1 and not misleading & set(case.flags)]
    bad, good = ({c.classes for c in clear if failed.get(c.id) is is_bad} for is_bad in (True, False))
    if good and not bad & good and len(bad) > len(good):
        return finding("hard-coded-classes", f"it is right for C = {', '.join(map(str, sorted(good)))}")
    return None


def _by_flag(wrong: Sequence[Case], failed: dict[str, Result]) -> Finding | None:
    """Return the defect that a flag names, if only cases of this flag fail."""
    note = f"only the cases that test this fail: {', '.join(case.id for case in wrong)}"
    for flag in ("huge-logits", "overflow"):
        if all(flag in case.flags for case in wrong):
            return finding(flag, note)
    if not all("root-gradient-nan" in case.flags and _infinite(failed[case.id]) for case in wrong):
        return None
    gradient = any(result.quantity == "gradient" for result in failed.values())
    return finding("root-gradient-nan" if gradient else "nan-at-equality", note)


def _infinite(result: Result) -> bool:
    return any(word in result.received for word in ("nan", "inf")) or "not finite" in result.message
