"""The action of GitHub certifies a package: its steps run here as a runner would run them."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "conformance" / "action"
ACTION = yaml.safe_load((FOLDER / "action.yml").read_text("utf-8"))
README = (ROOT / "conformance" / "README.md").read_text("utf-8")
SHELL = [step for step in ACTION["runs"]["steps"] if "run" in step]
LOSSES = """
import numpy as np

def right(p, t):
    return np.square(np.cumsum(p - t, axis=-1)).sum(-1)

def wrong(p, t):
    return np.square(p - t).sum(-1)
"""
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


@pytest.fixture
def runner(tmp_path):
    """A folder with a package to certify, the folders and files of a runner, and its commands."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "losses.py").write_text(LOSSES)
    for name in ("temporary", "bin"):
        (tmp_path / name).mkdir()
    command(tmp_path, "python", f'exec {shlex.quote(sys.executable)} "$@"')
    command(tmp_path, "emd-conformance", f'exec {shlex.quote(sys.executable)} -P -m emd_conformance "$@"')
    return tmp_path


def command(runner, name, script):
    file = runner / "bin" / name
    file.write_text(f"#!/usr/bin/env bash\n{script}\n")
    file.chmod(0o755)


def run(runner, step, **given):
    """Run the script of a step with bash, as a runner does: the inputs are variables of its environment."""
    inputs = {
        name: given.get(name.replace("-", "_"), about.get("default", "")) for name, about in ACTION["inputs"].items()
    }
    variables = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match[1]], text)
        for name, text in step["env"].items()
    }
    environment = os.environ | {
        "PATH": f"{runner / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "conformance"),
        "RUNNER_TEMP": str(runner / "temporary"),
        "GITHUB_STEP_SUMMARY": str(runner / "summary.md"),
        "GITHUB_OUTPUT": str(runner / "output"),
        "GITHUB_ACTION_PATH": str(FOLDER),
    }
    script = runner / "script.sh"
    script.write_text(step["run"])
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    return subprocess.run(
        shell, cwd=runner / "package", env=environment | variables, capture_output=True, text=True, check=False
    )


def examined(runner, **given):
    return run(runner, SHELL[1], **given)


def folder(runner):
    (output,) = (runner / "output").read_text().splitlines()
    return Path(output.removeprefix("folder="))


def test_no_input_is_part_of_a_script():
    """An expression in a script is replaced before a shell reads it, so an input could be a command."""
    assert len(SHELL) == 2
    for step in SHELL:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
    assert {*ACTION["inputs"]} == {"target", "options", "python-version", "version", "name"}


@pytest.mark.costly
@pytest.mark.parametrize(
    ("target", "options", "code", "verdict"),
    [
        ("losses:right", "", 0, "conforms"),
        ("./losses.py:right", "--classes 3 --quiet", 0, "conforms"),
        ("losses:wrong", '--classes 3 --call "p, t"', 1, "does-not-conform"),
        ("losses:none", "", 4, "could-not-load"),
    ],
)
def test_the_loss_decides_the_exit_status(runner, target, options, code, verdict):
    (runner / "summary.md").write_text("earlier\n")
    done = examined(runner, target=target, options=options)
    assert done.returncode == code, done.stderr
    report = folder(runner)
    assert {file.name for file in report.iterdir()} == {"report.json", "report.md", "badge.svg"}
    assert json.loads((report / "report.json").read_text("utf-8"))["verdict"] == verdict
    assert ElementTree.parse(report / "badge.svg").getroot().get("role") == "img"
    summary = (runner / "summary.md").read_text("utf-8")
    assert summary == "earlier\n" + (report / "report.md").read_text("utf-8")
    assert summary.splitlines()[1].startswith({0: "## CONFORMS", 1: "## DOES NOT", 4: "## NOT EXAMINED"}[code])


def test_options_are_read_as_a_shell_reads_them_and_nothing_runs(runner):
    hostile = '--classes 3 --call "p, t" --computes "E; touch made; $(touch made) `touch made`"'
    done = examined(runner, target="losses:right; touch made", options=hostile)
    assert done.returncode == 2
    assert "computes='E; touch made; $(touch made) `touch made`' is not understood" in done.stderr
    assert not [*runner.rglob("made")]
    assert not (runner / "summary.md").exists()


def test_options_that_cannot_be_read_fail(runner):
    done = examined(runner, target="losses:right", options='--call "p, t')
    assert done.returncode == 1
    assert "No closing quotation" in done.stderr


@pytest.mark.parametrize(
    ("version", "requirement"),
    [("", f"{FOLDER}/../..[conformance]"), ("1.2", "emd-ref[conformance]==1.2"), ("; touch made", None)],
)
def test_the_version_that_is_asked_for_is_installed(runner, version, requirement):
    command(runner, "python", 'printf "%s\\n" "$@"')
    done = run(runner, SHELL[0], version=version)
    wanted = requirement or f"emd-ref[conformance]=={version}"
    assert done.stdout.splitlines() == ["-m", "pip", "install", "--quiet", wanted]
    assert not [*runner.rglob("made")]


def test_the_artifact_is_uploaded_whatever_the_verdict():
    upload = ACTION["runs"]["steps"][-1]
    assert upload["uses"].startswith("actions/upload-artifact@")
    assert upload["if"].startswith("always()")
    assert upload["with"]["path"] == "${{ steps.run.outputs.folder }}"
    assert SHELL[1]["id"] == "run"


def test_the_workflow_of_the_readme_gives_the_inputs_of_the_action():
    (text,) = re.findall(r"```yaml\n(.+?)```", README, re.DOTALL)
    (job,) = yaml.safe_load(text)["jobs"].values()
    use = job["steps"][-1]
    assert use["uses"] == "OWNER/emd-ref/conformance/action@main"
    assert {*use["with"]} <= {*ACTION["inputs"]}
    assert {name for name, about in ACTION["inputs"].items() if about.get("required")} <= {*use["with"]}
