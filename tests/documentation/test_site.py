"""What the site generates: links of clauses, BibTeX, the pages of the command line, the vectors and the findings."""

import importlib
import re

import emd_conformance
import pytest
import yaml
from support.pages import DOCS, ROOT

import emd_ref


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DOCS))
    return lambda name: importlib.import_module(f"_sphinx.{name}")


def test_the_clauses_that_a_docstring_cites_are_found(site) -> None:
    cited = site("clauses").cited
    assert cited("(specification, 4.1 to 4.3)") == {"4.1", "4.2", "4.3"}
    assert cited("(specification, 3.6 and 5.5).") == {"3.6", "5.5"}
    assert cited("(specification, section 2)") == {"2.1", "2.2", "2.3", "2.4", "2.5", "2.6"}
    assert cited("squares D_4.1") == set()


def test_the_loss_of_the_paper_is_linked_from_its_clause(site) -> None:
    functions = site("clauses").functions()
    assert "squared_emd" in functions["4.1"]
    assert "cross_entropy" in functions["6.1"]


def test_bibtex_is_made_from_the_citation_file(site) -> None:
    text = "\n".join(site("citation").citation())
    assert text.count("{") == text.count("}")
    assert "author = {{the emd-ref authors}}" in text
    assert "author = {Hou, Le and Yu, Chen-Ping and Samaras, Dimitris}" in text
    assert "eprint = {1611.05916}" in text
    assert re.search(r"@software\{emd_ref,.*year = \{\d{4}\},.*\}\n\n@misc", text, re.S)


def test_versions_agree() -> None:
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cff["version"] == emd_ref.__version__


def test_generated_pages_have_every_command_and_case(site) -> None:
    generated = site("generated")
    commands = "\n".join(generated.command_line())
    for command in ("run", "infer", "explain", "copy", "export", "harnesses", "defects"):
        assert f"\n## {command}\n" in commands
    cases = "\n".join(generated.vectors())
    assert cases.count("\n| `") == len(emd_conformance.vectors())


def test_the_table_of_the_field_says_when_it_was_made(site) -> None:
    rows = list(site("generated").field())
    assert re.match(r"Examined on \d{4}-\d\d-\d\d, with version \w+ of the vectors", rows[0])
    assert sum(row.startswith("| dlordinal 2") for row in rows) == 3
    assert all(row.count(" | ") >= 4 for row in rows[2:])
