"""A report gives the forms that the command line writes."""

import sys

import pytest
from emd_conformance._cli.main import main
from emd_conformance._reports.read import read


def test_methods_return_what_the_options_write(tmp_path):
    forms = {form: tmp_path / f"report.{form}" for form in ("json", "html", "markdown", "badge")}
    options = [part for form, file in forms.items() for part in (f"--{form}", str(file))]
    assert main(["run", "losses:scan", "--computes", "E/C", "--classes", "3", *options]) == 1
    report = read(forms["json"].read_text("utf-8"))
    for form, file in forms.items():
        assert getattr(report, f"to_{form}")() == file.read_text("utf-8")


def test_forms_that_need_jinja_say_so(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    for form in (report.to_html, report.to_badge):
        with pytest.raises(ValueError, match=r"pip install 'emd-ref\[conformance\]'"):
            form()
    assert report.to_markdown().startswith("## ")
