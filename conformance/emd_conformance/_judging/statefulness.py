"""Whether an answer depends on the calls before it (7.5)."""

from collections.abc import Sequence
from dataclasses import replace

from emd_conformance._calling.caller import Caller
from emd_conformance._calling.contained import described
from emd_conformance._calling.watch import NotAskedError
from emd_conformance._judging.check import Check
from emd_conformance._judging.result import Result

REPEATED = 12  # cases


def repeat(caller: Caller, asked: Sequence[Check], results: Sequence[Result]) -> list[Result]:
    """Call the loss again with the first cases, in reverse order; an answer that differs from the first one fails."""
    values = [i for i, result in enumerate(results) if result.quantity == "value" and result.status == "pass"]
    values = [i for i in values if results[i].case in caller.seen.answers]  # others were refused
    changed = {i: answer for i in reversed(values[:REPEATED]) if (answer := _changed(caller, asked[i]))}
    message, judged = "the same input got another answer after other calls (7.5)", [*results]
    for i, answer in sorted(changed.items()):
        caller.seen.note("state-between-calls", results[i].case)
        before = caller.seen.answers[results[i].case]
        judged[i] = replace(results[i], status="fail", message=message, expected=before, received=answer)
    return judged


def _changed(caller: Caller, check: Check) -> str:
    """Return the answer to a case if it differs from the earlier one, else an empty string."""
    try:
        answer = repr(caller.values(check.case))
    except NotAskedError:
        return ""
    except Exception as error:  # the earlier call returned, so an error is a different answer
        answer = described(error)
    return answer if answer != caller.seen.answers[check.case.id] else ""


def ask_afresh(caller: Caller, asked: Sequence[Check], results: Sequence[Result]) -> None:
    """Repeat the smallest wrong value as the first call of a new process, and note an answer that differs."""
    failed = [check for check, result in zip(asked, results, strict=True) if result.status == "fail"]
    known = caller.seen.answers.keys() - caller.seen.violations
    wrong = [check for check in failed if check.quantity == "value" and check.case.id in known]
    if not wrong:
        return
    smallest = min(wrong, key=lambda check: (check.case.classes, len(check.case.predicted)))
    caller.close()
    if answer := _changed(caller, smallest):
        detail = f"{caller.seen.answers[smallest.case.id]}, but {answer} when it is asked first"
        caller.seen.note("state-between-calls", smallest.case.id, detail)
