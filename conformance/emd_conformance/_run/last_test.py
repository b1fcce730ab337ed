"""The last test of a loss: it says once, for all tests that failed, what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass

from emd_conformance._reports.report import Report
from emd_conformance._reports.text import headline, ordered, printable
from emd_conformance._run.notes import Notes

FAILED, ASKED, TOLD = "failed", "asked", "told"
BY_CHANCE = (
    "A check failed, but all pass when they are asked again: the answers depend on earlier calls, or on chance (7.5)."
)


@dataclass(frozen=True)
class LastTest:
    """A test that passes if no check has failed, and otherwise runs the suite once more and shows its report.

    Tests may run in any order and in several processes. If this test has already passed, the first check that fails
    later shows the report instead. A run of pytest shows the report once.
    """

    report: Callable[[], Report]
    explain: Callable[[Report], str]
    notes: Notes

    id = "diagnosis"

    def __repr__(self) -> str:  # pytest shows it above a failure
        return f"<check {self.id}>"

    def __call__(self) -> None:
        """Raise AssertionError with the report if a check has failed."""
        __tracebackhide__ = True
        self.notes.add(ASKED)
        if FAILED in self.notes and self.notes.add(TOLD):
            raise AssertionError(self._diagnosis())

    def after_failure(self) -> str:
        """Note that a check has failed; return the report if this test has passed, and nothing otherwise."""
        self.notes.add(FAILED)  # before it looks, as the last test does: one of both sees the other
        return self._diagnosis() if ASKED in self.notes and self.notes.add(TOLD) else ""

    def _diagnosis(self) -> str:
        """Return the first finding, the report and the smallest case; pytest shows the first line in its summary."""
        report = self.report()
        findings = [finding for finding in ordered(report.findings) if finding.kind != "advice"]
        found = [f"{finding.kind} {finding.id}: {finding.message}" for finding in findings]
        wrong = report.broken or any(result.failed for result in report.results)
        first = (found or [headline(report)])[0] if wrong else BY_CHANCE
        return "\n\n".join(filter(None, [printable(first), str(report), self.explain(report)]))
