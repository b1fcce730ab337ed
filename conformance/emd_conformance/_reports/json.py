"""The report as JSON (schemas/report.json). The JSON is complete: every other form can be made from it."""

import json
from dataclasses import asdict
from math import isfinite
from typing import Any

from emd_conformance._reports.record import Record
from emd_conformance._reports.text import headline

FORMAT = 1


def render(report: Record) -> str:
    """Return the report as a JSON object."""
    document = {
        "format": FORMAT,
        **vars(report),
        "verdict": report.verdict,
        "headline": headline(report),
        "exit_code": report.exit_code,
        "findings": [asdict(finding) for finding in report.findings],
        "results": [{"id": result.id} | asdict(result) for result in report.results],
    }
    del document["impediment"]  # the verdict says it
    return json.dumps(_plain(document), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Return the value with infinities and NaN as strings, as JSON has no such numbers."""
    if isinstance(value, float):
        return value if isfinite(value) else repr(value)
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
