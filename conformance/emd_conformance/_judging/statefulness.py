"""Whether an answer depends on the calls before it (7.5)."""

from collections.abc import Sequence
from dataclasses import replace

from emd_conformance._calling.caller import Caller
from emd_conformance._calling.watch import NotAskedError
from emd_conformance._judging.check import Check
from emd_conformance._judging.result import Result

REPEATED = 12  # cases


def repeat(caller: Caller, asked: Sequence[Check], results: Sequence[Result]) -> list[Result]:
    """Call the loss again with the first cases, in reverse order; an answer that differs from the first one fails."""
    values = [i for i, result in enumerate(results) if result.quantity == "value" and result.status == "pass"]
    changed = {i: answer for i in reversed(values[:REPEATED]) if (answer := _changed(caller, asked[i]))}
    return [_failed(caller, result, changed[i]) if i in changed else result for i, result in enumerate(results)]


def _changed(caller: Caller, check: Check) -> str:
    """Return the answer to a case if it differs from the earlier one, else an empty string."""
    try:
        answer = repr(caller.values(check.case))
    except NotAskedError:
        return ""
    except Exception as error:  # the earlier call returned, so an error is a different answer
        answer = f"{type(error).__name__}: {error}"
    return answer if answer != caller.seen.answers[check.case.id] else ""


def _failed(caller: Caller, result: Result, answer: str) -> Result:
    caller.seen.note("state-between-calls", result.case)
    before = caller.seen.answers[result.case]
    message = "the same input got another answer after other calls (7.5)"
    return replace(result, status="fail", message=message, expected=before, received=answer)


def ask_afresh(caller: Caller, asked: Sequence[Check], results: Sequence[Result]) -> None:
    """Repeat the smallest wrong value as the first call of a new process, and note an answer that differs."""
    wrong = [check for check, result in zip(asked, results, strict=True) if _is_wrong_value(caller, result)]
    if not wrong:
        return
    smallest = min(wrong, key=lambda check: (check.case.classes, len(check.case.predicted)))
    caller.close()
    if answer := _changed(caller, smallest):
        detail = f"{caller.seen.answers[smallest.case.id]}, but {answer} when it is asked first"
        caller.seen.note("state-between-calls", smallest.case.id, detail)


def _is_wrong_value(caller: Caller, result: Result) -> bool:
    known = result.case in caller.seen.answers and result.case not in caller.seen.violations
    return result.quantity == "value" and result.status == "fail" and known
