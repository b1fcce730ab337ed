"""A bug of the diagnosis does not lose the results of a run: it is a finding among those that were made before."""

import re
from fractions import Fraction

import pytest
from emd_conformance import vectors
from emd_conformance._calling.watch import Observations
from emd_conformance._cli.main import main
from emd_conformance._declaration.errors import HarnessError
from emd_conformance._diagnosis import diagnose as module
from emd_conformance._diagnosis.diagnose import diagnose
from emd_conformance._judging.result import Result
from emd_conformance._reports.read import read
from small import sized, told

A, B = sized(3, 2), sized(4, 2)
FAILED = Result(A.id, "value", "fail", "it is off")


def stopping(error):
    def explain(*_):
        raise error

    return explain


def dividing(*_):
    Fraction(1, 0)


def test_it_is_said_after_what_was_found_before_it(monkeypatch):
    monkeypatch.setattr(module, "_values", stopping(OverflowError("too large")))
    caller = told({})
    vars(caller)["seen"] = Observations({"closes-stdin": {B.id: ""}})
    effect, bug = diagnose(caller, [A, B], [FAILED])
    assert effect.id == "closes-stdin"
    assert (bug.id, bug.kind) == ("diagnosis-failed", "unknown")
    assert "OverflowError in diagnose.py, line " in bug.message
    assert bug.message.endswith(": too large")


def test_its_place_is_the_innermost_one_in_the_suite(monkeypatch):
    monkeypatch.setattr("emd_conformance._diagnosis.memory._repeated", dividing)
    caller = told({})
    vars(caller)["seen"] = Observations({"nondeterministic": {A.id: ""}})
    (bug,) = diagnose(caller, [A], [FAILED])
    assert "ZeroDivisionError in memory.py, line " in bug.message


def test_an_implementation_that_can_no_longer_be_asked_ends_the_run(monkeypatch):
    monkeypatch.setattr(module, "_values", stopping(HarnessError("it is gone")))
    with pytest.raises(HarnessError, match="it is gone"):
        diagnose(told({}), [A], [FAILED])


def test_the_verdict_and_the_report_are_there(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(module, "_values", dividing)
    path = tmp_path / "report.json"
    command = [
        "run",
        "emd_conformance.defects.independent_formulas:brier_named_emd",
        "--no-isolate",
        "--classes",
        "3",
        "--json",
        str(path),
    ]
    assert main(command) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "DOES NOT CONFORM" in shown
    assert re.search(r"as the suite failed: ZeroDivisionError in diagnose\.py, line \d+: Fraction\(1, 0\)", shown)
    report = read(path.read_text())
    assert [found.id for found in report.findings] == ["diagnosis-failed"]
    assert sum(result.failed for result in report.results) > 10
    assert {result.case for result in report.results} <= {case.id for case in vectors()}
