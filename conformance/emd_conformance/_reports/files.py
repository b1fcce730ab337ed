"""Writing a report to files."""

import os
from collections.abc import Mapping
from pathlib import Path

from emd_conformance._declaration.errors import DeclarationError, ReportError
from emd_conformance._reports import badge, html, json, junit, markdown
from emd_conformance._reports.record import Record
from emd_conformance._reports.templates import template

FORMS = {
    "json": json.render,
    "junit": junit.render,
    "html": html.render,
    "markdown": markdown.render,
    "badge": badge.render,
}
TEMPLATES = {"html": "report.html", "badge": "badge.svg"}


def prepare(files: Mapping[str, Path]) -> None:
    """Raise DeclarationError if `write` would fail: before a long run, not after it."""
    for form, file in files.items():
        if not file.absolute().parent.is_dir() or file.is_dir():
            raise DeclarationError(f"--{form} {file}: its folder does not exist, or it is a folder itself")
        if others := [other for other in files if other != form and files[other].resolve() == file.resolve()]:
            raise DeclarationError(f"--{form} and --{others[0]} name the same file, {file}: give each its own")
    for form in TEMPLATES.keys() & files.keys():
        template(TEMPLATES[form])


def write(report: Record, files: Mapping[str, Path]) -> None:
    """Write a report in each form; then raise ReportError if there are forms that could not be written."""
    failed: list[str] = []
    for form, file in files.items():
        try:
            _write(file, FORMS[form](report))
        except OSError as error:
            failed.append(f"--{form} {file}: {error}")
    if failed:
        raise ReportError("; ".join(failed))


def _write(file: Path, text: str) -> None:
    """Write the whole text or nothing, so that a file from an earlier run is never replaced by half a report.

    UTF-8 has no lone surrogates, so those from an implementation are escaped.
    """
    content = text.encode("utf-8", errors="backslashreplace")
    if file.exists() and not file.is_file():  # a device or a pipe
        file.write_bytes(content)
        return
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        new.write_bytes(content)
        new.replace(file.resolve())
    finally:
        new.unlink(missing_ok=True)
