"""Whether what a finding says of a loss is so, on fresh cases; None if that cannot be checked."""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import isfinite
from typing import Any

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._diagnosis.changes import hypotheses
from emd_conformance._diagnosis.gradients import guesses, matches
from emd_conformance._diagnosis.hypothesis import LARGEST, Hypothesis, Slack, agree, declared, predicted
from emd_conformance._diagnosis.precision import NARROWER
from emd_conformance._exact.numbers import fractions
from emd_conformance._exploration.solve import results
from emd_conformance._judging.allowed import allowed_values
from emd_conformance._judging.result import VIOLATIONS, Finding

ENOUGH = 3


def named_conventions(finding: Finding) -> dict[str, Any] | None:
    """Return the options that the id of a finding proposes, or None if it proposes none."""
    if finding.kind != "convention":
        return None
    try:
        call = ast.parse(f"f({finding.id})", mode="eval").body
        assert isinstance(call, ast.Call)
        return {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg}
    except (SyntaxError, ValueError):
        return None


def holds(finding: Finding, caller: Caller, cases: Sequence[Case]) -> bool | None:
    """Tell whether a finding that is no convention holds on fresh cases."""
    finite = [case for case in cases if all(isfinite(x) for row in case.predicted for x in row)]
    small = [case for case in finite if 1 < case.classes <= LARGEST]
    if finding.id in VIOLATIONS:
        return _behaves_so(finding.id, caller, small)
    special = SPECIAL.get(finding.id)
    if special is not None:
        return special(finding, caller, small)
    if finding.id.startswith("gradient-"):
        return _gradient_formula(finding, caller, small)
    return _formula(finding, caller, small)


def _behaves_so(id: str, caller: Caller, cases: Sequence[Case]) -> bool | None:
    if id not in ("input-mutated", "changes-numpy-state", "changes-random-state", "print-to-stdout"):
        return None
    answered = [case for case in cases if _ask(caller, case)]  # where a call raises, nothing is noted
    return True if id in caller.seen.noted else None if len(answered) < ENOUGH else False


def _formula(finding: Finding, caller: Caller, cases: Sequence[Case]) -> bool | None:
    """Tell whether one of the hypotheses with the name of the finding explains every fresh answer."""
    asked = [(caller.samples(case), answer) for case in cases if (answer := _ask(caller, case))]
    if len(asked) < ENOUGH:
        return None
    slack, any_of_the_name = _slack(caller), False
    base, message = _fitted(finding, caller.declared)
    for number in (1, 2, 3):
        for guess in hypotheses(base, number):
            if _named(guess, finding.id, message):
                any_of_the_name = True
                if _explains(guess, asked, slack):
                    return True
    return False if any_of_the_name else None


def _slack(caller: Caller) -> Slack:
    """Return a wider slack than that of the diagnosis: a fresh case may lose some digits that its cases do not lose."""
    return Slack(8 * caller.declared.precision.coarser)


def _fitted(finding: Finding, declared: Declaration) -> tuple[Declaration, str]:
    """Return the declaration with an expression that the finding names beside a defect, and the rest of its message.

    The numbers of such an expression were found from the answers, so no list of hypotheses holds it.
    """
    found = re.search(r"with computes='([^']*)'", finding.message)
    if not found or f"computes={found[1]!r}" == finding.id:
        return declared, finding.message
    return replace(declared, computes=found[1]), finding.message.replace(found[0], "")


def _named(guess: Hypothesis, id: str, message: str) -> bool:
    names = {change.name.removesuffix(", wrapping") for change in guess.changes}
    return id in names and all(name in message for name in names - {id})


def _explains(guess: Hypothesis, asked: Sequence[tuple[Any, list[float]]], slack: Slack) -> bool:
    pairs = [(received, predicted(guess, samples, slack)) for samples, received in asked]
    return all(guessed is None or agree(received, guessed, slack) for received, guessed in pairs)


def _precision(finding: Finding, caller: Caller, cases: Sequence[Case]) -> bool | None:
    names = [name for name in NARROWER if name in finding.message]
    asked = [(caller.samples(case), answer) for case in cases if (answer := _ask(caller, case))]
    if not names or len(asked) < ENOUGH or "; with " in finding.message:  # together with another cause
        return None
    return any(_explains(declared(caller.declared), asked, Slack(NARROWER[name], roundings=4)) for name in names)


