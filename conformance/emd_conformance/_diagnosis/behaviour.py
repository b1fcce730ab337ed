"""The findings about what calls did besides answering (7.5)."""

from __future__ import annotations

from collections.abc import Sequence

from emd_conformance._calling.watch import HARMLESS, Observations
from emd_conformance._cases.case import Case
from emd_conformance._judging.result import Finding
from emd_conformance._judging.violations import MESSAGES


def findings(seen: Observations, cases: Sequence[Case], *, validates: bool) -> list[Finding]:
    """Return a finding for each kind of behaviour, with the smallest case that shows it."""
    known = {case.id: case for case in cases}
    return [
        _finding(id, [(known[case], detail) for case, detail in noted.items() if case in known], validates)
        for id, noted in seen.noted.items()
        if not known.keys().isdisjoint(noted)
    ]


def _finding(id: str, noted: list[tuple[Case, str]], validates: bool) -> Finding:
    """Harmless things, and what invalid input does to those who do not claim to check it, are only advice."""
    case, detail = min(noted, key=lambda pair: (bool(pair[0].invalid), pair[0].classes, len(pair[0].predicted)))
    advice = id in HARMLESS or (bool(case.invalid) and not validates)
    message, remedy = MESSAGES[id]
    evidence = f"case {case.id} (emd-conformance show {case.id})" + f": {detail}" * bool(detail)
    return Finding("advice" if advice else "defect", id, message, evidence, remedy)
