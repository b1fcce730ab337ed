"""Finds what explains the results of a run: the numbers, or which cases fail; a finding shows the smallest case."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import log

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.errors import CannotExamineError, located
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._diagnosis.evidence import Evidence
from emd_conformance._diagnosis.first_contact import every_call_fails
from emd_conformance._diagnosis.laws import which_hold
from emd_conformance._diagnosis.memory import answers_of_earlier_calls, separate_chance_from_memory, side_effects
from emd_conformance._diagnosis.otherwise import called_otherwise
from emd_conformance._diagnosis.slopes import explain_gradients
from emd_conformance._diagnosis.traits import where
from emd_conformance._diagnosis.upstream import explain_from_above
from emd_conformance._diagnosis.values import ENOUGH, explain_values
from emd_conformance._diagnosis.weights import explain_weights
from emd_conformance._diagnosis.where import explain_where
from emd_conformance._judging.check import REFUSED
from emd_conformance._judging.result import Finding, Result

UNWRITABLE = ("read-only", "broadcast")  # layouts that refuse to be changed
UNSTABLE = {"state-between-calls", "nondeterministic", "recording-dependent"}  # no formula explains such answers


def diagnose(caller: Caller, cases: Sequence[Case], results: Sequence[Result]) -> list[Finding]:
    """Return the findings, the most certain first.

    An error of the suite is the last of them: the results stand, whether they are explained or not.
    """
    findings: list[Finding] = []
    try:
        findings.extend(_findings(caller, cases, results))
    except CannotExamineError:
        raise
    except Exception as error:
        findings.append(finding("diagnosis-failed", detail=located(error)))
    return findings


def _findings(caller: Caller, cases: Sequence[Case], results: Sequence[Result]) -> Iterator[Finding]:
    separate_chance_from_memory(caller, [case for case in cases if not case.invalid and case.predicted])
    yield from side_effects(caller.seen, cases, validates=caller.declared.validates)
    noted, explained = caller.seen.noted.keys(), caller.seen.misled
    if "input-mutated" in noted:  # it cannot write into arrays without memory of their own for each number
        explained |= {case.id for case in cases if case.passed in UNWRITABLE}
    plain = [case for case in cases if not case.invalid and case.predicted and case.id not in explained]
    unexplained = [result for result in results if result.case not in explained]
    if noted & UNSTABLE:
        unexplained = [result for result in unexplained if result.quantity == "rejection"]
    yield from _answers(caller, cases, plain, unexplained)
    if any(result.failed and result.quantity == "rejection" for result in unexplained):
        yield finding("invalid-input-accepted", evidence=smallest(results, cases, "rejection"))
    yield from _advice(results)


def _empty_batches(cases: Sequence[Case], results: Sequence[Result]) -> Finding | None:
    """Return the finding for a loss that fails for batches without samples, and for nothing else."""
    failed = {result.case: result for result in results if result.failed}
    empty = {case.id for case in cases if not case.predicted}
    if failed and failed.keys() <= empty:
        raises = all(_raised(result) for result in failed.values())
        return finding(
            "valid-input-rejected" if raises else "wrong-shape", "it fails for batches without samples alone"
        )
    return None


def _answers(caller: Caller, known: Sequence[Case], cases: list[Case], results: Sequence[Result]) -> list[Finding]:
    """Return the finding for wrong values or, where all values are right, for wrong gradients."""
    wrong = {result.quantity for result in results if result.failed}
    for quantity, explain in (("value", _values), ("gradient", explain_gradients)):
        if quantity in wrong:
            relevant = [result for result in results if result.quantity == quantity]
            found = _empty_batches(known, relevant) or explain_where(known, relevant)
            found = found or (explain_from_above(caller, cases, relevant) if quantity == "gradient" else None)
            if not found and not caller.declared.weighted:
                found = answers_of_earlier_calls(caller, cases, relevant)
            found = found or _pattern(cases, relevant, caller.declared)
            if found is None or found.id == "every-call-fails":  # another way to call may succeed
                found = (explain_weights if caller.declared.weighted else explain)(caller, cases, relevant)
            return [replace(found, evidence=smallest(relevant, known, quantity))]
    return []


def _pattern(cases: Sequence[Case], results: Sequence[Result], declared: Declaration) -> Finding | None:
    """Return the finding that follows from which cases fail, and from how they fail."""
    failed = {result.case: result for result in results if result.failed}
    passed = {r.case for r in results if r.status in ("pass", "xfail") and not r.message.startswith(REFUSED)}
    wrong = [case for case in cases if case.id in failed]
    right = [case for case in cases if case.id in passed and case.id not in failed]
    if not wrong:
        return None
    all_raised = all(_raised(failed[case.id]) for case in wrong)
    if all_raised and not right:
        return finding("gradient-fails" if failed[wrong[0].id].quantity == "gradient" else "every-call-fails")
    if {case.classes for case in wrong} == {1}:
        return finding("one-class")
    if all_raised:
        return _by_classes(cases, results, declared) or finding("valid-input-rejected", where(wrong, right))
    if all("infinite-logits" in case.flags for case in wrong):
        return finding("infinite-logits", where(wrong, right))
    if all(_raised(failed[case.id]) or _infinite(failed[case.id]) for case in wrong):
        return _not_finite(wrong, right, failed, declared)
    return None


def _several_grounds(cases: Sequence[Case]) -> bool:
    """Tell whether cases of one number of classes stand for all: on a tree, its shape may decide, not the number."""
    grounds = {case.ground for case in cases}
    kinds = {ground.kind for ground in grounds}
    return kinds <= {"line", "circle"} or (len(grounds) > 1 and "tree" not in kinds)


def _parameters(cases: Sequence[Case]) -> int:
    """Return how many different parameters the cases have: with one alone, a parameter may be ignored unseen."""
    return len({(case.exponent, case.bias, case.weight) for case in cases})


def _raised(result: Result) -> bool:
    return result.message.startswith("it raised")


def _by_classes(cases: Sequence[Case], results: Sequence[Result], declared: Declaration) -> Finding | None:
    """Return the finding that the number of classes decides whether an answer is right, if it does."""
    failed = {result.case: result.failed for result in results if result.status != "skip"}
    misleading = {"root-gradient-nan", "near-equal"}
    clear = [case for case in cases if case.classes > 1 and not misleading & set(case.flags)]
    bad, good = ({c.classes for c in clear if failed.get(c.id) is is_bad} for is_bad in (True, False))
    of = {C: [case for case in clear if case.classes == C] for C in good}
    if "R" in declared.expression.names or declared.expression.parameters - {"C", "range"}:
        good = {C for C in good if _parameters(of[C]) >= min(_parameters(clear), 2)}
    good = {C for C in good if _several_grounds(of[C])}
    if good - {2} and not bad & good and len(bad) > len(good):
        return finding("hard-coded-classes", f"it is right for C = {', '.join(map(str, sorted(good)))}")
    return None


def _not_finite(
    wrong: Sequence[Case], right: Sequence[Case], failed: dict[str, Result], declared: Declaration
) -> Finding:
    """Return the finding for answers that are right wherever they are finite."""
    found, largest_logit = where(wrong, right), log(declared.precision.largest)
    gradient = any(result.quantity == "gradient" for result in failed.values())
    if all("huge-logits" in case.flags or _exponential_overflows(case, largest_logit) for case in wrong):
        return finding("huge-logits", found)
    if all("overflow" in case.flags for case in wrong):
        return finding("overflow", found)
    if all("root-gradient-nan" in case.flags for case in wrong):
        if gradient:
            return finding("root-gradient-nan", found)
        if declared.expression.names <= {"E", "W1"}:  # a cross-entropy may be infinite
            return finding("nan-at-equality", found)
    if gradient:
        return finding("gradient-not-finite", found)
    return finding("nan-at-zero" if "probability is 0" in found else "not-finite", found)


def _exponential_overflows(case: Case, largest_logit: float) -> bool:
    return case.input == "logits" and any(abs(max(row)) > largest_logit for row in case.predicted)


def _infinite(result: Result) -> bool:
    return any(word in result.received for word in ("nan", "inf")) or "not finite" in result.message


def _values(caller: Caller, cases: list[Case], results: Sequence[Result]) -> Finding:
    evidence = Evidence(caller, cases, results)
    answered = any(answer.received is not None for answer in evidence.answers)
    return (
        explain_values(evidence, results)
        or _always_the_same(evidence)
        or called_otherwise(caller, results)
        or _by_classes(cases, results, caller.declared)
        or (_unexplained(evidence, cases) if answered else every_call_fails(caller, cases))
    )


def _always_the_same(evidence: Evidence) -> Finding | None:
    """Return the finding that every answer consists of one number, if it is so."""
    numbers = {x for answer in evidence.answers for x in answer.received or ()}
    if len(numbers) != 1 or len(evidence.probes) < ENOUGH:
        return None
    return finding("always-the-same", detail=f"{numbers.pop():.9g}")


def _unexplained(evidence: Evidence, cases: list[Case]) -> Finding:
    """Return what was verified to hold and not to hold."""
    wrong = [answer.case for answer in evidence.answers if answer.result.failed]
    right = [answer.case for answer in evidence.answers if not answer.result.failed]
    examined = where(wrong, right)
    return finding("unexplained", "; ".join(filter(None, [examined, which_hold(evidence.caller, cases)])))


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
    refused = {
        r.message.partition(":")[0].removeprefix(f"{REFUSED} ") for r in results if r.message.startswith(REFUSED)
    }
    advice = [finding("label-dtype-refused", f"it refused {', '.join(sorted(refused))}")] if refused else []
    accepted = [r for r in results if r.quantity == "rejection" and r.status == "skip" and r.received]
    if not accepted:
        return advice
    kinds = [result.message.removesuffix(" was accepted (8.4)") for result in accepted]
    number = f"{len(set(kinds))} kinds, such as" if len(set(kinds)) > 1 else "that is,"
    return [*advice, finding("input-not-checked", f"{number} {kinds[0]} (case {accepted[0].case})")]
