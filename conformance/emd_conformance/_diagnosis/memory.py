"""What an implementation does besides answering: it changes its input, or its answers depend on earlier calls (7.5)."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from emd_conformance._calling.caller import Caller
from emd_conformance._calling.watch import HARMLESS, Observations
from emd_conformance._cases.case import Case
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._diagnosis.hypothesis import LARGEST, Slack, agree, declared
from emd_conformance._judging.result import Finding, Result

CALLS = 24  # repeated calls: chance alone makes no pattern of so many
SEVERAL = 5  # different answers


def side_effects(seen: Observations, cases: Sequence[Case], *, validates: bool) -> list[Finding]:
    """Return a finding for each kind of side effect, with the smallest case that shows it."""
    by_id = {case.id: case for case in cases}
    known = {id: [(by_id[c], text) for c, text in noted.items() if c in by_id] for id, noted in seen.noted.items()}
    return [_side_effect(id, noted, validates) for id, noted in known.items() if noted]


def _side_effect(id: str, noted: list[tuple[Case, str]], validates: bool) -> Finding:
    """Harmless effects are advice, and so are those of invalid input if the implementation does not claim to check."""
    case, detail = min(noted, key=lambda pair: (bool(pair[0].invalid), pair[0].classes, len(pair[0].predicted)))
    advice = id in HARMLESS or (bool(case.invalid) and not validates)
    evidence = f"case {case.id} (emd-conformance show {case.id})" + f": {detail}" * bool(detail)
    return finding(id, evidence=evidence, kind="advice" if advice else "defect")


def separate_chance_from_memory(caller: Caller, cases: Sequence[Case]) -> None:
    """Keep only one of the observations nondeterministic and state-between-calls: one cause can show as both.

    That an answer depends on earlier calls is said only if repeated answers follow the number of calls, or if a changed
    answer stays. Otherwise chance may explain it: two calls with the same input gave different answers.
    """
    noted = caller.seen.noted
    chance, memory = noted.get("nondeterministic", {}), noted.get("state-between-calls", {})
    again = [case for case in cases if case.id in chance] or [case for case in cases if case.id in memory]
    if not again:
        return
    answers = _repeated(caller, max(again, key=lambda case: case.classes * len(case.predicted)))
    if chance and _drifts(answers):
        noted["state-between-calls"] = noted.pop("nondeterministic") | memory
    elif chance or (len({repr(x) for x in answers}) > 1 and not _drifts(answers)):
        noted["nondeterministic"] = noted.pop("state-between-calls", {}) | chance
        noted.pop("changes-random-state", None)  # it is the cause where the answers are random


def _repeated(caller: Caller, case: Case) -> list[list[float]]:
    """Return the answers to repeated calls."""
    try:
        return [caller.values(case) for _ in range(CALLS)]
    except Exception:  # the check of the case has reported it
        return []


def _drifts(answers: Sequence[list[float]]) -> bool:
    """Tell whether answers follow the number of calls: they repeat with a period, or move in one direction."""
    distinct = len({repr(x) for x in answers})
    periods = (n for n in range(2, 5) if distinct > 1 and answers[n:] == answers[:-n])
    steps = [b >= a for a, b in pairwise(answers)]
    moves = distinct >= SEVERAL and (all(steps) or not any(steps))
    settled = distinct > 1 and len({repr(x) for x in answers[2:]}) == 1
    return bool(answers) and (moves or settled or next(periods, None) is not None)


def answers_of_earlier_calls(caller: Caller, cases: Sequence[Case], results: Sequence[Result]) -> Finding | None:
    """Return a finding if wrong answers are the right ones to earlier calls."""
    failed = {result.case for result in results if result.status == "fail" and result.quantity == "value"}
    wrong = [case for case in cases if case.id in failed and case.classes <= LARGEST][:3]
    stale = len(wrong) > 1 and _differ(caller, wrong) and all(_stale(caller, case, cases) for case in wrong)
    return finding("state-between-calls") if stale else None


def _differ(caller: Caller, cases: Sequence[Case]) -> bool:
    """Tell whether the answers to cases are not all alike: a constant is the right answer to some case."""
    try:
        return len({x for case in cases for x in caller.raw(case)}) > 1
    except Exception:  # the check of the case has reported it
        return False


def _stale(caller: Caller, case: Case, cases: Sequence[Case]) -> bool:
    """Tell whether the answer is that of another case of the same shape, or of this prediction and its target."""
    shape = (case.classes, len(case.predicted), case.ground)
    alike = [other for other in cases if shape == (other.classes, len(other.predicted), other.ground)]
    base, slack = declared(caller.declared), Slack(caller.declared.precision.coarser)
    try:
        received, own = caller.raw(case), caller.samples(case)
        for other in (other for other in alike if other.id != case.id):
            samples = caller.samples(other)
            mixed = replace(case, target=tuple(sample.target for sample in samples), labels=None)
            if any(agree(received, base.answer(guess, slack), slack) for guess in (samples, caller.samples(mixed))):
                return not agree(received, base.answer(own, slack), slack)
    except Exception:  # the check of the case has reported it
        return False
    return False
