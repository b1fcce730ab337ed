"""Another project tests its losses with the installed package: they pass, fail helpfully, or deviate as is known."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import emd_conformance
import losses
import pytest
from emd_conformance._cases.load import find
from emd_conformance._declaration.errors import DeclarationError

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the package as its wheel installs it, and nothing of the source tree."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*command, "--target", str(folder), str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def project(tmp_path):
    return Path(shutil.copytree(HERE / "sample_project", tmp_path / "project"))


def python(installed, project, *arguments):
    # With CI set, pytest prints each failure a second time, in its summary.
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON", "CI"))}
    environment |= {"PYTHONPATH": os.pathsep.join([str(installed), str(project)]), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-P", *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def pytest_of(installed, project, file):
    return python(installed, project, "-m", "pytest", "-ra", "-p", "no:cacheprovider", file)


def test_the_installed_package_is_the_one_used_and_is_complete(installed, project):
    code = "import emd_conformance as e; print(e.__file__); print(len(e.vectors()))"
    file, count = python(installed, project, "-c", code).stdout.split()
    assert Path(file).is_relative_to(installed)
    assert int(count) == len(emd_conformance.vectors())
    package = installed / "emd_conformance"
    schemas = {"vectors.json", "report.json", "deviations.json", "protocol.json"}
    assert {path.name for path in (package / "schemas").iterdir()} == schemas
    assert (package / "templates" / "report.html").is_file()
    assert (package / "py.typed").is_file()


def test_no_plugin_is_registered(installed):
    (entries,) = installed.glob("emd_ref-*.dist-info/entry_points.txt")
    assert "pytest11" not in entries.read_text("utf-8")


def test_the_command_line_runs_where_it_is_installed(installed, project):
    arguments = ["run", "sample_losses:squared_emd", "--computes", "E/C", "--html", "report.html"]
    done = python(installed, project, "-m", "emd_conformance", *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("CONFORMS")
    assert "CONFORMS" in (project / "report.html").read_text("utf-8")


def test_a_conforming_loss_passes(installed, project):
    done = pytest_of(installed, project, "test_conforming.py")
    assert done.returncode == 0, done.stdout
    passed = int(re.search(r"(\d+) passed", done.stdout)[1])
    assert passed == 2 * len(emd_conformance.run(losses.scan, classes=(1, 3)).examined)


def test_a_failing_loss_fails_with_a_text_that_helps(installed, project):
    done = pytest_of(installed, project, "test_failing.py")
    assert done.returncode == 1
    assert re.search(r"FAILED test_failing.py::test_emd\[line/soft-3:value\]", done.stdout)
    (block,) = re.findall(r"E +AssertionError: (line/soft-3:value: .+?print\(loss\(p, t\)\))", done.stdout, re.DOTALL)
    for words in ("4.1  squared EMD of ordered classes", "expected 0.10116", "received 0.29988", "explain line/soft-3"):
        assert words in block
    assert "emd_conformance/_run/assertion.py" not in done.stdout  # the traceback ends in the user's test


def test_what_a_failure_prints_reproduces_it(installed, project):
    done = pytest_of(installed, project, "test_failing.py")
    (code,) = re.findall(r"line/soft-3:value: .+?reproduce with\n(.+?print\(loss\(p, t\)\))", done.stdout, re.DOTALL)
    script = "\n".join(re.sub(r"^E? {0,11}", "", line) for line in code.splitlines())
    again = python(installed, project, "-c", script)
    assert again.returncode == 0, again.stderr
    received = re.search(r"line/soft-3:value:.+?received (\S+)", done.stdout, re.DOTALL)[1]
    assert received[:8] in again.stdout


def test_a_known_deviation_is_an_expected_failure(installed, project):
    done = pytest_of(installed, project, "test_deviating.py")
    assert done.returncode == 0, done.stdout
    assert "2 xfailed" in done.stdout
    assert "one class is offset" in done.stdout


def test_a_deviation_that_passes_fails(installed, project):
    done = pytest_of(installed, project, "test_stale.py")
    assert done.returncode == 1
    assert "1 failed" in done.stdout
    assert "XPASS(strict)" in done.stdout


def test_an_unknown_deviation_is_an_error():
    with pytest.raises(DeclarationError, match="line/none:value"):
        emd_conformance.parametrize(losses.scan, deviations={"line/none:value": "?"})


@emd_conformance.parametrize(losses.scan, classes=(3,), reduction="none")
def test_ids_are_those_of_the_checks(check, request):
    assert request.node.callspec.id == check.id
    check()


def failure(loss, wanted, **options):
    mark = emd_conformance.parametrize(loss, **options)
    (check,) = [parameters.values[0] for parameters in mark.args[1] if parameters.id == wanted]
    with pytest.raises(AssertionError) as error:
        check()
    return str(error.value)


def test_a_gradient_failure_says_how_it_is_compared():
    text = failure(
        losses.torch_scan, "line/soft-3:gradient", array="torch", grad="autograd", computes="E/C", classes=(3,)
    )
    assert "less their mean, 5.4" in text
    assert "from losses import torch_scan as loss" in text
    assert "loss(p, t).sum().backward()" in text


def test_a_large_failure_points_at_the_command_that_copies_it():
    text = failure(lambda p, k: losses.scan(p, p), "line/labels-100:value", target="labels", classes=(100,))
    assert "emd-conformance copy line/labels-100 --quantity value --target labels" in text


def test_the_sample_that_fails_is_the_one_to_reproduce():
    case = find("line/soft-3")

    def loss(p, t):
        return losses.scan(p, t) + (tuple(p) == case.predicted[2])

    text = failure(loss, "line/soft-3:value", classes=(3,), batched=False)
    assert f"p = np.array({list(case.predicted[2])}, dtype=np.float64)" in text


def test_a_class_that_cannot_be_made_is_reported():
    text = failure("losses:PerClasses(C, 1.0, 2.0)", "line/soft-3:value", classes=(3,))
    assert "it raised TypeError" in text
    assert "loss = ...  # the implementation, made for 3 classes" in text


def test_an_exception_is_reported_as_what_was_received():
    def crash(p, t):
        raise KeyError("votes")

    assert "it raised KeyError: 'votes'" in failure(crash, "line/soft-3:value", classes=(3,))
