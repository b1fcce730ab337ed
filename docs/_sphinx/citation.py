"""BibTeX entries for the project and the paper, made from CITATION.cff."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


def _authors(people: list[dict[str, str]]) -> str:
    """Return names as BibTeX reads them; a group is one name, in braces of its own."""
    return " and ".join(
        f"{{{person['name']}}}" if "name" in person else f"{person['family-names']}, {person['given-names']}"
        for person in people
    )


def _entry(kind: str, key: str, fields: dict[str, Any]) -> Iterator[str]:
    yield f"@{kind}{{{key},"
    yield from (f"  {name} = {{{value}}}," for name, value in fields.items())
    yield "}"


def citation() -> Iterator[str]:
    """Yield the entries, as a code block."""
    cff = yaml.safe_load((Path(__file__).parents[2] / "CITATION.cff").read_text(encoding="utf-8"))
    (paper,) = cff["references"]
    (arxiv,) = (one["value"].removeprefix("arXiv:") for one in paper["identifiers"])
    yield "```bibtex"
    software = {"author": _authors(cff["authors"]), "title": f"{{{cff['title']}}}", "version": cff["version"]}
    if "date-released" in cff:
        software["year"] = str(cff["date-released"])[:4]
    yield from _entry("software", "emd_ref", software)
    yield ""
    fields = {"author": _authors(paper["authors"]), "title": f"{{{paper['title']}}}", "year": paper["year"]}
    yield from _entry("misc", "hou2016squared", fields | {"eprint": arxiv, "archiveprefix": "arXiv"})
    yield "```\n"
