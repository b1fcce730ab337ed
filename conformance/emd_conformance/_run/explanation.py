"""The smallest wrong answer in full: its case, its clauses, both numbers, what to do, and code that reproduces it."""

from collections.abc import Sequence

from emd_conformance._calling.upstream import upstream
from emd_conformance._cases.clauses import CLAUSES
from emd_conformance._code.call import call, gradient_call, inputs, program
from emd_conformance._declaration.options import as_text
from emd_conformance._judging.check import FROM_ABOVE, RECORDED, Check
from emd_conformance._judging.result import Result
from emd_conformance._reports.text import printable
from emd_conformance._run.assertion import copy_command

LONGEST = 30  # lines of code; for a larger case, the text names the command that prints it


def smallest(checks: Sequence[Check], results: Sequence[Result]) -> str:
    """Return the explanation of the smallest check that fails, values first, or an empty string if none does."""
    by_id = {check.id: check for check in checks}
    failed = [(by_id[result.id], result) for result in results if result.failed and result.id in by_id]
    if not failed:
        return ""
    return explanation(*min(failed, key=lambda pair: (pair[0].quantity != "value", *_size(pair[0]))))


def _size(check: Check) -> tuple[int, int]:
    return check.case.classes, len(check.case.predicted)


def explanation(check: Check, result: Result) -> str:
    """Return all that is known about one wrong answer."""
    declared = check.caller.declared
    centred = check.quantity == "gradient" and declared.input == "probabilities"
    centred = centred and "W1" not in declared.expression.names and bool(result.expected)
    less = " (gradients are compared less their mean, 5.4)" if centred else ""
    rows = {
        "case": f"{check.case.comment}; {check.case.classes} classes",
        "clause": "\n           ".join(f"{clause}  {CLAUSES[clause]}" for clause in _decisive(check)),
        "declared": as_text(declared) or "the conventions of the specification",
        "expected": printable(result.expected) + less,
        "received": printable(result.received),
        "to do": f"correct the loss, or declare its convention; emd-conformance explain {check.case.id}",
    }
    lines = [f"{check.id}: {printable(result.message)}"]
    lines += [f"  {label:8} {text}" for label, text in rows.items() if text]
    return "\n".join([*lines, "  reproduce with", *(f"    {line}" for line in _code(check, result))])


def _decisive(check: Check) -> list[str]:
    """Return the clauses of the case that define the quantity, or all of its clauses if none does."""
    sections = {"value": ("3.", "4.", "6."), "gradient": ("3.6", "5.", "6.4"), "rejection": ("8.",)}[check.quantity]
    return [clause for clause in check.case.clauses if clause.startswith(sections)] or list(check.case.clauses)


def _code(check: Check, result: Result) -> list[str]:
    declared = check.caller.declared
    gradient = check.quantity == "gradient"
    part = check.caller.calls(check.case)[0 if declared.batched else result.sample]
    above = upstream(part, declared) if result.message.startswith((FROM_ABOVE, RECORDED)) else []
    asking = [*gradient_call(declared, above), "print(received)"] if gradient else [f"print({call(declared)})"]
    body = "\n".join([*inputs(check.case, declared, result.sample), *asking]).split("\n")
    if len(body) > LONGEST:
        return [copy_command(check)]
    return program(body, declared, _origin(check))


def _origin(check: Check) -> str:
    """Return the import of the implementation, or a placeholder if it cannot be imported by a name."""
    try:
        loss = check.caller.factory(check.case.classes)
    except Exception:  # the check may have failed because the loss cannot be made for this number of classes
        return f"loss = ...  # the implementation, made for {check.case.classes} classes"
    module, name = getattr(loss, "__module__", None), getattr(loss, "__qualname__", "")
    if module and name.isidentifier():
        return f"from {module} import {name}" + (" as loss" if name != "loss" else "")
    return f"loss = ...  # {printable(type(loss).__qualname__)}, the implementation"
