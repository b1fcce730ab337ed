"""The JSON of a report is complete, and reads back as the same report."""

import json
import re
from fractions import Fraction

import emd_conformance
import numpy as np
import pytest
from emd_conformance._cli.main import main
from emd_conformance._reports import badge as badge_report
from emd_conformance._reports import html as html_report
from emd_conformance._reports import json as json_report
from emd_conformance._reports import junit as junit_report
from emd_conformance._reports import markdown as markdown_report
from emd_conformance._reports import text as text_report
from emd_conformance._reports.read import read
from example_reports import REPORTS
from losses import scan


def test_json_holds_everything(report):
    again = read(json_report.render(report))
    assert repr(again) == repr(report)  # by repr, as NaN is not equal to itself
    for form in (text_report, junit_report, html_report, markdown_report, badge_report):
        assert form.render(again) == form.render(report)


def test_json_has_the_results_the_date_and_the_versions():
    document = json.loads(json_report.render(REPORTS["wrong"]))
    assert document["versions"].keys() >= {"vectors", "python", "numpy"}
    assert document["versions"]["numpy"] == np.__version__
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", document["date"])
    (result,) = [result for result in document["results"] if result["id"] == "line/soft-3:value"]
    assert "4.1" in result["clauses"]
    assert result["classes"] == 3
    assert result["ratio"] > 1
    assert result["seconds"] > 0
    assert [float(result["expected"]), float(result["received"])] == result["numbers"]


def test_results_that_pass_hold_both_numbers_too():
    graded = [r for r in REPORTS["conforming"].examined if r.quantity == "value"]
    assert all(r.numbers is not None and r.expected and r.received for r in graded)


def test_the_bound_is_the_error_over_the_ratio():
    """Both numbers are doubles, so the quotient is theirs up to the rounding of the exact number, 2^-53 of it."""
    results = [r for r in REPORTS["wrong"].results if r.quantity == "value" and r.ratio > 1]
    assert results
    for result in results:
        expected, received = map(Fraction, result.numbers)
        quotient = abs(received - expected) / Fraction(result.bound)
        assert abs(quotient / Fraction(result.ratio) - 1) < Fraction(1, 2**50) * (
            1 + expected / abs(received - expected)
        )


def test_a_report_of_an_earlier_version_has_no_bound():
    document = json.loads(json_report.render(REPORTS["wrong"]))
    for result in document["results"]:
        del result["bound"]
    assert {result.bound for result in read(json.dumps(document)).results} == {None}


def test_another_format_is_refused():
    with pytest.raises(ValueError, match="format 1"):
        read('{"format": 2}')


@pytest.mark.parametrize("name", ["broken", "uncallable"])
def test_a_report_that_was_not_examined_keeps_its_verdict_and_refuses_others(name):
    text = json_report.render(REPORTS[name])
    verdict = REPORTS[name].verdict
    assert verdict == {"broken": "could-not-load", "uncallable": "could-not-call"}[name]
    assert read(text).verdict == verdict
    with pytest.raises(ValueError, match="was not examined"):
        read(text.replace(verdict, "conforms"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda d: d["results"][0].update(status="foo"),
            'it.results[0].status is "foo": it must be "pass" or "fail" or',
        ),
        (
            lambda d: d["results"][0].update(quantity="guess"),
            'it.results[0].quantity is "guess": it must be "value" or "gradient" or',
        ),
        (lambda d: d["results"][0].update(status="fail"), "its verdict is 'conforms', but its results give 'does-not-"),
        (lambda d: d.update(verdict="bar"), 'it.verdict is "bar": it must be "conforms" or'),
    ],
)
def test_a_document_that_no_run_has_written_is_no_report(change, words, tmp_path, capsys):
    report = emd_conformance.run(scan, cases=emd_conformance.vectors()[:3])
    assert report.verdict == "conforms"
    document = json.loads(json_report.render(report))
    change(document)
    file = tmp_path / "report.json"
    file.write_text(json.dumps(document))
    assert main(["render", str(file)]) == 2
    assert words in capsys.readouterr().err


def test_a_document_that_is_nested_too_deeply_is_no_report(tmp_path, capsys):
    file = tmp_path / "report.json"
    file.write_text("[" * 100_000)
    assert main(["render", str(file)]) == 2
    assert "it is nested too deeply" in capsys.readouterr().err
    assert main(["run", "losses:scan", "--deviations", str(file)]) == 2
    assert "it is nested too deeply" in capsys.readouterr().err
