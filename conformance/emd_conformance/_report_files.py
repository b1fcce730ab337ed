"""The files that a report is written to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emd_conformance import _report_html, _report_json, _report_junit
from emd_conformance._conventions import DeclarationError
from emd_conformance._model import Report

FORMS = {"json": _report_json.render, "junit": _report_junit.render, "html": _report_html.render}


def prepare(files: Mapping[str, Path]) -> None:
    """Raise what would stop `write`, before a long run rather than after it."""
    for form, file in files.items():
        if not file.absolute().parent.is_dir() or file.is_dir():
            raise DeclarationError(f"--{form} {file}: there is no such folder, or it is one itself")
    if "html" in files:
        _report_html.prepare()


def write(report: Report, files: Mapping[str, Path]) -> None:
    """Write a report; half a surrogate pair from the implementation is escaped, as UTF-8 cannot hold it."""
    for form, file in files.items():
        try:
            file.write_text(FORMS[form](report), encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise DeclarationError(f"--{form} {file}: {error}") from None
