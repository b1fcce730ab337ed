"""A badge states the verdict, the function, what was examined, the suite and the date, for every reader."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from emd_conformance._judging.result import Result
from emd_conformance._reports import badge as badge_report
from emd_conformance._reports import text as text_report
from emd_conformance._reports.record import Record
from example_reports import HOSTILE, REPORTS

SVG = "{http://www.w3.org/2000/svg}"
MADE = {"emd-conformance": "0.1.0", "vectors": "1", "python": "3.12.0", "package": "2.13.0", "numpy": "2.4.0"}
RECORD = Record(
    "package.losses:loss",
    "reduction='mean'",
    (Result("line/soft-3", "value", "pass"),),
    claims=("value",),
    function="E, the squared EMD of ordered classes (mean over the batch)",
    declared={"computes": "E", "ground": "line"},
    versions=MADE,
    date="2026-11-29T10:00:00+00:00",
)


def parsed(report):
    return ElementTree.fromstring(badge_report.render(report))


def texts(report):
    return [element.text for element in parsed(report).iter(f"{SVG}text")]


def words(report):
    return texts(report)[1]


def test_a_badge_states_all_in_one_line():
    assert texts(RECORD) == [
        "emd-conformance",
        "conforms as squared EMD · loss of package 2.13.0 · suite v1 · 2026-11-29",
    ]


@pytest.mark.parametrize(
    ("name", "verdict", "colour"),
    [
        ("conforming", "conforms as squared EMD · scan", "GREEN"),
        ("wrong", "does not conform as squared EMD · ", "RED"),
        ("crashing", "does not conform as squared EMD · crash", "RED"),
        ("stale", "does not conform as squared EMD · scan", "RED"),
        ("deviating", "conforms as squared EMD, with declared deviations · offset_for_one_class", "AMBER"),
        ("partial", "conforms in part as squared EMD · scan", "AMBER"),
        ("broken", "not examined · ", "GREY"),
        ("uncallable", "not examined · scan", "GREY"),
        ("empty", "not examined · scan", "GREY"),
    ],
)
def test_each_verdict_has_its_own_words_and_colour(name, verdict, colour):
    assert words(REPORTS[name]).startswith(verdict)
    assert parsed(REPORTS[name]).findall(f"{SVG}path")[1].get("fill") == getattr(badge_report, colour)


@pytest.mark.parametrize(("impediment", "text"), [("interrupted", "interrupted"), ("suite-failed", "the suite failed")])
def test_a_run_that_ended_early_has_no_verdict(impediment, text):
    report = replace(RECORD, broken="it ended early", impediment=impediment)
    assert words(report).startswith(f"{text}, no verdict · loss of package")


@pytest.mark.parametrize(
    ("declared", "function"),
    [
        ({"computes": "E", "ground": "circle"}, "squared EMD on a circle"),
        ({"computes": "W1", "ground": "tree"}, "EMD on a tree"),
        ({"computes": "sqrt(E/C)", "ground": "line"}, "sqrt(E/C)"),
        ({"computes": "E", "ground": "matrix"}, "squared EMD with a matrix of ground distances"),
        ({"computes": "+".join(["E"] * 50), "ground": "line"}, "E+E+E+E+E+E+E+E+E+E+E+E+E+E+E+E…"),
        ({}, "squared EMD"),  # as in reports of earlier versions
    ],
)
def test_a_badge_names_the_function_that_was_declared(declared, function):
    assert words(replace(RECORD, declared=declared)).startswith(f"conforms as {function} · ")


@pytest.mark.parametrize(
    ("target", "versions", "examined"),
    [
        ("package.losses:Loss(num_classes=C)", {"package": "1.2"}, "Loss of package 1.2"),
        ("./losses.py:loss", {"losses (sha256)": "a599d7a2e255"}, "loss of losses a599d7a2e255"),
        ("torch.nn:EMD", {"torch": "2.13.0", "numpy": "2.4.0"}, "EMD of torch 2.13.0"),
        ("ot:emd", {"POT": "0.9.7", "numpy": "2.4.0"}, "emd of POT 0.9.7"),
        ("cmd:node loss.js", {"my-loss": "3"}, "my-loss 3"),
        ("scan", {"numpy": "2.4.0"}, "scan"),  # a callable of this program
        ("nowhere:loss", {}, "loss"),
    ],
)
def test_a_badge_names_the_implementation_and_its_version(target, versions, examined):
    report = replace(RECORD, target=target, versions={"vectors": "1", "python": "3.12.0"} | versions)
    assert f" · {examined} · suite v1 · " in words(report)


def test_a_badge_is_accessible(report):
    root = parsed(report)
    left, right = texts(report)
    assert root.get("role") == "img"
    assert root.get("aria-label") == f"{left}: {right}"
    title = root.find(f"{SVG}title").text
    assert text_report.headline(report) in title
    assert text_report.made(report) in title
    assert (report.declaration or "the conventions of the specification") in title


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", ["NAME", "GREY", "GREEN", "AMBER", "RED"])
def test_white_words_have_the_contrast_that_text_needs(name):
    """WCAG 2, success criterion 1.4.3: 4.5 to 1."""
    assert 1.05 / (luminance(getattr(badge_report, name)) + 0.05) >= 4.5


def test_hostile_words_are_escaped_and_bounded():
    for name in ("crashing", "broken"):
        shown = badge_report.render(REPORTS[name])
        assert "<script" not in shown
        assert all(c.isprintable() or c == "\n" for c in shown)
        ElementTree.fromstring(shown)
    report = replace(RECORD, target=f"package:{HOSTILE * 100}", versions=MADE | {"package": HOSTILE * 100})
    assert len(words(report)) < 150


@pytest.mark.parametrize(("report", "length"), [(RECORD, 407.1), (replace(RECORD, broken="?"), 339.2)])
def test_boxes_are_as_wide_as_their_words(report, length):
    """The advance widths of DejaVu Sans in 11 px; those of Verdana are about the same."""
    root = parsed(report)
    left, right = (float(element.get("textLength")) for element in root.iter(f"{SVG}text"))
    assert left == pytest.approx(100.6, rel=0.04)
    assert right == pytest.approx(length, rel=0.04)
    starts = [float(element.get("x")) for element in root.iter(f"{SVG}text")]
    assert starts == [6, 6 + left + 12]
    assert float(root.get("width")) == left + right + 24


def test_a_badge_has_no_identifiers_that_a_page_may_have_too():
    assert not re.search(r"\sid=|url\(|href|<style|<script", badge_report.render(RECORD))


def test_a_record_without_date_and_versions_has_a_badge():
    assert words(Record("loss", "", ())) == "not examined · loss · suite v?"
