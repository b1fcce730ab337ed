"""A run that ends early, whoever ends it, keeps what it has found."""

from collections.abc import Sequence
from dataclasses import replace

from emd_conformance._declaration.errors import HarnessError, Impediment, located
from emd_conformance._judging.result import Result
from emd_conformance._reports.report import Report


class Interrupted(KeyboardInterrupt):
    """The user interrupted a run, by Ctrl-C; `report` holds the results so far, and no verdict."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


class SuiteError(RuntimeError):
    """An error that is not the implementation's ended a run; `report` holds the results so far, and no verdict."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.broken)
        self.report = report


def unfinished(report: Report, done: Sequence[Result], asked: int, error: BaseException) -> Report:
    """Return the report of what was done: the results in it, and those of checks that are not in it yet."""
    after = f"after {len(done)} of {asked} checks"
    why: tuple[str, Impediment] = (f"{located(error)}, {after}", "suite-failed")
    if isinstance(error, HarnessError):
        why = (str(error), error.verdict)
    elif isinstance(error, KeyboardInterrupt):
        why = (f"the run was interrupted {after}", "interrupted")
    results = {result.id: result for result in (*done, *report.results)}
    return replace(report, results=tuple(results.values()), broken=why[0], impediment=why[1])
