"""What a notebook shows of a report: a part of a page that changes nothing else of it, in the colours of the page."""

import re
import sys
from html.parser import HTMLParser

import pytest
from emd_conformance._reports import notebook
from emd_conformance._reports import text as text_report
from example_reports import REPORTS


class Part(HTMLParser):
    """The tags of a part of a page, balanced, its attributes, and its words."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_a_part_of_a_page_is_one_element_that_leaks_nothing(report):
    shown = report._repr_html_()
    part = Part(shown)
    assert part.open == []
    assert part.tags[0] == "div"
    assert shown.strip().endswith("</div>")
    assert {*part.tags} <= {"div", "strong", "code", "pre", "ul", "li", "details", "summary", "small"}
    assert {name for name, _ in part.attributes} <= {"style"}  # no class, no id, no event


def test_it_sets_no_colour_but_that_of_the_border(report):
    styles = " ".join(value for name, value in Part(report._repr_html_()).attributes if name == "style")
    assert len(re.findall(r"#\w+", styles)) == 1
    assert "background" not in styles
    assert not re.search(r"(?<!-)\bcolor:", styles)


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("page", [1.0, 0.0056])  # white, and #111111, which notebooks use in the dark
def test_the_border_shows_on_light_and_dark_pages(good, page):
    """WCAG 2, success criterion 1.4.11: 3 to 1."""
    parts = [int(notebook.COLOURS[good][i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    low, high = sorted([page, 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]])
    assert (high + 0.05) / (low + 0.05) >= 3


def test_it_says_what_the_text_says(report):
    words = " ".join(" ".join(Part(report._repr_html_()).words).split())
    for part in (text_report.headline(report), text_report.made(report), text_report.printable(report.target)):
        assert " ".join(part.split()) in words
    for finding in report.findings:
        for part in (finding.id, finding.remedy):
            assert " ".join(part.split()) in words
    for reason, count in report.not_examined.items():
        assert f"{count}: {reason}" in words


def test_hostile_words_are_escaped():
    for name in ("crashing", "broken"):
        shown = REPORTS[name]._repr_html_()
        assert "<script" not in shown
        assert "{{ 7 * 7 }}" in shown
        assert all(c.isprintable() or c == "\n" for c in shown)


def test_without_jinja_a_notebook_shows_the_text(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert REPORTS["conforming"]._repr_html_() is None
