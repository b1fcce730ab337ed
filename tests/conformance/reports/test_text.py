"""The text of a report fits its columns and says everything in a fixed order."""

from emd_conformance._reports import text as text_report
from example_reports import REPORTS


def test_text_fits_80_columns_and_has_no_control_characters(report):
    for line in text_report.render(report, verbose=True).split("\n"):
        assert len(line) <= 80
        assert line == "" or line.isprintable()


def test_text_says_verdict_findings_counts_and_what_was_not_examined():
    text = text_report.render(REPORTS["wrong"])
    order = [
        "DOES NOT CONFORM",
        "declared",
        "DEFECT missing-cumsum",
        "What to do:",
        "ADVICE",
        "\n  value",
        "\n  not examined:",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "its input is logits" in text


def test_verbose_text_names_every_check(report):
    text = text_report.render(report, verbose=True)
    assert all(result.id in text for result in report.results) or report.broken


def test_ids_are_never_broken_at_a_hyphen():
    lines = list(text_report.indented("line/near-and-far " * 20, "  ", "  "))
    assert all(set(line.text.split()) == {"line/near-and-far"} for line in lines)
