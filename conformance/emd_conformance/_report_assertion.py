"""What a failing check says in a test: the case, the clause, both numbers, what to do, and code that reproduces it."""

from __future__ import annotations

import shlex
from dataclasses import fields

from emd_conformance._checks import Check
from emd_conformance._clauses import CLAUSES
from emd_conformance._conventions import Declaration
from emd_conformance._model import Result
from emd_conformance._report_text import printable
from emd_conformance._snippet import IMPORTS, call, gradient_call, inputs, standard_imports

LONGEST = 30  # lines of code; a larger case is copied from the command line


def explanation(check: Check, result: Result) -> str:
    """Return the text of the assertion."""
    less = " (gradients are compared less their mean, 5.4)" if _centred(check) and result.expected else ""
    rows = {
        "case": f"{check.case.comment}; {check.case.classes} classes",
        "clause": "\n           ".join(f"{clause}  {CLAUSES[clause]}" for clause in decisive(check)),
        "declared": check.caller.declared.changes or "the conventions of the specification",
        "expected": printable(result.expected) + less,
        "received": printable(result.received),
        "to do": f"mend the loss, or declare its convention; emd-conformance explain {check.case.id}",
    }
    lines = [f"{check.id}: {printable(result.message)}"]
    lines += [f"  {label:8} {text}" for label, text in rows.items() if text]
    return "\n".join([*lines, "  reproduce with", *(f"    {line}" for line in _code(check, result))])


def decisive(check: Check) -> list[str]:
    """Return the clauses that state the quantity itself, or all of the case if none does."""
    sections = {"value": ("3.", "4.", "6."), "gradient": ("3.6", "5.", "6.4"), "rejection": ("8.",)}[check.quantity]
    return [clause for clause in check.case.clauses if clause.startswith(sections)] or list(check.case.clauses)


def _centred(check: Check) -> bool:
    emd = check.caller.declared.expression.names == {"W1"}
    return check.quantity == "gradient" and check.case.input == "probabilities" and not emd


def _code(check: Check, result: Result) -> list[str]:
    declared = check.caller.declared
    lines = inputs(check.case, declared, result.sample)
    lines += (
        [*gradient_call(declared), "print(received)"] if check.quantity == "gradient" else [f"print({call(declared)})"]
    )
    body = "\n".join(lines).split("\n")
    if len(body) > LONGEST:
        return [f"emd-conformance copy {check.case.id} --quantity {check.quantity}{_options(declared)}"]
    imports = standard_imports("\n".join(body)).split("\n")
    return [line for line in [*imports, *IMPORTS.get(declared.array, []), _origin(check), *body] if line]


def _origin(check: Check) -> str:
    """Return the import of the implementation, where it has one."""
    try:
        loss = check.caller.factory(check.case.classes)
    except Exception:  # it is made anew for each number of classes, and that may be what failed
        return f"loss = ...  # the implementation, made for {check.case.classes} classes"
    module, name = getattr(loss, "__module__", None), getattr(loss, "__qualname__", "")
    if module and name.isidentifier():
        return f"from {module} import {name}" + (" as loss" if name != "loss" else "")
    return f"loss = ...  # {printable(type(loss).__qualname__)}, the implementation"


def _options(declared: Declaration) -> str:
    """Return the declaration as options of the command line."""
    plain = [f.name for f in fields(declared) if f.name not in ("batched", "validates", "classes", "capabilities")]
    given = {name: getattr(declared, name) for name in plain if getattr(declared, name) != getattr(Declaration(), name)}
    text = [
        f" --{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in given.items() if not callable(value)
    ]
    return "".join(text) + ("" if declared.batched else " --unbatched")
