"""A run that is interrupted by its user keeps what it has found."""

from collections.abc import Sequence
from dataclasses import replace

from emd_conformance._judging.result import Result
from emd_conformance._reports.report import Report


class Interrupted(KeyboardInterrupt):
    """The user interrupted a run, by Ctrl-C; `report` holds the results so far, and no verdict."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


def interrupted(report: Report, results: Sequence[Result], asked: int) -> Report:
    """Return the report of the checks that were done, out of so many."""
    reason = f"the run was interrupted after {len(results)} of {asked} checks"
    return replace(report, results=tuple(results), broken=reason, impediment="interrupted")