def _shape(finding: Finding, caller: Caller, cases: Sequence[Case]) -> bool | None:
    asked = [(caller.samples(case), answer) for case in cases if (answer := _ask(caller, case))]
    return _explains(declared(caller.declared), asked, _slack(caller)) if asked else None


def _factor(finding: Finding, caller: Caller, cases: Sequence[Case]) -> bool | None:
    ratios = [float(x / e) for x, e in _pairs(caller, cases) if abs(e) > Fraction(1, 10**6)]
    return max(ratios) - min(ratios) <= 1e-5 * abs(ratios[0]) if ratios else None


def _constant(finding: Finding, caller: Caller, cases: Sequence[Case]) -> bool | None:
    excess = [float(x - e) for x, e in _pairs(caller, cases)]
    return max(excess) - min(excess) <= 2e-3 * abs(excess[0]) if excess else None


def _pairs(caller: Caller, cases: Sequence[Case]) -> list[tuple[Fraction, Fraction]]:
    pairs: list[tuple[Fraction, Fraction]] = []
    for case in cases:
        received = _ask(caller, case)
        right = allowed_values(caller.samples(case), caller.declared, "any")
        if len(received) == len(right):
            pairs += [(Fraction(x), a.exact.middle) for x, a in zip(received, right, strict=True)]
    return pairs


def _classes(finding: Finding, caller: Caller, cases: Sequence[Case]) -> bool | None:
    """Tell whether the answers are right for the numbers of classes for which they are said to be."""
    found = re.search(r"right for C = ([\d, ]+)", finding.message)
    if not found:
        return None
    named = {int(part) for part in found[1].split(",") if part.strip()}
    return not any(r.failed for case in cases if case.classes in named for r in results(case, caller))


def _only_one_class(finding: Finding, caller: Caller, cases: Sequence[Case]) -> bool | None:
    return not any(r.failed for case in cases if case.classes > 1 for r in results(case, caller))


def _every_call_fails(finding: Finding, caller: Caller, cases: Sequence[Case]) -> bool | None:
    """Tell whether no call answers; an array of another size, which broadcasting may make, is no answer."""
    return not any(len(_ask(caller, case)) == _numbers(caller, case) for case in cases)


def _numbers(caller: Caller, case: Case) -> int:
    return len(allowed_values(caller.samples(case), caller.declared, "any"))


def _detached(finding: Finding, caller: Caller, cases: Sequence[Case]) -> bool | None:
    """Tell whether the gradient has no part along the simplex (5.4)."""
    return not any(max(row) - min(row) > 1e-12 for case in cases for row in _gradients(caller, case) if row)


def _gradient_formula(finding: Finding, caller: Caller, cases: Sequence[Case]) -> bool | None:
    known = [guess for name, guess in guesses(caller) if name == finding.id]
    clear = [case for case in cases if all(x.lo > Fraction(1, 10**6) for x in case.expected.get("E", ()))]
    asked = [(caller.samples(case), rows) for case in clear if (rows := _gradients(caller, case))]
    if not known or len(asked) < ENOUGH:
        return None
    return any(
        all(matches(caller, [fractions(row) for row in rows], guess(samples), finding.id) for samples, rows in asked)
        for guess in known
    )


def _unchecked(finding: Finding, caller: Caller, cases: Sequence[Case]) -> bool | None:
    return None


SPECIAL: dict[str, Callable[[Finding, Caller, Sequence[Case]], bool | None]] = {
    "constant-factor": _factor,
    "constant-added": _constant,
    "low-precision": _precision,
    "wrong-shape": _shape,
    "hard-coded-classes": _classes,
    "one-class": _only_one_class,
    "every-call-fails": _every_call_fails,
    "gradient-detached": _detached,
    "gradient-fails": _unchecked,
    "gradient-not-finite": _unchecked,
}


def _ask(caller: Caller, case: Case) -> list[float]:
    try:
        received = caller.raw(case)
    except Exception:  # of a mutant, which may raise anything
        return []
    return received if all(map(isfinite, received)) else []


def _gradients(caller: Caller, case: Case) -> list[list[float]]:
    try:
        rows = caller.gradients(case)
    except Exception:
        return []
    return rows if all(isfinite(x) for row in rows for x in row) else []
