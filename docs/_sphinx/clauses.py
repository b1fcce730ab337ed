"""The specification's clauses: an anchor for each, and what implements and tests it, generated from both packages."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import emd_conformance
from docutils import nodes
from emd_conformance._cases.clauses import CLAUSES
from emd_conformance._diagnosis.catalogue import CATALOGUE
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

import emd_ref
import emd_ref.metrics

PAGE = "spec"
TITLE = re.compile(r"(\d+\.\d+) ")
CITED = re.compile(r"specification, ((?:section )?[\d., ]+(?:(?:to|and) [\d.]+)*)")


def anchor_of(clause: str) -> str:
    """Return the anchor of a clause, on its page and among the labels of the site."""
    return f"clause-{clause.replace('.', '-')}"


def cited(text: str) -> set[str]:
    """Return the clauses that a docstring cites: "4.1 to 4.6", "5.4 and 5.5", "section 4"."""
    order, found = list(CLAUSES), set()
    for words in CITED.findall(text):
        for first, last in re.findall(r"(\d+\.\d+) to (\d+\.\d+)", words):
            found |= set(order[order.index(first) : order.index(last) + 1])
        found |= set(re.findall(r"\d+\.\d+", words)) & set(order)
        for section in re.findall(r"section (\d+)", words):
            found |= {clause for clause in order if clause.startswith(f"{section}.")}
    return found


@cache
def functions() -> dict[str, list[str]]:
    """Return the public names, by clause, whose docstrings cite it."""
    found = {}
    for module in (emd_ref, emd_ref.metrics):
        for name in module.__all__:
            if name != "lp" and (module is emd_ref or name[0].islower()):  # the classes need torchmetrics
                found[f"{module.__name__}.{name}"] = cited(getattr(module, name).__doc__ or "")
    return {clause: [name for name in found if clause in found[name]] for clause in CLAUSES}


def _page(name: str) -> str:
    return "reference/metrics" if name.startswith("emd_ref.metrics.") else "reference/emd_ref"


def _reference(app: Sphinx, page: str, anchor: str, text: str) -> nodes.reference:
    return make_refnode(app.builder, PAGE, page, anchor, nodes.literal(text, text))


def _row(label: str, links: list[nodes.Node]) -> nodes.paragraph:
    row = nodes.paragraph("", "", nodes.strong(label, label), nodes.Text(" "), classes=["clause-row"])
    for i, link in enumerate(links):
        row += [nodes.Text(", "), link] if i else [link]
    return row


def _details(app: Sphinx, clause: str) -> list[nodes.Node]:
    cases = [case for case in emd_conformance.vectors() if clause in case.clauses]
    groups = Counter(case.group for case in cases)
    flags = Counter(flag for case in cases for flag in case.flags if flag in CATALOGUE)
    rows = []
    if named := functions()[clause]:
        links = [_reference(app, _page(name), name, name.rpartition(".")[2]) for name in named]
        rows.append(_row("Functions:", links))
    if cases:
        links = [
            _reference(app, "reference/vectors", f"vectors-{group}", f"{group} ({n})") for group, n in groups.items()
        ]
        rows.append(_row(f"{len(cases)} vectors:", links))
    if flags:
        links = [_reference(app, "reference/findings", f"finding-{flag}", flag) for flag in sorted(flags)]
        rows.append(_row("Mistakes that these vectors are made to catch:", links))
    if not rows:
        return []
    summary = "<details class='clause'><summary>Implemented and tested by</summary>"
    return [nodes.raw("", summary, format="html"), *rows, nodes.raw("", "</details>", format="html")]


def _clauses(tree: nodes.document) -> Iterator[tuple[str, nodes.paragraph]]:
    """Yield the number of each clause, and the paragraph that opens with it."""
    for paragraph in list(tree.findall(nodes.paragraph)):
        if (clause := _number(paragraph)) is not None:
            yield clause, paragraph


def _label(app: Sphinx, tree: nodes.document) -> None:
    """Give each clause an anchor and a label, so that pages and docstrings can link to it."""
    if app.env.docname != PAGE:
        return
    standard = app.env.domains.standard_domain
    for clause, paragraph in _clauses(tree):
        anchor = anchor_of(clause)
        paragraph["ids"].append(anchor)
        standard.labels[anchor] = PAGE, anchor, clause
        standard.anonlabels[anchor] = PAGE, anchor
        mark = nodes.reference("", "#", internal=True, refuri=f"#{anchor}", classes=["clause-link"])
        paragraph.insert(_opening(paragraph) + 1, [nodes.Text(" "), mark])


def _annotate(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Add to each clause what implements and tests it."""
    if page != PAGE:
        return
    for clause, paragraph in _clauses(tree):
        if clause not in CLAUSES:
            continue
        parent = paragraph.parent
        end = parent.index(paragraph) + 1
        while end < len(parent) and not isinstance(parent[end], nodes.section) and _number(parent[end]) is None:
            end += 1
        for node in reversed(_details(app, clause)):
            parent.insert(end, node)


def _opening(paragraph: nodes.paragraph) -> int:
    """Return the place of the first child that is not an empty text."""
    return next((i for i, child in enumerate(paragraph.children) if child.astext()), 0)


def _number(node: nodes.Node) -> str | None:
    """Return the number of the clause that a paragraph opens with, if it does."""
    if not isinstance(node, nodes.paragraph) or not node.children:
        return None
    first = node.children[_opening(node)]
    match = TITLE.match(first.astext()) if isinstance(first, nodes.strong) else None
    return match and match.group(1)


def setup(app: Sphinx) -> dict[str, Any]:
    """Label the clauses when their page is read, and annotate them when its references are resolved."""
    app.connect("doctree-read", _label)
    app.connect("doctree-resolved", _annotate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
