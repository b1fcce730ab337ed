"""Pages that the packages write themselves: the command line, the vectors, the findings and the field.

`{generated} NAME` puts one of them into a page.
"""

import argparse
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import emd_conformance
from docutils import nodes
from emd_conformance._cli.main import _parser
from emd_conformance._diagnosis.catalogue import CATALOGUE
from emd_conformance._reports.text import MEANINGS
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from _sphinx.citation import citation


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "\\<").replace("$", "\\$").replace("*", "\\*")


def _option(action: argparse.Action) -> str:
    value = action.metavar or ("" if action.nargs == 0 else (action.dest.upper()))
    names = ", ".join(f"`{name}`" for name in action.option_strings) or f"`{action.metavar or action.dest}`"
    return f"{names} {value if action.option_strings and not action.choices else ''}".strip()


def _about(action: argparse.Action) -> str:
    choices = f" One of {', '.join(f'`{choice}`' for choice in action.choices)}." if action.choices else ""
    return _cell(action.help or "").strip() + choices


def command_line() -> Iterator[str]:
    """Yield a section for each command of `emd-conformance`, with its options."""
    commands = next(a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))
    summaries = {action.dest: action.help for action in commands._choices_actions}
    for name, parser in commands.choices.items():
        yield f"({name}-command)=\n## {name}\n\n`emd-conformance {name}`: {summaries[name]}.\n"
        rows = [f"| {_option(a)} | {_about(a)} |" for a in parser._actions if "--help" not in a.option_strings]
        if rows:
            yield "\n".join(["| argument | meaning |", "|---|---|", *rows]) + "\n"
        if parser.epilog:
            yield f"{parser.epilog[0].upper()}{parser.epilog[1:]}.\n"


def vectors() -> Iterator[str]:
    """Yield a section for each group of vectors, with its cases."""
    groups: dict[str, list[emd_conformance.Case]] = {}
    for case in emd_conformance.vectors():
        groups.setdefault(case.group, []).append(case)
    for group, cases in groups.items():
        yield f"(vectors-{group})=\n## {group}: {len(cases)} cases\n"
        yield "| case | classes | what it tests |\n|---|--:|---|"
        yield "\n".join(f"| `{case.id}` | {case.classes} | {_cell(case.comment)} |" for case in cases) + "\n"


def findings() -> Iterator[str]:
    """Yield an entry for each finding that a report may name."""
    for name, words in sorted(CATALOGUE.items()):
        yield f"(finding-{name})=\n`{name}`\n: {_cell(words.headline[0].upper() + words.headline[1:]).rstrip(':')}."
        if words.kind != "defect":
            yield f"  ({words.kind}: {MEANINGS[words.kind]})"
        yield f"\n  *What to do:* {_cell(words.remedy)}." + (f" *Seen in:* {_cell(words.seen)}." if words.seen else "")
        yield ""


def field() -> Iterator[str]:
    """Yield the short form of the record in packages.md: what each function computes, and whether it conforms."""
    record = (Path(__file__).parents[1] / "packages.md").read_text(encoding="utf-8")
    made = re.search(r"on (\d{4}-\d\d-\d\d), with vectors v(\w+)", " ".join(record.split()))
    if made is None:
        raise ValueError("packages.md does not say when it was made: write it by tests/benchmarks/real_packages.py")
    yield f"Examined on {made.group(1)}, with version {made.group(2)} of the vectors.\n"
    yield "| package | function | verdict | computes | note |\n|---|---|---|---|---|"
    rows = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in record.splitlines() if line.startswith("| ")][1:]
    for package, version, function, _, verdict, computes, _, _, _, note in rows:
        name = function.strip("`").partition(":")[2]
        stated = computes if verdict.startswith("conforms") else "—"
        yield f"| {package} {version} | `{name}` | {verdict.replace('-', ' ')} | {stated} | {note} |"


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "command-line": command_line,
    "vectors": vectors,
    "findings": findings,
    "field": field,
    "citation": citation,
}


class Generated(SphinxDirective):
    """Put a generated part, as Markdown, into the page."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the part as nodes."""
        return self.parse_text_to_nodes("\n".join(PARTS[self.arguments[0]]()), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("generated", Generated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
