"""The HTML of a report is one safe and accessible file that says what the text says."""

import re
import sys
from html.parser import HTMLParser

import pytest
from emd_conformance._cli.main import main
from emd_conformance._reports import html as html_report
from emd_conformance._reports import text as text_report
from example_reports import REPORTS


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


def test_html_is_one_file_without_scripts_or_external_resources(report):
    text = html_report.render(report)
    page = Page(text)
    assert page.open == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not any(name.startswith("on") or name in ("src", "href") for name, _ in page.attributes)
    assert not re.search(r"https?://|url\(|@import", text)
    assert "default-src 'none'" in text


def test_html_escapes_text_from_the_implementation():
    for name in ("crashing", "broken"):
        text = html_report.render(REPORTS[name])
        assert "alert(1)" in text
        assert "<script" not in text
        assert "{{ 7 * 7 }}" in text
        assert all(c.isprintable() or c == "\n" for c in text)
        assert "".join(Page(text).words).count("</pre><script>alert(1)</script>\\x1b[31m\\x00 \\ud800") >= 1


def test_html_says_what_the_text_says(report):
    words = " ".join(" ".join(Page(html_report.render(report)).words).split())
    assert text_report.headline(report) in words
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


@pytest.mark.parametrize("form", ["html", "badge"])
def test_without_jinja_the_message_names_the_extra(monkeypatch, tmp_path, capsys, form):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert main(["run", "losses:scan", "--classes", "2", f"--{form}", str(tmp_path / "report")]) == 2
    assert "pip install 'emd-ref[conformance]'" in capsys.readouterr().err
