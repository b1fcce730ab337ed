"""The public interface of emd_conformance: its names, and what type checkers accept and refuse."""

import subprocess
import sys
from dataclasses import fields
from typing import get_type_hints

import emd_conformance
import pytest
from emd_conformance import Declaration
from emd_conformance._declaration.declaration import CAPABILITIES, CHOICES, Options
from support.type_checkers import assert_only_wrong_lines_are_errors

NAMES = {
    "run",
    "parametrize",
    "infer",
    "assert_right",
    "exact",
    "vectors",
    "Declaration",
    "Report",
    "Result",
    "Finding",
    "Case",
    "SUITE_VERSION",
}

# Lines that end with `# wrong` must be errors, and no other line may be one.
USES = """
from fractions import Fraction
from pathlib import Path

import numpy as np
import emd_conformance
from emd_conformance import Case, Declaration, Finding, Report, Result, exact


def loss(p: list[float], t: list[float]) -> float:
    return 0.0


report: Report = emd_conformance.run(loss, input="logits", reduction="mean", computes="E/C", classes=(3, 5), axis=0)
emd_conformance.run("package.module:loss", grad=loss, capabilities=["off-simplex"], deviations=Path("known.json"))
emd_conformance.run(loss, cases=emd_conformance.vectors()[:3], isolate=False, timeout=2.5, properties=True)
emd_conformance.run(loss, inputt="logits")  # wrong
emd_conformance.run(loss, input="votes")  # wrong
emd_conformance.run(loss, classes=3)  # wrong
emd_conformance.run(loss, capabilities=["magic"])  # wrong
emd_conformance.run(7)  # wrong


@emd_conformance.parametrize(loss, array="torch", grad="autograd", deviations={"line/one-class:value": "offset"})
def test_emd(check: object) -> None: ...


emd_conformance.parametrize(loss, arrays="torch")  # wrong
emd_conformance.parametrize(loss, array="tensorflow")  # wrong
options = emd_conformance.infer(loss, target="labels")[0].options
emd_conformance.run(loss, **options)
emd_conformance.infer(loss, targets="labels")  # wrong
emd_conformance.infer(loss, target="label")  # wrong
declared = Declaration(dtype="float32", compute_dtype="float64", ground="circle")
Declaration(dtype="float31")  # wrong
Declaration(speed="high")  # wrong
if declared.order == "targets-first":  # wrong
    pass
if report.verdict == "conform":  # wrong
    pass
forms: list[str] = [report.to_json(), report.to_html(), report.to_markdown(), report.to_badge()]
report.to_markdown(True)  # wrong
finding: Finding = report.findings[0]
if finding.kind == "defects":  # wrong
    pass
result: Result = report.results[0]
if result.status == "failed":  # wrong
    pass
case: Case = emd_conformance.vectors()[0]
number: float = result.ratio
text: str = result.ratio  # wrong
energy: Fraction = exact.squared_emd([0.5, 0.5], 0)
exact.squared_emd_gradient(np.zeros(3), np.zeros(3), ground=exact.Circle())
low: Fraction = exact.emd([0.0, 1.0], 0, from_logits=True).lo
exact.emd([0.5, 0.5], 0).lo  # wrong
exact.squared_emd("votes", 0)  # wrong
exact.squared_emd([0.5, 0.5], 0, ground="circle")  # wrong
"""


def test_the_package_exports_these_names_and_nothing_else():
    assert set(emd_conformance.__all__) == NAMES
    assert all(getattr(emd_conformance, name).__doc__ for name in NAMES)
    public = {name for name in vars(emd_conformance) if not name.startswith("_")}
    assert public - NAMES <= {"defects"}  # a package beside the rooms, if it was imported


def test_the_keyword_arguments_are_the_fields_of_a_declaration():
    names = {field.name for field in fields(Declaration)}
    of_fields = {name: hint for name, hint in get_type_hints(Declaration).items() if name in names}
    assert get_type_hints(Options) == of_fields
    assert set(CHOICES) < names
    for name, choices in CHOICES.items():
        assert getattr(Declaration(), name) == choices[0]
    assert Declaration(capabilities=CAPABILITIES).capabilities == CAPABILITIES


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_refuse_wrong_uses_and_accept_right_ones(checker, tmp_path):
    assert_only_wrong_lines_are_errors(checker, USES, tmp_path)


def test_import_needs_the_standard_library_only():
    outside = ("numpy", "torch", "jax", "emd_ref", "scipy")
    code = f"import sys, emd_conformance; print([m for m in {outside} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
