"""The report that a run returns: a record that prints as text."""

from __future__ import annotations

from emd_conformance._reports.record import Record
from emd_conformance._reports.text import render


class Report(Record):
    """Everything that was examined, and what follows; `print` shows it as text."""

    def __str__(self) -> str:
        return render(self)
