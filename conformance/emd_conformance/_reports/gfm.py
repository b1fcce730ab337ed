"""GitHub-flavoured Markdown of any text: what an implementation says cannot become markup."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from emd_conformance._reports.text import printable

LONGEST = 1000  # characters of a text: a summary is read, and a report holds the rest
MARKUP = re.compile(r"[\\`*_{}\[\]#|~$]|:(?=//)|(?<=www)\.")  # an address would be a link
STARTS = re.compile(r"^([-+=]|\d{1,9}[.)](?!\S))")  # of lists, of rules, and of what makes the line above a heading


def text(words: str, longest: int = LONGEST) -> str:
    """Return a text in one line of Markdown, which shows each line of its own and nothing but its characters."""
    shown = (_escaped(line) for line in _cut(words.strip(), longest).split("\n"))
    return "<br>".join(filter(None, shown))


def code(words: str, longest: int = LONGEST) -> str:
    """Return a text as a code span, with a fence that the text does not contain."""
    shown = " ".join(printable(line).strip() for line in _cut(words.strip(), longest).split("\n"))
    fence = "`" * (_longest_run(shown) + 1)
    space = " " if len(fence) > 1 else ""
    return f"{fence}{space}{shown}{space}{fence}" if shown else ""


def block(words: str, longest: int = 2 * LONGEST) -> str:
    """Return a text as a block of code."""
    lines = [printable(line) for line in _cut(words.rstrip(), longest).split("\n")]
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return "\n".join([f"{fence}text", *lines, fence])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; `text` has made its cells, as a pipe in code would end one. All columns but one are numbers."""
    ruler = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ruler, *rows])


def details(summary: str, body: str) -> str:
    """Return a body that is hidden until the reader opens it."""
    return f"<details><summary>{escape(summary)}</summary>\n\n{body}\n\n</details>"


def _escaped(line: str) -> str:
    shown = MARKUP.sub(lambda match: "\\" + match[0], escape(printable(line.strip()), quote=False))
    return STARTS.sub(lambda match: match[0][:-1] + "\\" + match[0][-1], shown)


def _longest_run(words: str) -> int:
    return max(map(len, re.findall("`+", words)), default=0)


def _cut(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 1] + "…"
