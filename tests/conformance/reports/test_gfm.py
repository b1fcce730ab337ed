"""Text in Markdown shows its characters and nothing else, as a reader of CommonMark with GitHub's tables renders it."""

import re

import pytest
from emd_conformance._reports.gfm import block, code, details, table, text
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

HOSTILE = [
    "a | b || c \\| d",
    "`one` ``two`` ```three```",
    "`",
    "``` ",
    "</td></table><script>alert(1)</script><!-- & &lt; &#124;",
    "[a](javascript:alert(1)) ![b](http://x/y.png) <http://x> http://x www.x",
    "# a", "- a", "+ a", "* a", "1. a", "12) a", "=== a", "--- a", "> a", "~~a~~ $a$ ^a^ _a_ **a** {{ 7 * 7 }}",
    "\\", "a\\", "\\\\|", "x\x00\x1b[31m\u202e y",
]  # fmt: skip
ALPHABET = "ab1 \\`*_{}[]()#+-.!|<>&~:/=\"'$\x1b\n"


def render(markdown):
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown)


def inline(tokens):
    """The leaves of a page, and the characters that its text and code show."""
    leaves = [leaf for token in tokens if token.type == "inline" for leaf in token.children]
    return leaves, "".join("\n" if leaf.type == "html_inline" else leaf.content for leaf in leaves)


def printed(words):
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in words)


def lines(words):
    shown = [printed(line.strip()) for line in words.strip().split("\n")]
    return [line for line in shown if line]


def assert_shows(words):
    leaves, shown = inline(render(text(words)))
    assert {leaf.type for leaf in leaves} <= {"text", "html_inline", "text_special"}
    assert {leaf.content for leaf in leaves if leaf.type == "html_inline"} <= {"<br>"}
    assert shown.split("\n") == (lines(words) or [""])


@pytest.mark.parametrize("words", [*HOSTILE, "\n- ".join(HOSTILE)])
def test_hostile_text_shows_its_characters(words):
    assert_shows(words)


@given(st.text(ALPHABET, max_size=30))
def test_any_text_shows_its_characters(words):
    assert_shows(words)


def assert_code(words):
    (leaf,) = inline(render(f"before {code(words)} after"))[0][1:2] or [None]
    assert leaf.type == "code_inline"
    assert leaf.content == " ".join(printed(line).strip() for line in words.strip().split("\n"))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_text_is_one_code_span(words):
    assert_code(words)


@given(st.text(ALPHABET, min_size=1, max_size=30).filter(str.strip))
def test_any_text_is_one_code_span(words):
    assert_code(words)


def test_no_text_is_no_code_span():
    assert code(" \n") == ""


@pytest.mark.parametrize("words", [*HOSTILE, "a\n```\n<b>\n````\nc", "~~~\n```"])
def test_a_block_holds_its_lines(words):
    (token,) = render(block(words))
    assert token.type == "fence"
    assert token.content == "".join(f"{printed(line)}\n" for line in words.rstrip().split("\n"))


@pytest.mark.parametrize("words", [*HOSTILE, "two\nlines"])
def test_a_table_keeps_its_columns(words):
    tokens = render(table(["what", "checks", "more"], [[text(words), "1", text(words)], ["b", "2", "3"]]))
    assert sum(token.type == "td_open" for token in tokens) == 6
    assert sum(token.type == "th_open" for token in tokens) == 3
    cells = [inline([token])[1] for token in tokens if token.type == "inline"][3:]
    shown = "\n".join(lines(words))
    assert cells == [shown, "1", shown, "b", "2", "3"]


def test_addresses_are_no_links():
    """GitHub makes links of what follows http://, https:// and www. in text, unless a backslash is in it."""
    shown = text("see http://example.org, https://example.org and www.example.org")
    assert not re.search(r"(?<!\\)://|www\.", shown)


def test_long_texts_are_cut():
    for form in (text, code, block):
        assert len(form("x" * 10**6, 50)) < 70
        assert "…" in form("x" * 10**6, 50)


def test_details_hide_markdown_behind_a_summary():
    types = [token.type for token in render(details("<b> & more", "*a*"))]
    assert types == ["html_block", "paragraph_open", "inline", "paragraph_close", "html_block"]
    assert "&lt;b&gt; &amp; more" in details("<b> & more", "")
