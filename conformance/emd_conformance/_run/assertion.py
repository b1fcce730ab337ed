"""What a failing check says in a test: the case, the clause, both numbers, what to do, and code that reproduces it."""

from __future__ import annotations

from dataclasses import dataclass

from emd_conformance._cases.clauses import CLAUSES
from emd_conformance._code.call import IMPORTS, call, gradient_call, inputs
from emd_conformance._code.literals import standard_imports
from emd_conformance._declaration.options import command_line
from emd_conformance._judging.check import Check
from emd_conformance._judging.result import Result
from emd_conformance._properties.engine import PropertyCheck
from emd_conformance._reports.text import printable

LONGEST = 30  # lines of code; a larger case is copied from the command line


@dataclass(frozen=True)
class Assertion:
    """The body of a test: a check that raises AssertionError if the implementation is wrong."""

    check: Check | PropertyCheck

    @property
    def id(self) -> str:
        """The id of the check."""
        return self.check.id

    def __call__(self) -> None:
        """Raise AssertionError with an explanation, or SkipTest if the implementation was not asked."""
        __tracebackhide__ = True  # pytest shows the message, not this file
        result = self.check.examine()
        if result.status == "skip" and result.quantity != "rejection":
            from unittest import SkipTest  # pytest knows it, and it needs nothing

            raise SkipTest(result.message)
        if result.failed:
            raise AssertionError(_text(self.check, result)) from None


def _text(check: Check | PropertyCheck, result: Result) -> str:
    """Return the text of the assertion; that of a property is its smallest counter-example."""
    if isinstance(check, Check):
        return explanation(check, result)
    return f"{check.id}: {result.message}\n{result.received}"


def explanation(check: Check, result: Result) -> str:
    """Return what a failing check of a case says."""
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
        return [f"emd-conformance copy {check.case.id} --quantity {check.quantity}{command_line(declared)}"]
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
