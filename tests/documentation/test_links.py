"""Links between pages lead somewhere, and cited clauses exist."""

import importlib
import re
from pathlib import Path

import pytest
from support.pages import DOCS, PAGES, anchors, links, name

NAMES = [name(page) for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor in links(page):
        target = page.parent / path if path else page
        assert target.exists(), f"links to {path}"
        assert not anchor or anchor in anchors(target), f"{path} has no #{anchor}"


def test_cited_clauses_exist(modules: list[str]) -> None:
    clauses = set(re.findall(r"^\*\*(\d+\.\d+) ", (DOCS / "spec.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert len(clauses) > 40
    for module in modules:
        source = Path(importlib.import_module(module).__file__ or "").read_text(encoding="utf-8")
        for cited in re.findall(r"specification, (\d+\.\d+)", source):
            assert cited in clauses, f"{module} cites {cited}"


def test_every_page_is_reached_from_the_home_page() -> None:
    seen, queue = set(), [DOCS / "index.md"]
    while queue:
        page = queue.pop()
        seen.add(page)
        for tree in re.findall(r"^```\{toctree\}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
            for line in tree.splitlines():
                if line and not line.startswith(":"):
                    queue.append((page.parent / (line.rpartition("<")[2].rstrip(">") + ".md")).resolve())
    assert seen == {page.resolve() for page in DOCS.rglob("*.md")}
