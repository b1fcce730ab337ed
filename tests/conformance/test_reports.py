"""The forms of a report say the same, and nothing that an implementation returns or raises can break them."""

import io
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import emd_conformance
import losses
import numpy as np
import pytest
from emd_conformance._cli.main import main
from emd_conformance._judging.result import Finding
from emd_conformance._reports import html as html_report
from emd_conformance._reports import json as json_report
from emd_conformance._reports import junit as junit_report
from emd_conformance._reports import plots
from emd_conformance._reports import terminal as terminal_report
from emd_conformance._reports import text as text_report

HOSTILE = '</pre><script>alert(1)</script>\x1b[31m\x00 \ud800 & "quoted" {{ 7 * 7 }} [red]'
DEVIATION = {"line/one-class:value": "one class is offset"}


def crash(p, t):
    raise ValueError(HOSTILE)


def report_of(loss, **options):
    return emd_conformance.run(loss, **({"classes": (1, 3)} | options))


ASKED = {
    "conforming": (losses.scan, {"grad": losses.free_gradient}),
    "wrong": (lambda p, t: np.square(p - t).sum(-1), {"classes": (1, 3, 4)}),
    "infinite": (lambda p, t: losses.scan(p, t) / 0.0, {}),
    "crashing": (crash, {}),
    "deviating": (losses.offset_for_one_class, {"deviations": DEVIATION}),
    "stale": (losses.scan, {"deviations": DEVIATION}),
    "broken": ("nowhere:" + HOSTILE, {}),
    "empty": (losses.scan, {"classes": (77,)}),
    "partial": (lambda P, T: np.square(P - T).sum(-1), {"input": "cdf", "grad": losses.free_gradient}),
}


class Reports(dict):
    """The reports of the above, each made when it is first looked at."""

    def __missing__(self, name):
        loss, options = ASKED[name]
        self[name] = report_of(loss, **options)
        return self[name]


REPORTS = Reports()


@pytest.fixture(params=ASKED)
def report(request):
    return REPORTS[request.param]


def test_the_reports_above_have_every_verdict():
    reports = [REPORTS[name] for name in ASKED]
    assert {report.exit_code for report in reports} == {0, 1, 4, 5}
    assert len({report.verdict for report in reports}) == 6


def test_every_field_of_a_report_is_in_every_form():
    finding = Finding("defect", "an-id", "a message", "an evidence", "a remedy", "a package")
    report = replace(REPORTS["conforming"], isolation="a process", findings=(finding,), target="a target")
    words = ["an-id", "a message", "a target"]
    assert all(word in junit_report.render(report) for word in words)
    words += ["an evidence", "a remedy", "a package", "a process"]
    for form in (text_report, json_report, html_report):
        assert all(word in form.render(report) for word in words)


# JSON


def test_json_holds_everything(report):
    again = json_report.read(json_report.render(report))
    assert repr(again) == repr(report)  # by repr, as NaN is not equal to itself
    for form in (text_report, junit_report, html_report):
        assert form.render(again) == form.render(report)


def test_json_says_what_was_asked_when_and_with_what():
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


# Text


def test_text_fits_80_columns_and_has_no_control_characters(report):
    for line in text_report.render(report, verbose=True).split("\n"):
        assert len(line) <= 80
        assert line == "" or line.isprintable()


