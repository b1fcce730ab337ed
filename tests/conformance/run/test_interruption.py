"""Ctrl-C during a run: what was found is reported, in every form that was asked for, and there is no verdict."""

import json
import os
import signal

import emd_conformance
import pytest
from emd_conformance._cli.main import main
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
