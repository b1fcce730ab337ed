"""A terminal shows the same words as plain text, and the progress of a run."""

import io
import re
import sys

import losses
import pytest
from emd_conformance._reports import terminal as terminal_report
from emd_conformance._reports import text as text_report
from example_reports import report_of


class Terminal(io.StringIO):
    """A stream that takes styles."""

    encoding = "utf-8"

    def isatty(self):
        return True


def shown(monkeypatch, report, terminal, without_rich=False):
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    if without_rich:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    terminal_report.show(text_report.lines(report))
    return stream.getvalue()


def test_rich_and_plain_show_the_same_words(monkeypatch, report):
    plain = shown(monkeypatch, report, terminal=False)
    styled = shown(monkeypatch, report, terminal=True)
    assert plain == text_report.render(report) + "\n"
    assert re.sub(r"\x1b\[[0-9;]*m", "", styled) == plain
    assert "\x1b[" in styled
    assert shown(monkeypatch, report, terminal=True, without_rich=True) == plain


def test_characters_that_the_output_cannot_encode_are_escaped(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    terminal_report.show([text_report.Line("Σ D")])
    stream.flush()
    assert stream.buffer.getvalue() == b"\\u03a3 D\n"


@pytest.mark.parametrize("without_rich", [True, False])
@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_on_terminals_only_and_loses_no_check(monkeypatch, terminal, without_rich):
    if without_rich:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    report = report_of(losses.scan, track=terminal_report.track)
    assert [result.id for result in report.results] == [result.id for result in report_of(losses.scan).results]
    assert ("examining" in stream.getvalue()) == terminal
