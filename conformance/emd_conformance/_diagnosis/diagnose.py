"""What explains the answers: a convention that was not declared, a known defect, or neither.

A verdict never comes from here. A finding says in one sentence what the loss does, with the smallest case that shows
it, what to change, and where else it was seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._diagnosis import behaviour
from emd_conformance._diagnosis.calls import asked_otherwise
from emd_conformance._diagnosis.gradients import explain_gradients
from emd_conformance._diagnosis.laws import properties
from emd_conformance._diagnosis.memory import remembers, settle
from emd_conformance._diagnosis.patterns import EVERY_CALL_FAILS, by_classes, pattern
from emd_conformance._diagnosis.values import Answers, explain_values, in_narrower
from emd_conformance._judging.result import Finding, Result

ROUNDED = ("near", "tiny", "large")  # groups in which rounding and thresholds show more than formulas do
UNEXPLAINED = "no known convention or defect explains the answers"


def diagnose(caller: Caller, cases: Sequence[Case], results: Sequence[Result]) -> list[Finding]:
    """Return the findings, the most certain first."""
    settle(caller, [case for case in cases if not case.invalid and case.predicted])
    findings = behaviour.findings(caller.seen, cases, validates=caller.declared.validates)
    explained = caller.seen.violations
    plain = [case for case in cases if not case.invalid and case.predicted and case.id not in explained]
    plain = [case for case in plain if case.group not in ROUNDED] or plain
    open_results = [result for result in results if result.case not in explained]
    if {"state-between-calls", "nondeterministic"} & caller.seen.noted.keys():  # no formula explains such answers
        open_results = [result for result in open_results if result.quantity == "rejection"]
    findings += _quantities(caller, plain, open_results)
    if any(result.failed and result.quantity == "rejection" for result in open_results):
        evidence = smallest(results, cases, "rejection")
        remedy = "raise an error that names the argument (8.4)"
        message = "it claims to reject invalid input and accepts it"
        findings.append(Finding("defect", "invalid-input-accepted", message, evidence, remedy))
    return findings + _advice(results)


def _quantities(caller: Caller, cases: list[Case], results: Sequence[Result]) -> list[Finding]:
    wrong = {result.quantity for result in results if result.failed}
    for quantity, explain in (("value", _value), ("gradient", _gradient)):
        if quantity in wrong:
            relevant = [result for result in results if result.quantity == quantity]
            evidence = smallest(relevant, cases, quantity)
            found = remembers(caller, cases, relevant) or pattern(cases, relevant)
            if found is None or found is EVERY_CALL_FAILS:
                found = explain(caller, cases, relevant)
            return [Finding(found.kind, found.id, found.message, evidence, found.remedy, found.seen)]
    return []


def _value(caller: Caller, cases: list[Case], results: Sequence[Result]) -> Finding:
    answers = Answers(caller, cases)
    return (
        explain_values(answers, results)
        or asked_otherwise(caller, cases, answered=bool(answers.asked))
        or by_classes(cases, results)
        or in_narrower(answers)
        or _unexplained(caller, cases, answers)
    )


def _unexplained(caller: Caller, cases: list[Case], answers: Answers) -> Finding:
    if not answers.asked:
        return EVERY_CALL_FAILS
    return Finding("unknown", "unexplained", f"{UNEXPLAINED}; {properties(caller, cases)}", remedy=START)


def _gradient(caller: Caller, cases: list[Case], results: Sequence[Result]) -> Finding:
    failed = {result.case for result in results if result.failed}
    found = explain_gradients(caller, [case for case in cases if case.id in failed])
    return found or Finding("unknown", "gradient", "the gradient is wrong while the value is right", "", "see 5.1")


START = "start from this case: it is the smallest that fails"


def smallest(results: Sequence[Result], cases: Sequence[Case], quantity: str) -> str:
    """Return the smallest failure of a quantity, in words."""
    size = {case.id: (case.classes, len(case.predicted)) for case in cases}
    failures = [result for result in results if result.failed and result.quantity == quantity and result.case in size]
    if not failures:
        return ""
    worst = min(failures, key=lambda result: size[result.case])
    numbers = {"expected": worst.expected, "received": worst.received}
    lines = [f"    {word} {text}" for word, text in numbers.items() if text]
    return "\n".join([f"case {worst.case} (emd-conformance show {worst.case}): {worst.message}", *lines])


def _advice(results: Sequence[Result]) -> list[Finding]:
    findings: list[Finding] = []
    accepted = [r for r in results if r.quantity == "rejection" and r.status == "skip" and r.received]
    if accepted:
        kinds = sorted({result.message.removesuffix(" was accepted (8.4)") for result in accepted})
        message = f"it accepts invalid input silently: {'; '.join(kinds)}"
        remedy = "raise an error that names the argument (8.4), or document that the caller must check"
        findings.append(Finding("advice", "input-not-checked", message, f"case {accepted[0].case}", remedy))
    return findings
