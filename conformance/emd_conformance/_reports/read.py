"""A report from its JSON."""

import json
from typing import Any, get_args

from emd_conformance._declaration.errors import Impediment
from emd_conformance._judging.result import Finding, Result
from emd_conformance._reports import schema
from emd_conformance._reports.json import FORMAT
from emd_conformance._reports.report import Report


def read(text: str) -> Report:
    """Return the report of a JSON object; ValueError for one that no version of the suite has written.

    The verdict follows from the results, and the field `verdict` must agree.
    """
    try:
        document = json.loads(text)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError(f"it is not a report of format {FORMAT}")
        schema.check(document, "report")
        return _report(document)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except OverflowError:
        raise ValueError("it has a number that is beyond float64") from None


def _report(document: dict[str, Any]) -> Report:
    plain = ("target", "declaration", "arrays", "isolation", "date", "versions", "broken", "not_examined")
    if document["broken"] and document["verdict"] not in get_args(Impediment):
        raise ValueError(f"{document['verdict']!r} is no verdict of an implementation that was not examined")
    impediment = {"impediment": document["verdict"]} if document["broken"] else {}
    report = Report(
        **{name: document[name] for name in plain},
        **impediment,
        function=document.get("function", ""),  # reports of earlier versions lack these four
        declared=document.get("declared", {}),
        unexamined=tuple(document.get("unexamined", ())),
        exploration=document.get("exploration", ""),
        claims=tuple(document["claims"]),
        findings=tuple(Finding(**finding) for finding in document["findings"]),
        results=tuple(map(_result, document["results"])),
    )
    if report.verdict != document["verdict"]:
        raise ValueError(f"its verdict is {document['verdict']!r}, but its results give {report.verdict!r}")
    return report


def _result(entry: dict[str, Any]) -> Result:
    fields = {name: value for name, value in entry.items() if name != "id"}
    fields |= {name: float(fields[name]) for name in ("ratio", "grade", "seconds")}
    if fields.get("bound") is not None:  # reports of earlier versions lack it
        fields["bound"] = float(fields["bound"])
    numbers = fields["numbers"] and tuple(map(float, fields["numbers"]))
    return Result(**(fields | {"clauses": tuple(fields["clauses"]), "numbers": numbers}))
