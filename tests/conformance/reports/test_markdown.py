"""The Markdown of a report says the verdict, the findings and what was examined, briefly, and nothing is markup."""

import re
from collections import Counter
from dataclasses import replace

import emd_conformance
import losses
import pytest
from emd_conformance._judging.result import Finding
from emd_conformance._reports import markdown as markdown_report
from emd_conformance._reports import text as text_report
from example_reports import REPORTS
from markdown_it import MarkdownIt

TAGS = re.compile(r"</?details>|</?summary>|<br>")


def tokens(report):
    return MarkdownIt("commonmark", {"html": True}).enable(["table"]).parse(markdown_report.render(report))


def words(report):
    """What a reader sees, in one line."""
    shown = []
    for token in tokens(report):
        parts = token.children if token.type == "inline" else [token]
        shown += [TAGS.sub(" ", part.content) for part in parts]
    return " ".join("".join(f"{part} " if part else " " for part in shown).split())


def rows(report):
    """The table of clauses and properties: the other columns, and their cells by the first word of each row."""
    text = markdown_report.render(report).split("Clauses of the specification")[1].split("</details>")[0]
    lines = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("|")]
    (_, *head), _, *body = [[cell.strip() for cell in line] for line in lines]
    return head, {first.split()[0]: dict(zip(head, rest, strict=True)) for first, *rest in body}


def close(text):
    return re.sub(r"\s+", "", text)


def test_markdown_says_what_the_text_says(report):
    shown = close(words(report))
    assert close(text_report.headline(report)) in shown
    assert close(report.function) in shown
    assert close(text_report.made(report)) in shown
    assert close(report.declaration or "the conventions of the specification") in shown
    for finding in report.findings:
        for part in (finding.id, finding.message, finding.remedy):
            assert close(part) in shown
    for reason, count in report.not_examined.items():
        assert close(f"{reason}{count}") in shown
    assert close(text_report.printable(report.broken)) in shown


def test_the_only_html_is_that_of_the_report(report):
    for token in tokens(report):
        for part in [token, *(token.children or [])]:
            if part.type in ("html_block", "html_inline"):
                summary = re.sub(r"<summary>[^<>]*</summary>", "", part.content)
                assert TAGS.sub("", summary).strip() == ""
            assert part.type not in ("link_open", "image", "heading_open") or part.tag in ("h2", "h3")


def test_a_finding_comes_with_its_smallest_case():
    shown = markdown_report.render(REPORTS["wrong"])
    finding = shown.split("### Defect `missing-cumsum`")[1].split("###")[0]
    for part in ("```text\ncase line/", "expected 0.", "received 0.", "**What to do:** sum"):
        assert part in finding


def test_each_row_counts_the_checks_that_cite_its_clause():
    """4.1 defines the value, and 5.1 the gradient: as many checks are right as cases cite it."""
    cases = [case for case in emd_conformance.vectors() if case.group in ("line", "rare")]
    report = emd_conformance.run(losses.scan, cases=cases, classes=(3,), grad=losses.free_gradient)
    asked = {result.case for result in report.results if result.quantity == "value"}
    wanted = Counter(clause for case in cases if case.id in asked for clause in case.clauses)
    head, counted = rows(report)
    assert head == ["right"]
    assert counted["4.1"] == {"right": str(wanted["4.1"])}
    assert counted["5.1"] == {"right": str(wanted["5.1"])}
    assert counted["1.2"] == {"right": str(2 * wanted["1.2"])}  # a value and a gradient
    assert not {"1.6", "3.1", "6.1"} & {*counted}  # no reduction, no EMD and no cross-entropy is declared


def test_properties_have_rows_of_their_own():
    _, counted = rows(emd_conformance.run(losses.scan, cases=emd_conformance.vectors()[:3], properties=True))
    assert "property/symmetry" in counted


def test_it_is_short_whatever_an_implementation_says():
    """A comment on GitHub takes 65536 characters, a summary more."""
    long = [Finding("unknown", f"id-{i}", "m" * 10**5, "e\n" * 10**5, "r" * 10**5, "") for i in range(3)]
    reasons = {f"{i} " + "x" * 10**5: 1 for i in range(300)}
    report = replace(
        REPORTS["wrong"], findings=tuple(long), not_examined=reasons, target="t" * 10**5, broken="b" * 10**5
    )
    assert len(markdown_report.render(report)) < 40_000
    assert "| 260 other reasons | 260 |" in markdown_report.render(report)


@pytest.mark.parametrize("name", ["broken", "uncallable"])
def test_what_was_not_examined_has_the_reason_and_no_counts(name):
    shown = markdown_report.render(REPORTS[name])
    assert shown.startswith("## NOT EXAMINED")
    assert "What was examined" not in shown
