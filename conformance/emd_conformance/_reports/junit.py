"""The report as JUnit XML for continuous integration: a suite for each group, a test case for each check."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from emd_conformance._judging.result import Result
from emd_conformance._reports.record import Record
from emd_conformance._reports.text import headline, ordered, printable

TAGS = {"fail": "failure", "xpass": "failure", "error": "error", "skip": "skipped", "xfail": "skipped"}


def render(report: Record) -> str:
    """Return the report as a `testsuites` element."""
    root = Element("testsuites", name=printable(f"emd-conformance {report.target}"))
    for group in dict.fromkeys(result.group for result in report.results):
        _suite(root, report, group, [_case(result) for result in report.results if result.group == group])
    if report.not_examined:
        _suite(root, report, "not examined", [_reason(*entry) for entry in report.not_examined.items()])
    if report.exit_code and not any(result.failed for result in report.results):
        _suite(root, report, "verdict", [_verdict(report)])
    root.attrib.update(_totals(root.iterfind("testsuite/testcase")))
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, "unicode") + "\n"


def _suite(root: Element, report: Record, name: str, cases: list[Element]) -> None:
    suite = SubElement(root, "testsuite", {"name": f"emd_conformance.{name}"} | _totals(cases))
    if report.date:
        suite.set("timestamp", report.date[:19])  # some readers refuse a time zone
    properties = SubElement(suite, "properties")
    for key, value in _properties(report).items():
        SubElement(properties, "property", name=key, value=printable(value))
    for case in cases:
        case.set("classname", f"emd_conformance.{name}")
        suite.append(case)


def _totals(elements: Iterable[Element]) -> dict[str, str]:
    cases = list(elements)
    tags = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counted = {name: sum(case.find(tag) is not None for case in cases) for name, tag in tags.items()}
    seconds = sum(float(case.get("time", 0)) for case in cases)
    return {"tests": str(len(cases))} | {k: str(n) for k, n in counted.items()} | {"time": f"{seconds:.6f}"}


def _properties(report: Record) -> dict[str, str]:
    about = {"target": report.target, "verdict": report.verdict, "headline": headline(report)}
    about |= {"function": report.function, "declaration": report.declaration}
    findings = {f"finding.{i}": f"{f.kind} {f.id}: {f.message}" for i, f in enumerate(ordered(report.findings), 1)}
    return about | {f"version.{name}": version for name, version in report.versions.items()} | findings


def _case(result: Result) -> Element:
    case = Element("testcase", name=result.id, time=f"{result.seconds:.6f}")
    if tag := TAGS.get(result.status):
        element = SubElement(case, tag, message=printable(result.message))
        if tag != "skipped":
            element.set("type", result.status)
            element.text = _details(result)
    return case


def _details(result: Result) -> str:
    rows = {
        "clauses": ", ".join(result.clauses),
        "expected": result.expected,
        "received": result.received,
        "more": f"emd-conformance show {result.case}",
    }
    return "".join(f"\n{label:8}  {printable(text)}" for label, text in rows.items() if text) + "\n"


def _reason(reason: str, count: int) -> Element:
    case = Element("testcase", name=f"{count} checks: {printable(reason)}", time="0.000000")
    SubElement(case, "skipped", message=printable(reason))
    return case


def _verdict(report: Record) -> Element:
    """Return a case that fails, so that a run without results does not look like one without failures."""
    case = Element("testcase", name=report.verdict, time="0.000000")
    SubElement(case, "error", message=printable(headline(report)), type=report.verdict).text = printable(report.broken)
    return case
