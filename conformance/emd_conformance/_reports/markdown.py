"""The report as GitHub-flavoured Markdown, such as a step summary: what a reader needs, without every check."""

from collections import Counter
from collections.abc import Iterator

from emd_conformance._cases.clauses import CLAUSES
from emd_conformance._judging.result import Finding, Status
from emd_conformance._reports.concerns import examined_clauses
from emd_conformance._reports.gfm import block, code, details, table, text
from emd_conformance._reports.record import Record
from emd_conformance._reports.text import MEANINGS, WORDS, counts, headline, made, ordered

CELL = 200  # characters
MOST = 40  # reasons for which something was not examined; a last row counts the others


def render(report: Record) -> str:
    """Return the report: the verdict, what was declared, the findings, the counts, and what was not examined."""
    return "\n\n".join(_parts(report)) + "\n"


def _parts(report: Record) -> Iterator[str]:
    yield f"## {text(headline(report))}"
    yield _about(report)
    if report.broken:
        yield block(report.broken)
    for finding in ordered(report.findings):
        yield from _finding(finding)
    if report.results:
        yield "### What was examined"
        yield "\n".join(f"- {label}: {text(words)}" for label, words in counts(report).items())
        yield _clauses(report)
    if report.not_examined:
        yield _not_examined(report)


def _about(report: Record) -> str:
    rows = {
        "Implementation": code(report.target, CELL),
        "Function": "" if report.function in headline(report) else text(report.function),
        "Declared": code(report.declaration) or "the conventions of the specification",
        "Made": text(made(report)),
    }
    return "\n".join(f"- **{label}:** {words}" for label, words in rows.items() if words)


def _finding(finding: Finding) -> Iterator[str]:
    """Yield the finding with its smallest case."""
    yield f"### {finding.kind.capitalize()} {code(finding.id, CELL)}"
    yield f"{text(finding.message)}<br>*{MEANINGS[finding.kind].capitalize()}.*"
    if finding.evidence:
        yield block(finding.evidence)
    if finding.remedy:
        yield f"**What to do:** {text(finding.remedy)}"


def _clauses(report: Record) -> str:
    """Return how many answers of each kind each clause and each property has."""
    counted: dict[str, Counter[Status]] = {}
    for result in report.results:
        for subject in (result.case,) if result.group == "property" else examined_clauses(report, result):
            counted.setdefault(subject, Counter())[result.status] += 1
    present: list[Status] = [status for status in WORDS if any(counter[status] for counter in counted.values())]
    rows = [
        [_named(subject), *(str(counted[subject][status] or "") for status in present)]
        for subject in sorted(counted, key=_place)
    ]
    shown = table(["clause or property", *(WORDS[status] for status in present)], rows)
    return details("Clauses of the specification and properties, with the checks that concern them", shown)


def _named(subject: str) -> str:
    return text(f"{subject} {CLAUSES[subject]}" if subject in CLAUSES else subject, CELL)


def _place(subject: str) -> tuple[int, ...]:
    """Return the place of a clause by its numbers; properties come last."""
    return tuple(map(int, subject.split("."))) if subject in CLAUSES else (len(CLAUSES),)


def _not_examined(report: Record) -> str:
    reasons = sorted(report.not_examined.items(), key=lambda entry: -entry[1])
    rows = [[text(reason, CELL), str(count)] for reason, count in reasons[:MOST]]
    if more := reasons[MOST:]:
        rows.append([f"{len(more)} other reasons", str(sum(count for _, count in more))])
    total = sum(report.not_examined.values())
    return details(f"Not examined: {total} checks, by reason", table(["reason", "checks"], rows))
