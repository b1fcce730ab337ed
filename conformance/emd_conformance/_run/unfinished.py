"""A run that ends early, by its user or by an error of the suite, keeps what it has found."""

from collections.abc import Sequence
from dataclasses import replace

from emd_conformance._declaration.errors import located
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
    results = tuple({result.id: result for result in (*done, *report.results)}.values())
    after = f"after {len(done)} of {asked} checks"
    if isinstance(error, KeyboardInterrupt):
        return replace(report, results=results, broken=f"the run was interrupted {after}", impediment="interrupted")
    return replace(report, results=results, broken=f"{located(error)}, {after}", impediment="suite-failed")
