"""The report that `run` returns: a record that prints as text."""

from emd_conformance._reports.record import Record
from emd_conformance._reports.text import render


class Report(Record):
    """The results of a run, the findings and the verdict; `print` shows them as text."""

    def __str__(self) -> str:
        return render(self)
