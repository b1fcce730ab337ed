"""What an implementation does besides answering, as results of their own: its answers may all be right (7.5)."""

from collections.abc import Collection, Sequence

from emd_conformance._calling.caller import Caller
from emd_conformance._calling.watch import HARMLESS
from emd_conformance._judging.check import Check
from emd_conformance._judging.result import OF_AN_ANSWER, VIOLATIONS, Result

BEHAVIOURS = {f"behaviour/{id}:behaviour": id for id in VIOLATIONS if id not in (*HARMLESS, *OF_AN_ANSWER)}


def behaviour(caller: Caller, asked: Sequence[Check], declared: Collection[str]) -> list[Result]:
    """Return a failure for each kind of side effect that calls had, and a pass for one that was declared in vain.

    Invalid input counts only if the implementation claims to validate.
    """
    binding = {check.case.id for check in asked if check.binding}
    results: list[Result] = []
    for check_id, id in BEHAVIOURS.items():
        cases = [case for case in caller.seen.noted.get(id, {}) if case in binding]
        if cases:
            count = f"in {len(cases)} of {len(binding)} cases" if len(cases) < len(binding) else "in every case"
            message = f"{count}, {VIOLATIONS[id]} (7.5); first in {cases[0]}"
            results.append(Result(f"behaviour/{id}", "behaviour", "fail", message, clauses=("7.5",)))
        elif check_id in declared:
            results.append(Result(f"behaviour/{id}", "behaviour", "pass", clauses=("7.5",)))
    return results
