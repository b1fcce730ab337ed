"""Finds the hypothesis that explains every value, or another way to call in which the answers are right."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import product
from math import isfinite
from typing import Any

from emd_conformance._calling.answers import AnswerError
from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import CHOICES, Declaration
from emd_conformance._declaration.sample import Sample
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._diagnosis.hypothesis import LARGEST, MISLEADING, Hypothesis, Slack, agree, declared, hypotheses
from emd_conformance._exact.interval import Interval
from emd_conformance._judging.result import Finding, Result

ENOUGH = 3  # answers that a hypothesis must explain
PLACES = ("[0]", "['loss']", ".loss", "[1]")  # where a loss that returns several things has its value
SOME = 16  # cases that are tried with another way to call
HUGE = 10**100  # ratios of exact answers between 1/HUGE and HUGE are finite floats
NARROWER = {"float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}


class Answers:
    """What an implementation answers to small cases in which p and t differ clearly, where hypotheses differ most."""

    def __init__(self, caller: Caller, cases: Sequence[Case]) -> None:
        clear = [case for case in cases if case.classes <= LARGEST and not MISLEADING & set(case.flags)]
        self.caller = caller
        answered = [(caller.samples(case), self._ask(case)) for case in clear]
        self.asked = sorted(((s, a) for s, a in answered if a), key=lambda pair: pair[0][0].case.classes)

    def _ask(self, case: Case) -> list[float]:
        try:
            received = self.caller.raw(case)
        except Exception:  # the check of the case has reported it
            return []
        return received if all(map(isfinite, received)) else []

    def support(self, guess: Hypothesis, slack: Slack) -> int:
        """Return how many answers a hypothesis explains: all those that it predicts, or none if one of them differs."""
        explained = 0
        for samples, received in self.asked:
            guessed = predicted(guess, samples, slack)
            if guessed is not None and not agree(received, guessed, slack):
                return 0
            explained += guessed is not None
        return explained


def predicted(guess: Hypothesis, samples: list[Sample], slack: Slack) -> list[Interval] | None:
    """Return the answers of a hypothesis, or None where it has none, as E/(C-1) for one class."""
    try:
        return guess.answer(samples, slack)
    except (ZeroDivisionError, KeyError):
        return None


def explain_values(answers: Answers, results: Sequence[Result]) -> Finding | None:
    """Return the finding that explains every answer with the fewest changes; lost digits count as one change."""
    if len(answers.asked) < ENOUGH:
        return None
    slack = Slack(answers.caller.declared.precision.unit)
    search = partial(_search, answers, results, slack)
    found = search(0) or search(1) or _multiple(answers, slack) or in_narrower(answers, "float32")
    return found or search(2) or search(3)


def _search(answers: Answers, results: Sequence[Result], slack: Slack, number: int) -> Finding | None:
    for guess in hypotheses(answers.caller.declared, number):
        if (explained := answers.support(guess, slack)) >= ENOUGH:
            return _finding(guess, explained, results)
    return None


def _finding(guess: Hypothesis, explained: int, results: Sequence[Result]) -> Finding:
    note = f"this explains all {explained} answers that were compared"
    if not guess.changes:
        shape = any(AnswerError.__name__ in result.message for result in results if result.failed)
        return finding("wrong-shape" if shape else "low-precision", note)
    names = [(change.kind, change.name.removesuffix(", wrapping")) for change in guess.changes]
    defects = [name for kind, name in names if kind == "defect"]
    conventions = ", ".join(name for kind, name in names if kind == "convention")
    if not defects:
        return finding("convention", note, id=conventions)
    return finding(defects[0], f"with {conventions}, {note}" if conventions else note)


def _multiple(answers: Answers, slack: Slack) -> Finding | None:
    """Return the finding that every answer is right but for one factor or one added constant, if so."""
    base = declared(answers.caller.declared)
    rows = [(received, predicted(base, samples, slack) or []) for samples, received in answers.asked]
    alike = [zip(received, guessed, strict=True) for received, guessed in rows if len(received) == len(guessed)]
    pairs = [(Fraction(x), guess.middle) for row in alike for x, guess in row]
    pairs = [(x, exact) for x, exact in pairs if not exact or 1 / HUGE < abs(exact) < HUGE]
    if len(pairs) < ENOUGH:
        return None
    return _factor(pairs) or _constant(pairs)


def _factor(pairs: list[tuple[Fraction, Fraction]]) -> Finding | None:
    ratios = [float(x / exact) for x, exact in pairs if exact]
    zeros = all(not x for x, exact in pairs if not exact)
    if not ratios or not zeros or max(ratios) - min(ratios) > 1e-9 * abs(ratios[0]):
        return None
    return finding("constant-factor", f"every answer is {ratios[0]:.9g} times the right one")


def _constant(pairs: list[tuple[Fraction, Fraction]]) -> Finding | None:
    excess = [float(x - exact) for x, exact in pairs]
    if abs(excess[0]) < 1e-13 or max(excess) - min(excess) > 1e-3 * abs(excess[0]):
        return None
    return finding("constant-added", f"every answer is {excess[0]:.6g} more than the right one")


def in_narrower(answers: Answers, *names: str) -> Finding | None:
    """Return the finding that every answer is right to the precision of one of these narrower formats, if so."""
    base = declared(answers.caller.declared)
    for name in names:
        if answers.support(base, Slack(NARROWER[name], roundings=4)) >= ENOUGH:
            return finding("low-precision", f"the errors are those of {name}")
    return None


def called_otherwise(caller: Caller, cases: Sequence[Case], *, answered: bool) -> Finding | None:
    """Return the convention under which all answers are right; other targets are tried if no call was answered."""
    slack = Slack(caller.declared.precision.unit)
    for changes in _others(caller.declared, answered):
        other = replace(caller.declared, **changes)
        asked = [case for case in cases if not obstacle(other, case, "value")]
        answers = Answers(replace(caller, declared=other), asked[:SOME])
        if len(answers.asked) >= ENOUGH and answers.support(declared(other), slack):
            names = ", ".join(f"{name}={value!r}" for name, value in changes.items())
            note = f"called so, it is right in all {len(answers.asked)} cases that were compared"
            return finding("convention", note, id=names)
    return None


def _others(declaration: Declaration, answered: bool) -> Iterator[dict[str, Any]]:
    """Yield other declarations of the call, single changes first."""
    orders = CHOICES["order"] if declaration.call is None else ()
    yield from ({"order": order} for order in orders if order != declaration.order)
    yield from ({"axis": axis} for axis in (-1, 0) if axis != declaration.axis)
    yield {"batched": not declaration.batched}
    if declaration.takes_labels:
        yield from ({"label_shape": shape} for shape in CHOICES["label_shape"] if shape != declaration.label_shape)
    if not answered and declaration.returns is None:
        yield from ({"returns": place} for place in PLACES)
    if not answered and declaration.call is None:
        names = ("target", "order", "label_shape")
        ways = [dict(zip(names, way, strict=True)) for way in product(*(CHOICES[name] for name in names))]
        changed = [{name: x for name, x in way.items() if x != getattr(declaration, name)} for way in ways]
        yield from sorted((way for way in changed if "target" in way), key=len)
