"""Every verdict has an example, and every form shows every field of a report."""

from dataclasses import replace

from emd_conformance._judging.result import Finding
from emd_conformance._reports import html as html_report
from emd_conformance._reports import json as json_report
from emd_conformance._reports import junit as junit_report
from emd_conformance._reports import text as text_report
from example_reports import ASKED, REPORTS


def test_the_example_reports_have_every_exit_code_and_seven_verdicts():
    reports = [REPORTS[name] for name in ASKED]
    assert {report.exit_code for report in reports} == {0, 1, 4, 5}
    assert len({report.verdict for report in reports}) == 7


def test_every_field_of_a_report_is_in_every_form():
    finding = Finding("defect", "an-id", "a message", "an evidence", "a remedy", "a package")
    report = replace(REPORTS["conforming"], isolation="a process", findings=(finding,), target="a target")
    words = ["an-id", "a message", "a target"]
    assert all(word in junit_report.render(report) for word in words)
    words += ["an evidence", "a remedy", "a package", "a process"]
    for form in (text_report, json_report, html_report):
        assert all(word in form.render(report) for word in words)
