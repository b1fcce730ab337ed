"""The report as lines of text of at most 80 columns, for a reader who does not know the suite.

The styles repeat what the words say, so that plain text loses nothing.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log10
from textwrap import wrap
from typing import Literal, TypeAlias

from emd_conformance._cases.clauses import CLAUSES
from emd_conformance._judging.result import Finding, Result, Status
from emd_conformance._reports.record import Record, Verdict

Style: TypeAlias = Literal["good", "bad", "title", "plain"]
WIDTH, LABEL = 80, 12

VERDICTS: dict[Verdict, str] = {
    "conforms": "CONFORMS as {function}",
    "conforms-with-declared-deviations": "CONFORMS as {function}, except for {deviations}",
    "conforms-partially": "CONFORMS IN PART as {function}. Not examined: {unexamined}",
    "does-not-conform": "DOES NOT CONFORM as {function}",
    "could-not-load": "NOT EXAMINED: the implementation could not be loaded",
    "could-not-call": "NOT EXAMINED: the implementation cannot be called as it is declared",
    "harness-broken": "NO VERDICT: the harness does not follow Protocol 1",
    "nothing-ran": "NOT EXAMINED: no case fits the declaration",
    "interrupted": "INTERRUPTED: there is no verdict",
    "suite-failed": "NO VERDICT: the suite failed, please report it",
}
ORDER = ("defect", "convention", "unknown", "advice")
MEANINGS = {
    "defect": "a known mistake explains the failures",
    "convention": "a convention that was not declared explains the answers",
    "unknown": "no known mistake explains the failures",
    "advice": "this does not affect the verdict",
}
WORDS: dict[Status, str] = {
    "pass": "right",
    "fail": "wrong",
    "error": "stopped with an error",
    "skip": "not counted",
    "xfail": "wrong, as declared",
    "xpass": "right, though declared to deviate",
}
SUBTRACTING_FIRST = "an algorithm that subtracts p and t before it sums"


@dataclass(frozen=True)
class Line:
    """One line of text and its style."""

    text: str
    style: Style = "plain"


def render(report: Record, verbose: bool = False) -> str:
    """Return the report as plain text; it begins with the verdict."""
    return "\n".join(line.text for line in lines(report, verbose))


def lines(report: Record, verbose: bool = False) -> Iterator[Line]:
    """Yield the report: the verdict, what was declared, the findings, the counts, and what was not examined."""
    yield from verdict(report)
    yield from field("target", report.target)
    if report.broken:
        yield from field("reason", report.broken)
        if not report.results:
            return
    yield from field("declared", report.declaration or "the conventions of the specification")
    for finding in ordered(report.findings):
        yield from _finding(finding)
    yield Line("")
    for label, text in counts(report).items():
        yield from field(label, text)
    if verbose:
        yield from _results(report.results)
    if report.not_examined:
        yield from _not_examined(report)
    yield Line("")
    yield from field("made", made(report))


def headline(report: Record) -> str:
    """Return the verdict in words; they name the function that was examined, and what could not be."""
    deviations = sum(result.status == "xfail" for result in report.results)
    return VERDICTS[report.verdict].format(
        function=report.function or "the function that is declared",
        unexamined=", ".join(report.unexamined) or "something that was asked for",
        deviations="one declared deviation" if deviations == 1 else f"{deviations} declared deviations",
    )


def verdict(report: Record) -> Iterator[Line]:
    """Yield the headline."""
    yield from indented(headline(report), "", "  ", "good" if report.exit_code == 0 else "bad")


def ordered(findings: tuple[Finding, ...]) -> list[Finding]:
    """Return the findings, those of most weight first."""
    return sorted(findings, key=lambda finding: ORDER.index(finding.kind))


def made(report: Record) -> str:
    """Return the date and the versions."""
    return ", ".join([report.date, *(f"{name} {version}" for name, version in report.versions.items())])


def counts(report: Record) -> dict[str, str]:
    """Return what was examined, and the number of results of each status for each quantity."""
    groups = Counter(case.split("/")[0] for case in {result.case for result in report.examined})
    shown = ", ".join(f"{count} {group}" for group, count in sorted(groups.items()))
    table = {"cases": f"{shown or 'none'}; {report.arrays} arrays"}
    if report.isolation:
        table["isolation"] = report.isolation
    if report.exploration:
        table["explored"] = report.exploration
    for quantity in ("value", "gradient", "rejection", "behaviour"):
        statuses = Counter(result.status for result in report.examined if result.quantity == quantity)
        if statuses:
            table[quantity] = ", ".join(f"{n} {word}" for status, word in WORDS.items() if (n := statuses[status]))
    if "gradient" not in report.claims:
        table["gradient"] = "not examined: no gradient was declared"
    if report.verdict != "does-not-conform":
        table["accuracy"] = grade(report)
    return table


def grade(report: Record) -> str:
    """Return how many digits the values lose compared with an algorithm that subtracts p and t before it sums."""
    graded = [result for result in report.examined if result.status == "pass" and result.quantity == "value"]
    if not graded:
        return "not graded"
    worst = max(graded, key=lambda result: result.grade)
    if worst.grade <= 1:
        return f"full: every right value is within the error bound of {SUBTRACTING_FIRST}"
    lost = ceil(10 * log10(worst.grade)) / 10
    if lost > 15:
        return f"no digit is right where p and t nearly agree: subtract p and t before summing (case {worst.case})"
    return f"up to {lost} decimal digits fewer than {SUBTRACTING_FIRST} (case {worst.case})"


def field(label: str, text: str) -> Iterator[Line]:
    """Yield a label, and a text in the column beside it."""
    yield from indented(text, first=f"  {label:{LABEL}} ", rest=" " * (LABEL + 3))


def indented(text: str, first: str, rest: str, style: Style = "plain") -> Iterator[Line]:
    """Yield a text as wrapped lines; text from an implementation may have control characters, which are escaped."""
    for part in text.split("\n"):
        # users copy ids, which have hyphens
        wrapped = wrap(printable(part), WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
        yield from (Line(line, style) for line in wrapped or [first.rstrip()])
        first = rest


def printable(text: str) -> str:
    """Escape control characters: a terminal would obey them, and XML forbids them."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _finding(finding: Finding) -> Iterator[Line]:
    style: Style = "title" if finding.kind == "advice" else "bad"
    yield Line("")
    heading = f"{finding.kind.upper()} {finding.id}"
    if finding.kind == "advice":  # in few lines, as nothing depends on it
        text = f"{heading}: {finding.message}. {MEANINGS['advice'].capitalize()}."
        yield from indented(text, "  ", "    ", style)
        return
    yield from indented(heading, "  ", "    ", style)
    yield from indented(finding.message, "    ", "    ")
    if finding.evidence:
        for part in finding.evidence.split("\n"):
            margin = "      " if part.startswith(" ") else "    "
            yield from indented(part.strip(), margin, margin)
    for label, text in (("What to do", finding.remedy), ("Seen in", finding.seen)):
        if text:
            yield from indented(f"{label}: {text}", "    ", "      ")


def _results(results: tuple[Result, ...]) -> Iterator[Line]:
    yield Line("")
    yield Line("  every check, with its error as a multiple of the error bound", "title")
    for result in results:
        yield from indented(f"{result.status:5} {result.ratio:8.2g}  {result.id}", "    ", "      ")
        if result.failed:
            yield from indented(result.message, "      ", "      ")


def _not_examined(report: Record) -> Iterator[Line]:
    total = sum(report.not_examined.values())
    yield Line("")
    yield from indented(f"not examined: {total} checks, by reason", "  ", "  ", "title")
    for reason, count in sorted(report.not_examined.items(), key=lambda x: -x[1]):
        yield from indented(reason, f"    {count:4}  ", " " * 10)


def clauses(identifiers: tuple[str, ...]) -> Iterator[Line]:
    """Yield the text of clauses of the specification."""
    for clause in identifiers:
        yield from indented(CLAUSES.get(clause, ""), f"  {clause}  ", " " * 7)
