"""The files that a report is written to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emd_conformance._declaration.errors import DeclarationError
from emd_conformance._reports import html as html_report
from emd_conformance._reports import json as json_report
from emd_conformance._reports import junit as junit_report
from emd_conformance._reports.record import Record

FORMS = {"json": json_report.render, "junit": junit_report.render, "html": html_report.render}


def prepare(files: Mapping[str, Path]) -> None:
    """Raise what would stop `write`, before a long run rather than after it."""
    for form, file in files.items():
        if not file.absolute().parent.is_dir() or file.is_dir():
            raise DeclarationError(f"--{form} {file}: there is no such folder, or it is one itself")
    if "html" in files:
        html_report.prepare()


def write(report: Record, files: Mapping[str, Path]) -> None:
    """Write a report; half a surrogate pair from the implementation is escaped, as UTF-8 cannot hold it."""
    for form, file in files.items():
        try:
            file.write_text(FORMS[form](report), encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise DeclarationError(f"--{form} {file}: {error}") from None
