"""A run that ends early, by Ctrl-C or a bug of the suite: what was found is reported, and there is no verdict."""

import json
import os
import pkgutil
import re
import signal
from itertools import count

import emd_conformance
import pytest
from emd_conformance._cli.main import main
from emd_conformance._declaration.errors import HarnessError
from emd_conformance._reports import json as json_report
from emd_conformance._reports.files import FORMS
from emd_conformance._reports.read import read
from losses import scan

MODULE = """
from losses import scan

calls = 0

def loss(p, t):
    global calls
    calls += 1
    if calls == 60:
        raise KeyboardInterrupt
    return scan(p, t)
"""


pytestmark = pytest.mark.usefixtures("terminal")


def after(calls):
    """A right loss, during whose call number `calls` the user presses Ctrl-C."""
    made = []

    def loss(p, t):
        made.append(1)
        if len(made) == calls:
            os.kill(os.getpid(), signal.SIGINT)
        return scan(p, t)

    return loss


def test_the_exception_holds_the_results_so_far():
    with pytest.raises(KeyboardInterrupt) as stop:
        emd_conformance.run(after(60), classes=(2, 3))
    report = stop.value.report
    assert (report.verdict, report.exit_code) == ("interrupted", 130)
    assert 10 < len(report.examined) <= 30
    assert {result.status for result in report.examined} == {"pass"}
    assert f"after {len(report.results)} of " in report.broken
    assert str(report).startswith("INTERRUPTED: there is no verdict")
    assert f"{len(report.examined)} right" in str(report)
    assert read(json_report.render(report)).verdict == "interrupted"


def test_an_interruption_before_the_first_answer_has_no_results():
    with pytest.raises(KeyboardInterrupt) as stop:
        emd_conformance.run(after(1), classes=(2, 3))
    assert stop.value.report.results == ()
    assert "after 0 of" in str(stop.value.report)


def assert_every_check_is_shown(files):
    """Assert that the forms that list checks list those that were made before the end."""
    done = read(files["json"].read_text("utf-8")).results
    for form in ("html", "junit"):
        assert all(result.case in files[form].read_text("utf-8") for result in done), form


def test_the_command_writes_every_form(tmp_path, monkeypatch, capsys):
    (tmp_path / "interrupting.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    files = {form: tmp_path / f"report.{form}" for form in FORMS}
    options = [text for form, file in files.items() for text in (f"--{form}", str(file))]
    assert main(["run", "interrupting:loss", "--no-isolate", "--classes", "2,3", *options]) == 130
    assert capsys.readouterr().out.startswith("INTERRUPTED")
    document = json.loads(files["json"].read_text("utf-8"))
    assert document["verdict"] == "interrupted"
    assert len(document["results"]) > 10
    assert all("INTERRUPTED" in file.read_text("utf-8") for file in files.values())
    assert_every_check_is_shown(files)


BUG = ZeroDivisionError("inside")
PARTS = {
    "a check": "emd_conformance._judging.check.Check.examine",
    "what invalid input does": "emd_conformance._run.run.behaviour",
    "a property": "emd_conformance._properties.engine.counter_example",
    "the exploration": "emd_conformance._exploration.explore.drawn",
}


def failing_after(calls, function, error):
    """The function, which raises an error after so many calls."""
    numbers = count()

    def fails(*arguments):
        if next(numbers) >= calls:
            raise error
        return function(*arguments)

    return fails


def broken_in(part, monkeypatch, error=BUG):
    """The suite with an error in one part; the checks and the properties fail after some."""
    module, name = PARTS[part].rsplit(".", 1)
    owner, calls = pkgutil.resolve_name(module), {"a check": 5, "a property": 2}.get(part, 0)
    monkeypatch.setattr(owner, name, failing_after(calls, getattr(owner, name), error))


@pytest.mark.parametrize("part", PARTS)
def test_a_bug_of_the_suite_keeps_the_results_before_it(part, monkeypatch):
    whole = emd_conformance.run(scan, classes=(2, 3))
    stored = sum(result.quantity != "behaviour" for result in whole.results)
    broken_in(part, monkeypatch)
    with pytest.raises(RuntimeError, match=r"^ZeroDivisionError in \w+\.py, line \d+: inside, after") as stop:
        emd_conformance.run(scan, classes=(2, 3), properties=True, explore=0.1)
    assert isinstance(stop.value.__cause__, ZeroDivisionError)
    report = stop.value.report
    assert (report.verdict, report.exit_code) == ("suite-failed", 3)
    done, asked = map(int, re.findall(r"after (\d+) of (\d+) checks", report.broken)[0])
    assert done == {"a check": 5, "what invalid input does": stored, "a property": stored + 2}.get(part, asked)
    assert done <= len(report.results)
    assert {result.status for result in report.examined} == {"pass"}
    assert str(report).startswith("NO VERDICT: the suite failed")
    assert read(json_report.render(report)).verdict == "suite-failed"


def test_an_implementation_that_cannot_be_asked_any_more_keeps_its_answers(monkeypatch):
    broken_in("a check", monkeypatch, HarnessError("it says what is not JSON"))
    report = emd_conformance.run(scan, classes=(2, 3))
    assert (report.verdict, report.exit_code, report.broken) == ("harness-broken", 4, "it says what is not JSON")
    assert [result.status for result in report.results] == ["pass"] * 5
    assert "5 right" in str(report)


def test_a_bug_before_the_first_result_is_raised_as_it_is(monkeypatch):
    monkeypatch.setattr("emd_conformance._run.run.select", failing_after(0, None, BUG))
    with pytest.raises(ZeroDivisionError, match="inside"):
        emd_conformance.run(scan, classes=(2, 3))


def test_after_a_bug_the_command_writes_every_form(tmp_path, monkeypatch, capsys):
    broken_in("a check", monkeypatch)
    files = {form: tmp_path / f"report.{form}" for form in FORMS}
    options = [text for form, file in files.items() for text in (f"--{form}", str(file))]
    assert main(["run", "losses:scan", "--no-isolate", "--classes", "2,3", *options]) == 3
    shown = capsys.readouterr().out
    assert shown.startswith("NO VERDICT: the suite failed, please report it")
    assert re.search(r"ZeroDivisionError in run\.py, line \d+", " ".join(shown.split()))
    assert len(json.loads(files["json"].read_text("utf-8"))["results"]) == 5
    assert all("the suite failed" in file.read_text("utf-8").replace("\n", " ") for file in files.values())
    assert_every_check_is_shown(files)
