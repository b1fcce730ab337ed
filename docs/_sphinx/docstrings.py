"""Docstrings as the reference shows them: names in backticks are code, |x| is an absolute value, clauses are links."""

import re
from typing import Any

from sphinx.application import Sphinx

from _sphinx.clauses import CITED

CLAUSE = re.compile(r"\b((\d+)\.(\d+))(?=[^\d]|$)")
CODE = re.compile(r"(``[^`]*``|`[^`]+`(?!_))")


def _shown(line: str) -> str:
    """The line, with what reStructuredText would take for markup escaped; examples stay as they are."""
    if line.lstrip().startswith((">>>", "...", "..")):
        return line
    parts = CODE.split(line)
    return "".join(part if i % 2 else re.sub(r"[|*]", r"\\\g<0>", part) for i, part in enumerate(parts))


def _linked(line: str) -> str:
    """The line, with the clauses that it cites as links to the specification."""
    return CITED.sub(lambda match: CLAUSE.sub(r":ref:`\g<1> <clause-\g<2>-\g<3>>`", match.group()), line)


def _process(_app: Sphinx, _what: str, _name: str, _object: object, _options: Any, lines: list[str]) -> None:
    in_example = False
    for i, line in enumerate(lines):
        in_example = line.lstrip().startswith(">>>") or (in_example and line.strip() != "")
        if not in_example:
            lines[i] = _linked(_shown(line))


def setup(app: Sphinx) -> dict[str, Any]:
    """Escape the lines before numpydoc arranges them."""
    app.connect("autodoc-process-docstring", _process, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
