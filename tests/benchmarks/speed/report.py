"""Write the page and the figure from the stored results; the page marks where each table belongs."""

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.speed.tables import parts


def read(out: Path) -> dict[str, Any]:
    """Read the stored results."""
    stored: dict[str, Any] = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return stored


def store(out: Path, results: dict[str, Any]) -> None:
    """Write the results, one line per block of measurements."""
    out.mkdir(parents=True, exist_ok=True)
    head = {key: value for key, value in results.items() if key != "blocks"}
    lines = ",\n".join(json.dumps(block, ensure_ascii=False) for block in results["blocks"])
    text = json.dumps(head, ensure_ascii=False, indent=1)[:-2] + f',\n "blocks": [\n{lines}\n ]\n}}\n'
    (out / "results.json").write_text(text, encoding="utf-8")


def fill(page: str, tables: dict[str, str]) -> str:
    """Return the page with each table between its markers; raise ValueError for a marker without a table."""

    def put(match: re.Match[str]) -> str:
        name = match[1]
        if name not in tables:
            raise ValueError(f"the page has a marker for table {name!r}; the tables are {sorted(tables)}")
        return f"<!-- table: {name} -->\n\n{tables[name]}\n\n<!-- end -->"

    return re.sub(r"<!-- table: ([a-z-]+) -->.*?<!-- end -->", put, page, flags=re.DOTALL)


def report(out: Path) -> None:
    """Rewrite the tables of the page beside the folder, and draw the figure; a new page has tables alone."""
    from benchmarks.speed.figure import draw

    results, page = read(out), out.with_suffix(".md")
    tables = parts(results)
    bare = "\n\n".join(["# Speed", *(f"<!-- table: {name} -->\n<!-- end -->" for name in tables)]) + "\n"
    text = page.read_text(encoding="utf-8") if page.exists() else bare
    page.write_text(fill(text, tables), encoding="utf-8")
    draw(results, out / "value-and-gradient.png")
