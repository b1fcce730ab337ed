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


def pytest_of(installed, project, *arguments):
    return python(installed, project, "-m", "pytest", "-ra", "-p", "no:cacheprovider", *arguments)


@pytest.fixture(params=[(), ("-n", "2")], ids=["one process", "two processes"])
def processes(request, tmp_path, monkeypatch):
    """The options of pytest, and a folder for temporary files, which must be empty in the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    yield request.param
    assert not [*folder.glob("emd-conformance*")]


def test_the_installed_package_is_the_one_used_and_is_complete(installed, project):
    code = "import emd_conformance as e; print(e.__file__); print(len(e.vectors()))"
    file, count = python(installed, project, "-c", code).stdout.split()
    assert Path(file).is_relative_to(installed)
    assert int(count) == len(emd_conformance.vectors())
    package = installed / "emd_conformance"
    schemas = {"vectors.json", "report.json", "deviations.json", "protocol.json"}
    assert {path.name for path in (package / "schemas").iterdir()} == schemas
    assert {"report.html", "badge.svg", "notebook.html"} <= {path.name for path in (package / "templates").iterdir()}
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
    assert passed == 2 * len(emd_conformance.run(losses.scan, classes=(1, 3)).examined) + 2  # and the diagnosis of each


def failures(output):
    """The text of each failure, by the id of its check."""
    blocks = re.split(r"^_+ test_\w+\[(.+?)\] _+$", output, flags=re.MULTILINE)
    return dict(zip(blocks[1::2], blocks[2::2], strict=True))


def test_a_failure_states_the_numbers_and_the_bound_in_a_few_lines(installed, project):
    done = pytest_of(installed, project, "test_failing.py")
    assert done.returncode == 1
    assert re.search(r"FAILED test_failing.py::test_emd\[line/soft-3:value\]", done.stdout)
    blocks = failures(done.stdout)
    assert len(blocks) > 20
    for id, text in blocks.items():
        lines = [line.removeprefix("E").strip() for line in text.splitlines() if line.startswith("E")]
        if id != "diagnosis":
            assert lines[0].startswith(f"AssertionError: {id}: ")
            assert [line.split()[0] for line in lines[1:]] == ["expected", "received", "bound", "as"]
    block = blocks["line/soft-3:value"]
    assert re.search(r"expected 0\.10116.+\n.*received 0\.29988", block)
    error = 0.2998825200083528 - 0.1011633112614424
    stated, bound = (float(re.search(rf"{words} ?(\S+)", block)[1]) for words in ("differs by", "bound   "))
    assert error / bound == pytest.approx(stated, rel=0.01)  # both are printed with three digits
    assert "emd-conformance copy line/soft-3 --quantity value --computes E/C" in block
    assert "emd_conformance/_run/assertion.py" not in done.stdout  # the traceback ends in the user's test


@pytest.mark.costly
def test_one_diagnosis_is_shown_for_all_failures(installed, project, processes):
    done = pytest_of(installed, project, *processes, "test_failing.py")
    assert done.returncode == 1
    assert done.stdout.count("DEFECT missing-cumsum") == 1
    ((place, diagnosis),) = [pair for pair in failures(done.stdout).items() if "DEFECT missing-cumsum" in pair[1]]
    assert "defect missing-cumsum: the loss compares the distributions" in diagnosis
    for words in ("DOES NOT CONFORM as E/C", "4.1  squared EMD of ordered classes", "explain line/", "reproduce with"):
        assert diagnosis.count(words) == 1
    summary = done.stdout.split("short test summary")[1]
    if place == "diagnosis" or not processes:  # of two processes, one may be there before any check of the other fails
        assert "::test_emd[diagnosis] - AssertionError: defect missing-" in summary


RARELY_WRONG = """
import emd_conformance
import sample_losses


@emd_conformance.parametrize(sample_losses.offset_for_one_class, computes="E/C", classes=(1, 3))
def test_emd(check):
    check()
