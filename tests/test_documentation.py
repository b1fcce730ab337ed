"""What is written runs: docstring examples, the README's Python, and the clauses that docstrings cite."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import emd_conformance
import pytest

import emd_ref

ROOT = Path(__file__).parents[1]
MODULES = [
    info.name
    for package in (emd_ref, emd_conformance)
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not info.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0


def test_every_public_function_has_an_example_that_runs() -> None:
    for name in emd_ref.__all__:
        if name != "lp":
            assert ">>>" in getattr(emd_ref, name).__doc__, name


@pytest.mark.parametrize("page", ["README.md", *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))])
def test_pages_run(page: str) -> None:
    assert doctest.testfile(str(ROOT / page), module_relative=False, encoding="utf-8").failed == 0


def test_links_between_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "conformance").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_cited_clauses_exist() -> None:
    clauses = set(re.findall(r"^\*\*(\d+\.\d+) ", (ROOT / "docs/spec.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert len(clauses) > 40
    for name in MODULES:
        text = importlib.import_module(name).__doc__ or ""
        source = Path(importlib.import_module(name).__file__).read_text(encoding="utf-8")
        for cited in re.findall(r"specification, (\d+\.\d+)", text + source):
            assert cited in clauses, f"{name} cites {cited}"
