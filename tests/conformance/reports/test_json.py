"""The JSON of a report is complete, and reads back as the same report."""

import json
import re

import numpy as np
import pytest
from emd_conformance._reports import html as html_report
from emd_conformance._reports import json as json_report
from emd_conformance._reports import junit as junit_report
from emd_conformance._reports import text as text_report
from example_reports import REPORTS


def test_json_holds_everything(report):
    again = json_report.read(json_report.render(report))
    assert repr(again) == repr(report)  # by repr, as NaN is not equal to itself
    for form in (text_report, junit_report, html_report):
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


def test_another_format_is_refused():
    with pytest.raises(ValueError, match="format 1"):
        json_report.read('{"format": 2}')


@pytest.mark.parametrize("name", ["broken", "uncallable"])
def test_a_report_that_was_not_examined_keeps_its_verdict_and_refuses_others(name):
    text = json_report.render(REPORTS[name])
    verdict = REPORTS[name].verdict
    assert verdict == {"broken": "could-not-load", "uncallable": "could-not-call"}[name]
    assert json_report.read(text).verdict == verdict
    with pytest.raises(ValueError, match="was not examined"):
        json_report.read(text.replace(verdict, "conforms"))
