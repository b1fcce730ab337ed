"""The report as one HTML file, without scripts or external resources; text from the implementation is escaped."""

import importlib
from typing import Any

from emd_conformance._cases.clauses import CLAUSES
from emd_conformance._declaration.errors import DeclarationError
from emd_conformance._reports import plots
from emd_conformance._reports import text as text_report
from emd_conformance._reports.record import Record


def render(report: Record) -> str:
    """Return the report as an HTML document."""
    return str(
        template().render(
            report=report,
            failed=[result for result in report.results if result.failed],
            findings=text_report.ordered(report.findings),
            plots=plots.plots(report),
            drawing=plots,
            words=text_report,
            clauses=CLAUSES,
        )
    )


def template() -> Any:
    """Return the template, or raise DeclarationError if Jinja is not installed."""
    try:
        jinja2 = importlib.import_module("jinja2")
    except ImportError as error:
        raise DeclarationError("--html needs jinja2: pip install 'emd-ref[conformance]'") from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("emd_conformance"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def _printable(value: Any) -> Any:
    """Escape control characters other than newlines, which HTML forbids."""
    return "\n".join(map(text_report.printable, value.split("\n"))) if type(value) is str else value
