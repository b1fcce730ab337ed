"""The report as one HTML file: no script, nothing from outside, and everything from the implementation escaped."""

from __future__ import annotations

import importlib
from typing import Any

from emd_conformance import _report_plots, _report_text
from emd_conformance._clauses import CLAUSES
from emd_conformance._conventions import DeclarationError
from emd_conformance._model import Report


def render(report: Report) -> str:
    """Return the report as an HTML document."""
    return str(
        _template().render(
            report=report,
            failed=[result for result in report.results if result.failed],
            findings=_report_text.ordered(report.findings),
            plots=_report_plots.plots(report),
            drawing=_report_plots,
            words=_report_text,
            clauses=CLAUSES,
        )
    )


def prepare() -> None:
    """Raise if this form cannot be made."""
    _template()


def _template() -> Any:
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
    """Escape control characters, which HTML cannot hold, but for the ends of lines."""
    return "\n".join(map(_report_text.printable, value.split("\n"))) if type(value) is str else value
