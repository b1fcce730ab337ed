"""The report as one HTML file, without scripts or external resources; text from the implementation is escaped."""

from emd_conformance._cases.clauses import CLAUSES
from emd_conformance._reports import plots
from emd_conformance._reports import text as text_report
from emd_conformance._reports.record import Record
from emd_conformance._reports.templates import template


def render(report: Record) -> str:
    """Return the report as an HTML document."""
    return str(
        template("report.html").render(
            report=report,
            failed=[result for result in report.results if result.failed],
            findings=text_report.ordered(report.findings),
            plots=plots.plots(report),
            drawing=plots,
            words=text_report,
            clauses=CLAUSES,
        )
    )
