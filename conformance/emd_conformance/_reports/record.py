"""The contents of a report, and the verdict that follows from them."""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from emd_conformance._declaration.errors import Impediment
from emd_conformance._judging.result import Finding, Result

Outcome: TypeAlias = Literal[
    "conforms", "conforms-with-declared-deviations", "conforms-partially", "does-not-conform", "nothing-ran"
]
Verdict: TypeAlias = Outcome | Impediment
EXIT_CODES: dict[Verdict, int] = {
    "conforms": 0,
    "conforms-with-declared-deviations": 0,
    "conforms-partially": 1,
    "does-not-conform": 1,
    "nothing-ran": 5,
    "suite-failed": 3,
    "interrupted": 130,
}
COULD_NOT_EXAMINE = 4  # the exit code for every other impediment


@dataclass(frozen=True)
class Record:
    """Everything that was examined, and the findings.

    `function` is the declared function in words, `declared` every field of the declaration, and `unexamined` names what
    was declared or asked for and could not be examined.
    """

    target: str
    declaration: str
    results: tuple[Result, ...]
    findings: tuple[Finding, ...] = ()
    not_examined: dict[str, int] = field(default_factory=dict[str, int])
    claims: tuple[str, ...] = ()
    function: str = ""
    declared: dict[str, Any] = field(default_factory=dict[str, Any])
    unexamined: tuple[str, ...] = ()
    broken: str = ""
    impediment: Impediment = "could-not-load"
    arrays: str = ""
    isolation: str = ""
    exploration: str = ""
    date: str = ""
    versions: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def examined(self) -> tuple[Result, ...]:
        """The results of the checks that ran."""
        return tuple(result for result in self.results if result.status != "skip")

    @property
    def verdict(self) -> Verdict:
        """The verdict; a skipped rejection check is advice, so it does not count as unexamined."""
        if self.broken:
            return self.impediment
        if not self.examined:
            return "nothing-ran"
        if any(result.failed for result in self.examined):
            return "does-not-conform"
        skipped = any(result.status == "skip" and result.quantity != "rejection" for result in self.results)
        if self.unexamined or skipped or not set(self.claims) <= {result.quantity for result in self.examined}:
            return "conforms-partially"
        if any(result.status == "xfail" for result in self.examined):
            return "conforms-with-declared-deviations"
        return "conforms"

    @property
    def exit_code(self) -> int:
        """The exit code of the command line."""
        return EXIT_CODES.get(self.verdict, COULD_NOT_EXAMINE)
