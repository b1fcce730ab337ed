"""A report says what was examined: the versions of the implementation, of the suite and of the array libraries."""

import functools
import sys
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import emd_conformance
import harness_commands
import losses
import pytest
from emd_conformance._calling.versions import versions_here
from emd_conformance._cli.main import main


def test_the_suite_and_python_are_named():
    versions = emd_conformance.run(losses.scan, classes=(2,)).versions
    assert versions["emd-conformance"] == version("emd-ref")
    assert versions["vectors"] == emd_conformance.SUITE_VERSION
    assert versions["python"] == sys.version.split()[0]


def test_the_package_is_named_by_its_distribution():
    assert versions_here("scoringrules:rps_score")["scoringrules"] == version("scoringrules")
    pytest.importorskip("ot")  # the implementation is imported when its version is read
    assert versions_here("ot:emd2_1d")["POT"] == version("POT")  # another name than the module's


def test_a_module_of_no_package_is_known_by_a_digest_of_its_file():
    digest = sha256(Path(losses.__file__).read_bytes()).hexdigest()[:12]
    assert versions_here(functools.partial(losses.scan))["losses (sha256)"] == digest


def test_the_process_that_ran_the_loss_reports_its_own_libraries():
    import torch  # noqa: F401  (in this process, and not in that of the loss)

    report = emd_conformance.run("losses:scan", classes=(2,))
    assert "numpy" in report.versions
    assert "torch" not in report.versions
    report = emd_conformance.run("losses:torch_scan", array="torch", classes=(2,))
    assert report.versions["torch"] == version("torch")


def test_a_harness_reports_its_name_and_version():
    report = emd_conformance.run(harness_commands.example("python"), classes=(2,))
    assert set(report.versions) >= {"emd-conformance", "vectors", "python"}
    assert len(report.versions) == 4


def test_the_command_prints_the_version_of_the_package_and_of_the_vectors(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"emd-conformance {version('emd-ref')}, vectors v1\n"
