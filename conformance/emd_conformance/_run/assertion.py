"""A check as a test: its failure states the case, what is wrong, both numbers and the bound, in a few lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emd_conformance._declaration.options import copy_arguments
from emd_conformance._judging.check import Check
from emd_conformance._judging.result import VIOLATIONS, Result
from emd_conformance._properties.engine import PropertyCheck
from emd_conformance._reports.text import printable

if TYPE_CHECKING:
    from emd_conformance._run.last_test import LastTest


@dataclass(frozen=True)
class Assertion:
    """The body of a test: a check that raises AssertionError if the implementation is wrong.

    What the failures have in common is said once, by the last test; without it, a failure says nothing about it.
    """

    check: Check | PropertyCheck
    last: LastTest | None = None

    @property
    def id(self) -> str:
        return self.check.id

    def __repr__(self) -> str:  # pytest shows it above each failure
        return f"<check {self.id}>"

    def __call__(self) -> None:
        """Raise AssertionError in a few lines, or SkipTest if the implementation was not asked."""
        __tracebackhide__ = True  # pytest shows the message, not this file
        result = self.check.examine()
        if isinstance(self.check, Check) and self.check.binding and not result.failed:
            result = _behaved(self.check, result)
        if result.status == "skip" and result.quantity != "rejection":
            from unittest import SkipTest  # pytest knows it, and it needs nothing

            raise SkipTest(result.message)
        if result.failed:
            diagnosis = self.last.after_failure() if self.last else ""
            raise AssertionError("\n\n".join(filter(None, [short(self.check, result), diagnosis]))) from None


def short(check: Check | PropertyCheck, result: Result) -> str:
    """Return what is wrong, the numbers, and the command that prints the case as a test; or the counter-example."""
    if isinstance(check, PropertyCheck):
        return f"{check.id}: {printable(result.message)}\n{result.received}"
    bound = "" if result.bound is None else f"{result.bound:.3g}"
    rows = {"expected": result.expected, "received": result.received, "bound": bound}
    numbers = [f"  {label:8} {printable(text)}" for label, text in rows.items() if text]
    return "\n".join([f"{check.id}: {printable(result.message)}", *numbers, f"  as code  {copy_command(check)}"])


def copy_command(check: Check) -> str:
    """Return the command that prints a case as a test that does not need the suite."""
    command = f"emd-conformance copy {check.case.id} --quantity {check.quantity}"
    return f"{command} {copy_arguments(check.caller.declared)}".rstrip()


def _behaved(check: Check, result: Result) -> Result:
    """Return the result of a right answer, or a failure if its call had a side effect that 7.5 forbids."""
    id = check.caller.seen.violation(check.case.id)
    return replace(result, status="fail", message=f"{VIOLATIONS[id]} (7.5)") if id else result
