"""The report as a part of a page, for notebooks: no style sheet that the page would get, and colours of the page."""

from emd_conformance._reports import text as text_report
from emd_conformance._reports.record import Record
from emd_conformance._reports.templates import template

COLOURS = {True: "#2da44e", False: "#e5484d"}  # 3 to 1 on a white page and on a dark one; the words say the same


def render(report: Record) -> str:
    """Return the report as an HTML element: the verdict, the findings, the counts, and what was not examined."""
    return str(
        template("notebook.html").render(
            report=report,
            findings=text_report.ordered(report.findings),
            colour=COLOURS[report.exit_code == 0],
            words=text_report,
        )
    )
