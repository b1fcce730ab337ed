"""Writing a report to files."""

from collections.abc import Mapping
from pathlib import Path

from emd_conformance._declaration.errors import DeclarationError
from emd_conformance._reports import html as html_report
from emd_conformance._reports import json as json_report
from emd_conformance._reports import junit as junit_report
from emd_conformance._reports.record import Record

FORMS = {"json": json_report.render, "junit": junit_report.render, "html": html_report.render}


def prepare(files: Mapping[str, Path]) -> None:
    """Raise DeclarationError if `write` would fail: before a long run, not after it."""
    for form, file in files.items():
        if not file.absolute().parent.is_dir() or file.is_dir():
            raise DeclarationError(f"--{form} {file}: its folder does not exist, or it is a folder itself")
    if "html" in files:
        html_report.template()


def write(report: Record, files: Mapping[str, Path]) -> None:
    """Write a report; UTF-8 has no lone surrogates, so those from an implementation are escaped."""
    for form, file in files.items():
        try:
            file.write_text(FORMS[form](report), encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise DeclarationError(f"--{form} {file}: {error}") from None
