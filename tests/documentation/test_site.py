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
    assert "emd_ref.squared_emd" in functions["4.1"]
    assert "emd_ref.metrics.ranked_probability_score" in functions["4.1"]
    assert "emd_ref.cross_entropy" in functions["6.1"]


def test_bibtex_is_made_from_the_citation_file(site) -> None:
    text = "\n".join(site("citation").citation())
    assert text.count("{") == text.count("}")
    assert "author = {{the emd-ref authors}}" in text
    assert "author = {Hou, Le and Yu, Chen-Ping and Samaras, Dimitris}" in text
    assert "eprint = {1611.05916}" in text
    assert re.search(r"@software\{emd_ref,\n(  \w+ = \{.*\},\n)+\}\n\n@misc\{hou2016squared,\n", text)


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


def test_docstrings_are_shown_as_they_are_meant(site) -> None:
    docstrings = site("docstrings")
    assert docstrings._shown("w_k |D_k| of `x|y`, a * b") == r"w_k \|D_k\| of `x|y`, a \* b"
    linked = docstrings._linked("E (specification, 4.1 to 4.6) of D_k")
    assert linked == "E (specification, :ref:`4.1 <clause-4-1>` to :ref:`4.6 <clause-4-6>`) of D_k"


def test_links_out_of_the_site_are_names_and_those_between_its_pages_stay(site) -> None:
    rewritten = site("repository")._rewritten
    assert rewritten("[guard.py](../tests/guard.py)", outside=False) == "guard.py (`tests/guard.py`)"
    assert rewritten("[clause](spec.md#clause-4-1)", outside=False) == "[clause](spec.md#clause-4-1)"
    assert rewritten("[rules](PROTOCOL.md#rules)", outside=True) == "[rules](/reference/protocol.md#rules)"
    assert rewritten("[it](../docs/spec.md)", outside=True) == "[it](/spec.md)"
    assert rewritten("[`harnesses/`](harnesses)", outside=True) == "`harnesses/`"


def test_formulas_become_mathml(site) -> None:
    from latex2mathml.converter import convert

    assert site("mathml").convert is convert
    assert "<munderover>" in convert(r"\sum_{k=1}^{C} D_k^2", display="block")