def test_text_says_verdict_findings_counts_and_what_was_not_examined():
    text = text_report.render(REPORTS["wrong"])
    order = [
        "DOES NOT CONFORM",
        "declared",
        "DEFECT missing-cumsum",
        "What to do:",
        "ADVICE",
        "\n  value",
        "\n  not examined:",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "its input is logits" in text


def test_verbose_text_names_every_check(report):
    text = text_report.render(report, verbose=True)
    assert all(result.id in text for result in report.results) or report.broken


def test_ids_are_never_broken_at_a_hyphen():
    lines = list(text_report.indented("line/near-and-far " * 20, "  ", "  "))
    assert all(set(line.text.split()) == {"line/near-and-far"} for line in lines)


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


def test_what_the_output_cannot_encode_is_escaped(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    terminal_report.show([text_report.Line("Σ D")])
    stream.flush()
    assert stream.buffer.getvalue() == b"\\u03a3 D\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_on_terminals_only_and_loses_no_check(monkeypatch, terminal):
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    report = report_of(losses.scan, track=terminal_report.track)
    assert [result.id for result in report.results] == [result.id for result in report_of(losses.scan).results]
    assert ("examining" in stream.getvalue()) == terminal


# JUnit


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


def test_junit_says_why():
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


# HTML


class Page(HTMLParser):
    """The tags of a page, balanced, and its words."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.open += [tag] if tag not in self.VOID else []

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_html_is_one_file_without_scripts_or_anything_from_outside(report):
    text = html_report.render(report)
    page = Page(text)
    assert page.open == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not any(name.startswith("on") or name in ("src", "href") for name, _ in page.attributes)
    assert not re.search(r"https?://|url\(|@import", text)
    assert "default-src 'none'" in text


def test_html_escapes_what_comes_from_the_implementation():
    for name in ("crashing", "broken"):
        text = html_report.render(REPORTS[name])
        assert "alert(1)" in text
        assert "<script" not in text
        assert "{{ 7 * 7 }}" in text
        assert all(c.isprintable() or c == "\n" for c in text)
        assert "".join(Page(text).words).count("</pre><script>alert(1)</script>\\x1b[31m\\x00 \\ud800") >= 1


def test_html_says_what_the_text_says(report):
    words = " ".join(" ".join(Page(html_report.render(report)).words).split())
    assert text_report.VERDICTS[report.verdict] in words
    for finding in report.findings:
        for part in (finding.id, finding.remedy):
            assert " ".join(part.split()) in words
    for reason, count in report.not_examined.items():
        assert f"{count} {reason}" in words
    for result in report.results:
        assert result.id in words


def test_html_puts_findings_before_counts_and_plots():
    text = html_report.render(REPORTS["wrong"])
    places = [text.index(f"<h2>{title}</h2>") for title in ("Findings", "Summary", "Plots", "What is wrong")]
    assert places == sorted(places)


def test_html_is_accessible(report):
    text = html_report.render(report)
    page = Page(text)
    assert page.tags.count("h1") == 1
    assert ("lang", "en") in page.attributes
    assert text.count("<table>") == text.count("<caption>") == text.count("<thead>")
    assert text.count('role="img"') == text.count("<figure>") == text.count("<figcaption")
    identifiers = [value for name, value in page.attributes if name == "id"]
    labels = [part for name, value in page.attributes if name == "aria-labelledby" for part in value.split()]
    assert sorted(labels) == sorted(identifiers)


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "quiet", "good", "bad", "dot"])
@pytest.mark.parametrize("paper", ["page", "panel"])
def test_colours_have_the_contrast_that_text_needs(scheme, ink, paper):
    """WCAG 2, success criterion 1.4.3: 4.5 to 1."""
    text = html_report.render(REPORTS["empty"])
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", text.split("prefers-color-scheme: dark")[scheme]))
    low, high = sorted(luminance(colours[name]) for name in (ink, paper))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_without_jinja_the_message_names_the_extra(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert main(["run", "losses:scan", "--classes", "2", "--html", str(tmp_path / "r.html")]) == 2
    assert "pip install 'emd-ref[conformance]'" in capsys.readouterr().err


# Plots


def test_plots_have_a_point_for_each_number_and_the_bound_as_a_line():
    answers, errors = plots.plots(REPORTS["conforming"])
    results = [result for result in REPORTS["conforming"].examined if result.numbers]
    assert len(errors.points) == len(results)
    assert len(answers.points) == sum(result.quantity == "value" for result in results)
    assert errors.line[1] == errors.line[3] == errors.y.place(1.0)
    assert all(point.y >= errors.line[1] and not point.wrong for point in errors.points)  # y grows downwards


def test_wrong_answers_lie_off_the_diagonal_and_above_the_bound():
    answers, errors = plots.plots(REPORTS["wrong"])
    wrong = [point for point in errors.points if point.wrong]
    assert len(wrong) >= 5
    assert all(point.y < errors.line[1] for point in wrong)
    diagonal = answers.x.end - answers.x.start
    parts = [
        (p.x - answers.x.start) / diagonal - (answers.y.start - p.y) / (answers.y.start - answers.y.end)
        for p in answers.points
    ]
    assert max(map(abs, parts)) > 0.02


def test_points_stay_inside_whatever_was_returned():
    for name in ("infinite", "crashing", "conforming", "wrong"):
        for plot in plots.plots(REPORTS[name]):
            for point in plot.points:
                assert plot.x.start <= point.x <= plot.x.end
                assert plot.y.end <= point.y <= plot.y.start


def test_nothing_is_drawn_of_nothing():
    assert plots.plots(REPORTS["empty"]) == plots.plots(REPORTS["crashing"]) == []


@pytest.mark.parametrize(("x", "place"), [(1.0, 0), (10.0, 50), (100.0, 100), (1e9, 100), (0.0, 0), (-5.0, 0)])
def test_axes_are_logarithmic_and_clamp(x, place):
    axis = plots.Axis(0, 2, 0, 100)
    assert axis.place(x) == place
    assert axis.place(float("inf")) == axis.place(float("nan")) == 100
    assert [label for _, label in axis.ticks] == ["1", "10", "100"]
