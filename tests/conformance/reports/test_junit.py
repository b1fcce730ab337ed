"""The JUnit XML of a report counts as the report does, and fails exactly if the run does."""

from xml.etree import ElementTree

from emd_conformance._reports import junit as junit_report
from example_reports import REPORTS


def parsed(report):
    text = junit_report.render(report)
    return ElementTree.fromstring(text.encode("utf-8"))


def test_junit_has_a_suite_for_each_group_and_a_case_for_each_check(report):
    root = parsed(report)
    names = [case.get("name") for case in root.iter("testcase")]
    assert [name for name in names if ":" in name and "/" in name] == [result.id for result in report.results]
    assert len({suite.get("name") for suite in root}) == len(root)
    for suite in [root, *root]:
        cases = list(suite.iter("testcase"))
        assert int(suite.get("tests")) == len(cases)
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(count)) == sum(case.find(tag) is not None for case in cases)


def test_junit_fails_exactly_when_the_run_does(report):
    root = parsed(report)
    assert (int(root.get("failures")) + int(root.get("errors")) > 0) == (report.exit_code != 0)


def test_junit_gives_the_reason_of_a_failure():
    root = parsed(REPORTS["wrong"])
    failure = root.find(".//testcase[@name='line/soft-3:value']/failure")
    assert "times the error bound" in failure.get("message")
    assert "expected  0.30" in failure.text
    properties = {p.get("name"): p.get("value") for p in root.iter("property")}
    assert properties["verdict"] == "does-not-conform"
    assert properties["finding.1"].startswith("defect missing-cumsum")
    assert parsed(REPORTS["deviating"]).find(".//testcase[@name='line/one-class:value']/skipped") is not None
    assert parsed(REPORTS["stale"]).find(".//testcase[@name='line/one-class:value']/failure") is not None
    assert any("its input is logits" in case.get("name") for case in root.iter("testcase"))
