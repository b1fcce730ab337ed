"""What an implementation does besides computing: changes of the input, answers that differ from call to call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._diagnosis.catalogue import defect
from emd_conformance._diagnosis.hypothesis import Slack, agree, declared
from emd_conformance._judging.result import Finding, Result

CALLS = 8
LARGEST = 12


def settle(caller: Caller, cases: Sequence[Case]) -> None:
    """Tell chance from memory in what was noted: either gives different answers to the same question."""
    noted = caller.seen.noted
    again = [case for case in cases if case.id in noted.get("nondeterministic", {})]
    if not again:
        return
    if _drifts(caller, max(again, key=lambda case: case.classes * len(case.predicted))):
        noted["state-between-calls"] = noted.pop("nondeterministic") | noted.get("state-between-calls", {})
    else:
        noted.pop("state-between-calls", None)
        noted.pop("changes-random-state", None)  # the cause, where the answers draw from it


def remembers(caller: Caller, cases: Sequence[Case], results: Sequence[Result]) -> Finding | None:
    """Return a finding if the answers are those to earlier questions."""
    failed = {result.case for result in results if result.status == "fail" and result.quantity == "value"}
    wrong = [case for case in cases if case.id in failed and case.classes <= LARGEST][:3]
    stale = bool(wrong) and all(_stale(caller, case, cases) for case in wrong)
    return defect("state-between-calls") if stale else None


def _drifts(caller: Caller, case: Case) -> bool:
    """Tell whether the answers to one question follow the number of calls: they settle, alternate, or only grow."""
    try:
        answers = [caller.values(case) for _ in range(CALLS)]
    except Exception:  # an exception is already a result
        return False
    steps = [b >= a for a, b in pairwise(answers)]
    settled, alternating = answers[2] == answers[-1], answers[2:] == answers[:-2]
    return settled or alternating or all(steps) or not any(steps)


def _stale(caller: Caller, case: Case, cases: Sequence[Case]) -> bool:
    """Tell whether a case is answered with the target, or the answer, of another one of its shape."""
    shape = (case.classes, len(case.predicted), case.ground)
    alike = [other for other in cases if shape == (other.classes, len(other.predicted), other.ground)]
    base, slack = declared(caller.declared), Slack(caller.declared.precision.unit)
    try:
        received, own = caller.raw(case), caller.samples(case)
        for other in (other for other in alike if other.id != case.id):
            samples = caller.samples(other)
            mixed = replace(case, target=tuple(sample.target for sample in samples), labels=None)
            if any(agree(received, base.answer(guess, slack), slack) for guess in (samples, caller.samples(mixed))):
                return not agree(received, base.answer(own, slack), slack)
    except Exception:  # an exception is already a result
        return False
    return False
