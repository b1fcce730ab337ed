"""The pages of the project: their code blocks with what is said about each, their anchors and their links."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    *(ROOT / "conformance").glob("*.md"),
    *(page for page in sorted(DOCS.rglob("*.md"))),
]
FENCE = re.compile(
    r"(?:^<!-- ?(?P<about>[^\n]*?) ?-->\n)?^ *```(?P<language>[^\n]*)\n(?P<code>.*?)^ *```$", re.M | re.S
)


class Block(NamedTuple):
    """A code block: its language, its text, its line, and the comment above it."""

    language: str
    code: str
    line: int
    about: str

    @property
    def reason(self) -> str | None:
        """Why the tests do not run the block, if they do not."""
        match = re.match(r"not run by the tests[^:]*: (.+)", self.about)
        return match and match.group(1)

    @property
    def by_ci(self) -> bool:
        """Whether the block is a command that .ci/run runs."""
        return self.about.startswith("command: ")

    @property
    def file(self) -> str | None:
        """The name under which a reader saves the block, if it is a file."""
        return self.about.removeprefix("file: ") if self.about.startswith("file: ") else None

    @property
    def is_doctest(self) -> bool:
        """Whether the block is an interactive session."""
        return self.code.lstrip().startswith(">>>")


def name(page: Path) -> str:
    """Return the path of a page inside the project."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page; directives of the site are none."""
    text = page.read_text(encoding="utf-8")
    found = [
        Block(match["language"], match["code"], text.count("\n", 0, match.start()) + 1, match["about"] or "")
        for match in FENCE.finditer(text)
    ]
    return [block for block in found if not block.language.startswith("{")]


def anchors(page: Path) -> set[str]:
    """Return what a link can lead to on a page: headings, labels, and the clauses of the specification."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    clauses = {f"clause-{clause.replace('.', '-')}" for clause in re.findall(r"^\*\*(\d+\.\d+) ", text, re.M)}
    included = re.findall(r"^```\{include\} (\S+)$", page.read_text(encoding="utf-8"), re.M)
    inside = set().union(*(anchors(page.parent / path) for path in included))
    return slugs | clauses | set(re.findall(r"^\((\S+)\)=$", text, re.M)) | inside


def links(page: Path) -> list[tuple[str, str]]:
    """Return the links of a page to other files, or into the page, as paths and anchors."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    targets = re.findall(r"\]\((?!https?:)([^)\s]+)\)", text)
    return [(path, anchor) for path, _, anchor in (target.partition("#") for target in targets)]