"""


@pytest.mark.costly
def test_one_wrong_case_is_diagnosed_wherever_it_ran(installed, project, processes):
    (project / "test_rare.py").write_text(RARELY_WRONG)
    done = pytest_of(installed, project, *processes, "test_rare.py")
    assert len(failures(done.stdout)) == 3
    assert done.stdout.count("DEFECT one-class") == 1


@pytest.mark.costly
def test_the_first_failure_after_the_diagnosis_shows_it(installed, project, processes):
    """Tests may run in any order: here the last one comes first."""
    ids = ["diagnosis", "line/soft-3:value", "line/peaked-3:value", "line/half-3:value"]
    done = pytest_of(installed, project, *processes, *(f"test_failing.py::test_emd[{id}]" for id in ids))
    assert len(failures(done.stdout)) in (3, 4)  # in two processes, the last test may see a failure
    assert done.stdout.count("DEFECT missing-cumsum") == 1


def test_checks_alone_fail_without_a_diagnosis(installed, project):
    done = pytest_of(installed, project, "test_failing.py", "-k", "soft-3")
    assert done.returncode == 1
    assert "DEFECT" not in done.stdout


def test_what_the_diagnosis_prints_reproduces_its_case(installed, project):
    done = pytest_of(installed, project, "test_failing.py")
    diagnosis = failures(done.stdout)["diagnosis"]
    (code,) = re.findall(r"reproduce with\n(.+?print\(loss\(p, t\)\))", diagnosis, re.DOTALL)
    script = "\n".join(re.sub(r"^E? {0,11}", "", line) for line in code.splitlines())
    again = python(installed, project, "-c", script)
    assert again.returncode == 0, again.stderr
    received = re.findall(r"received (\S+)", diagnosis)[-1]
    assert received[:8] in again.stdout


def test_a_known_deviation_is_an_expected_failure(installed, project):
    done = pytest_of(installed, project, "test_deviating.py")
    assert done.returncode == 0, done.stdout
    assert "2 xfailed" in done.stdout
    assert "failed" not in done.stdout.replace("xfailed", "")  # nor the diagnosis
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


def raised(test):
    with pytest.raises(AssertionError) as error:
        test()
    return str(error.value)


def failure(loss, wanted, **options):
    mark = emd_conformance.parametrize(loss, **options)
    (check,) = [parameters.values[0] for parameters in mark.args[1] if parameters.id == wanted]
    return raised(check)


def diagnosis(loss, wanted, **options):
    """What the last test says after a check has failed."""
    tests = {parameters.id: parameters.values[0] for parameters in emd_conformance.parametrize(loss, **options).args[1]}
    assert [*tests][-1] == "diagnosis"
    tests["diagnosis"]()  # nothing has failed
    return raised(tests[wanted])


def half_gradient(p, t):
    value = losses.torch_scan(p, t)
    return value / 2 + value.detach() / 2


def test_a_gradient_failure_says_how_it_is_compared():
    text = diagnosis(half_gradient, "line/soft-3:gradient", array="torch", grad="autograd", classes=(3,))
    assert "less their mean, 5.4" in text
    assert "from test_parametrize import half_gradient as loss" in text.replace("tests.conformance.run.", "")
    assert "loss(p, t).sum().backward()" in text


def test_a_large_failure_points_at_the_command_that_copies_it():
    text = failure(lambda p, k: losses.scan(p, p), "line/labels-100:value", target="labels", classes=(100,))
    assert "emd-conformance copy line/labels-100 --quantity value --target labels" in text


def test_the_sample_that_fails_is_the_one_to_reproduce():
    case = find("line/soft-3")

    def loss(p, t):
        return losses.scan(p, t) + (tuple(p) == case.predicted[2])

    text = diagnosis(loss, "line/soft-3:value", classes=(3,), batched=False)
    assert f"p = np.array({list(case.predicted[2])}, dtype=np.float64)" in text


def test_a_class_that_cannot_be_made_is_reported():
    text = diagnosis("losses:PerClasses(C, 1.0, 2.0)", "line/soft-3:value", classes=(3,))
    assert "it raised TypeError" in text
    assert "loss = ...  # the implementation, made for 3 classes" in text


def test_answers_by_chance_are_said_to_be():
    calls = []

    def loss(p, t):
        calls.append(1)
        return losses.scan(p, t) + (len(calls) == 1)

    text = diagnosis(loss, "line/soft-3:value", classes=(3,))
    assert "the answers depend on earlier calls, or on chance (7.5)" in text
    assert "CONFORMS as E" in text


def test_no_check_is_no_diagnosis():
    """pytest skips a test without parameters; one that passes would look like a success."""
    assert emd_conformance.parametrize(losses.scan, classes=(77,)).args[1] == []


def test_an_exception_is_reported_as_what_was_received():
    def crash(p, t):
        raise KeyError("votes")

    assert "it raised KeyError: 'votes'" in failure(crash, "line/soft-3:value", classes=(3,))
