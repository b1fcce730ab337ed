"""The packages that people use conform as they declare themselves; without that, the convention is named."""

import importlib
from pathlib import Path

import emd_conformance
import pytest
import torch
from emd_conformance import vectors
from findings import kinds
from real_packages import PACKAGES

pytestmark = pytest.mark.filterwarnings("ignore")  # of the packages under test
ALWAYS = {"dlordinal", "scoringrules", "scipy", "POT", "geomloss"}


def by_name(package):
    called = package.adapter.__name__ if package.adapter else package.callable
    return f"{called}-{'-'.join(package.without) or 'as-it-is'}"


def installed(package):
    if package.missing and package.name not in ALWAYS:
        pytest.skip(package.missing)
    return package


@pytest.mark.costly
@pytest.mark.parametrize("package", PACKAGES, ids=by_name)
def test_the_declared_package_has_the_verdict_of_the_table(package):
    slow = package.name == "geomloss"  # its time grows with C^2
    report = installed(package).declared([case for case in vectors() if case.classes <= 50] if slow else None)
    assert report.verdict == package.verdict, report
    assert len(report.examined) >= 5
    if package.finding and not package.without:  # what is wrong with it is named
        assert package.finding in {finding.id for finding in report.findings}


@pytest.mark.costly
@pytest.mark.parametrize("package", [p for p in PACKAGES if p.without and p.finding], ids=by_name)
def test_without_its_declaration_the_convention_is_named(package):
    report = installed(package).undeclared()
    assert report.verdict == "does-not-conform"
    found = " ".join(finding.id for finding in report.findings if finding.kind == "convention")
    assert package.finding.replace('"', "'") in found.replace('"', "'")


def test_the_table_lists_every_package():
    table = (Path(__file__).parents[2] / "docs" / "packages.md").read_text("utf-8")
    assert all(f"`{package.callable}`" in table for package in PACKAGES)


@pytest.mark.parametrize(
    "options",
    [{"call": "t, p, onehot=True"}, {"call": "k, p", "target": "labels-from-1"}],
)
def test_scoringrules_conforms_with_advice(options):
    report = emd_conformance.run("scoringrules:rps_score", isolate=False, **options)
    assert report.verdict == "conforms", report
    assert [finding.id for finding in report.findings] == ["input-not-checked"]


def test_scoringrules_without_its_declaration_does_not_conform():
    assert emd_conformance.run("scoringrules:rps_score", isolate=False).verdict == "does-not-conform"


DLORDINAL = {"input": "logits", "reduction": "mean", "array": "torch", "grad": "autograd"}


@pytest.mark.costly
@pytest.mark.parametrize("target", ["labels", "distribution"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_dlordinal_conforms_with_advice(target, dtype):
    loss = "dlordinal.losses:EMDLoss(num_classes=C)"
    report = emd_conformance.run(loss, isolate=False, **DLORDINAL, target=target, dtype=dtype)
    assert report.verdict == "conforms", report
    if target == "labels":  # its one-hot vectors want labels of int64, as PyTorch's do
        assert [finding.id for finding in report.findings] == ["label-dtype-refused", "input-not-checked"]


def test_dlordinal_without_the_cumulative_sum_does_not_conform(monkeypatch):
    monkeypatch.setattr(torch, "cumsum", lambda x, dim: x)
    loss = "dlordinal.losses:EMDLoss(num_classes=C)"
    report = emd_conformance.run(loss, isolate=False, **DLORDINAL, target="labels")
    assert report.verdict == "does-not-conform"
    assert kinds(report) == [("defect", "missing-cumsum")]


def test_scoringrules_without_the_cumulative_sum_does_not_conform(monkeypatch):
    scoringrules = importlib.import_module("scoringrules")  # where it is used: it takes seconds to import
    backend = type(scoringrules.backend.backends["numpy"])
    monkeypatch.setattr(backend, "cumsum", lambda self, x, axis=None, **options: x)
    report = emd_conformance.run(scoringrules.rps_score, call="t, p, onehot=True")
    assert report.verdict == "does-not-conform"
    assert kinds(report) == [("defect", "missing-cumsum")]
