"""What the wrong answers have in common, if all others are right: how the arrays are passed, or sizes."""

from collections.abc import Callable, Sequence

from emd_conformance._cases.case import LARGE, Case
from emd_conformance._declaration.layouts import ALL_INTEGERS
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._judging.result import Finding, Result

SEVERAL = 64  # samples


def _passed(case: Case) -> str:
    return case.passed if case.passed not in ALL_INTEGERS else ""


PECULIARITIES: dict[str, Callable[[Case], object]] = {
    "label-dtype": lambda case: case.passed in ALL_INTEGERS,
    "layout": _passed,
    "several-batch-axes": lambda case: case.shape,
    "logarithm-bounded": lambda case: "unlikely-label" in case.flags,
    "rounded-mass": lambda case: "rounded-mass" in case.flags,
    "many-samples": lambda case: len(case.predicted) > SEVERAL,
    "many-classes": lambda case: case.classes > LARGE,
}


def explain_where(cases: Sequence[Case], results: Sequence[Result]) -> Finding | None:
    """Return the finding for answers that are wrong only in cases of one peculiarity, or None."""
    by_id = {case.id: case for case in cases}
    wrong = [by_id[result.case] for result in results if result.failed and result.case in by_id]
    right = [by_id[result.case] for result in results if result.status == "pass" and result.case in by_id]
    for id, has in PECULIARITIES.items():
        ordinary = [case for case in right if not has(case)]
        if wrong and ordinary and all(map(has, wrong)):
            return finding(id, f"it fails for {_those(wrong)}, and is right in {len(ordinary)} others")
    return None


def _those(cases: Sequence[Case]) -> str:
    names = ", ".join(case.id for case in cases[:6])
    return names if len(cases) <= 6 else f"{names} and {len(cases) - 6} more"
