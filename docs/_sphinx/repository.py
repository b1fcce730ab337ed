"""Pages that also read well in the repository: links to files outside docs/, and pages that live beside the code."""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PAGES = {
    "../docs/": "/",
    "README.md": "/reference/suite.md",
    "PROTOCOL.md": "/reference/protocol.md",
}
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def _rewritten(text: str, outside: bool) -> str:
    """Lead links of a page in conformance/ to pages of the site; show a file that is not on the site by its name."""

    def one(match: re.Match[str]) -> str:
        label, target = match.groups()
        if target.startswith(("http", "#", "/")):
            return match.group()
        if outside:
            for here, there in PAGES.items():
                if target.startswith(here):
                    return f"[{label}]({there}{target.removeprefix(here)})"
        if outside or re.match(r"(\.\./)+(emd_ref|tests|conformance)/", target):
            return label if label.startswith("`") else f"{label} (`{target.removeprefix('../')}`)"
        return match.group()

    return LINK.sub(one, text)


def _tidy(text: str) -> str:
    """Drop the empty line that ends an interactive session; doctest needs it, and readers do not."""
    return text.replace("\n\n```\n", "\n```\n")


def _read(_app: Sphinx, _name: str, source: list[str]) -> None:
    source[0] = _tidy(_rewritten(source[0], outside=False))


def _included(app: Sphinx, path: Path, _parent: str, source: list[str]) -> None:
    source[0] = _rewritten(source[0], outside=not Path(path).resolve().is_relative_to(Path(app.srcdir).resolve()))


def setup(app: Sphinx) -> dict[str, Any]:
    """Rewrite links when a page is read."""
    app.connect("source-read", _read)
    app.connect("include-read", _included)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
