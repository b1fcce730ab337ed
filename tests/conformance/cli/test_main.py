import json
import os
import subprocess
import sys
from pathlib import Path

import emd_conformance
import pytest
from emd_conformance._cli.main import main

FORMS = ["json", "junit", "html", "markdown", "badge"]


@pytest.fixture(autouse=True)
def _path(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])


def test_a_right_loss_exits_with_0(capsys):
    assert main(["run", "losses:scan", "--classes", "2,3"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "CONFORMS as E, the squared EMD of ordered classes"


def test_a_wrong_loss_exits_with_1(capsys):
    assert main(["run", "losses:scan", "--grad", "grad", "--classes", "2"]) == 1
    assert main(["run", "losses:scan", "--computes", "E/C", "--classes", "3"]) == 1
    assert "computes='E'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "losses:scan", "--computes", "exp(E)"], "computes='exp(E)' is not understood"),
        (["run", "losses:scan", "--input", "votes"], "input='votes' is not understood: choose probabilities"),
        (["run", "losses:scan", "--capability", "magic"], "choose from off-simplex"),
        (["run", "losses:scan", "--computes", "E*1e999"], "a number is beyond the largest float"),
        (
            ["run", "losses:scan", "--computes", "+".join(["E"] * 50_000)],
            "it has 99999 characters, at most 500 are read",
        ),
        *(
            (["run", "losses:scan", "--timeout", x], "give seconds from 0.001")
            for x in ("inf", "nan", "-1", "0", "1e300")
        ),
        (["run", "losses:scan", "--call", "p, t, **{'x': 1}"], "* and ** are not understood: write each argument"),
        (["run", "losses:scan", "--call", "*p, t"], "* and ** are not understood: write each argument"),
        (["run", "losses:scan", "--call", "p, t,,"], "call='p, t,,' is not a list of arguments"),
        (["run", "losses:scan", "--explore", "nan"], "give seconds from 0 to 1,000,000"),
        (
            ["run", "losses:scan", "--json", "a.txt", "--junit", "./a.txt"],
            "--json and --junit name the same file, a.txt",
        ),
        (
            ["run", "losses:scan", "--markdown", "a.md", "--badge", "./a.md"],
            "--markdown and --badge name the same file, a.md",
        ),
        (["show", "line/none"], "emd-conformance list"),
        (["explain", "9.9"], "'9.9' is no clause, case or finding: did you mean 5.9, 1.9?"),
        (["explain", "missing-cumsm"], "did you mean missing-cumsum, "),
        (["explain", "line/sotf-3"], "did you mean line/soft-3, "),
    ],
)
def test_misuse_exits_with_2_and_says_what_to_write(arguments, message, capsys):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_arguments_of_a_constructor_that_would_be_dropped_are_refused(capsys):
    assert main(["run", "losses:PerClasses(**{'x': 1})", "--no-isolate"]) == 4
    assert "* and ** are not understood: write each argument" in " ".join(capsys.readouterr().out.split())


def test_unknown_options_exit_with_2():
    with pytest.raises(SystemExit) as stop:
        main(["run", "losses:scan", "--speed", "high"])
    assert stop.value.code == 2


def test_a_bug_of_the_suite_exits_with_3(monkeypatch, capsys):
    def broken(*args, **options):
        raise AssertionError("inside")

    monkeypatch.setattr("emd_conformance._cli.run.run", broken)
    assert main(["run", "losses:scan"]) == 3
    assert "a bug of the suite" in capsys.readouterr().err


def test_what_cannot_be_loaded_exits_with_4(capsys):
    assert main(["run", "nowhere:loss"]) == 4
    assert "No module named 'nowhere'" in capsys.readouterr().out


def test_nothing_that_fits_exits_with_5():
    assert main(["run", "losses:scan", "--classes", "77"]) == 5


def test_an_interrupt_exits_with_130(monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("emd_conformance._cli.run.run", interrupted)
    assert main(["run", "losses:scan"]) == 130


def test_a_required_gradient_must_be_examined(capsys):
    assert main(["run", "losses:scan", "--classes", "2", "--require", "gradient"]) == 1
    assert "--grad" in capsys.readouterr().out
    arguments = ["run", "losses:PerClasses(C)", "--classes", "2", "--require", "gradient", "--grad", "grad"]
    assert main(arguments) == 0


def test_json_report(tmp_path):
    file = tmp_path / "report.json"
    main(["run", "losses:scan", "--classes", "2", "--json", str(file)])
    document = json.loads(file.read_text("utf-8"))
    assert document["verdict"] == "conforms"
    assert {result["status"] for result in document["results"] if result["quantity"] == "value"} == {"pass"}


def test_every_form_is_written_and_made_again_from_the_json(tmp_path, capsys):
    names = {form: tmp_path / f"report.{form}" for form in FORMS}
    options = [part for form, file in names.items() for part in (f"--{form}", str(file))]
    assert main(["run", "losses:scan", "--computes", "E/C", "--classes", "3", *options]) == 1
    printed = capsys.readouterr().out
    again = {form: tmp_path / f"again.{form}" for form in FORMS[1:]}
    options = [part for form, file in again.items() for part in (f"--{form}", str(file))]
    assert main(["render", str(names["json"]), *options]) == 1
    assert capsys.readouterr().out == printed
    assert all(again[form].read_bytes() == names[form].read_bytes() for form in again)


def test_quiet_prints_the_verdict_and_verbose_every_check(capsys):
    assert main(["run", "losses:scan", "--classes", "3", "--quiet"]) == 0
    assert capsys.readouterr().out == "CONFORMS as E, the squared EMD of ordered classes\n"
    assert main(["run", "losses:scan", "--classes", "3", "--verbose"]) == 0
    assert "pass" in capsys.readouterr().out.split("line/soft-3:value")[0].splitlines()[-1]
    with pytest.raises(SystemExit):
        main(["run", "losses:scan", "-q", "-v"])


def test_deviations_are_read_from_a_file(tmp_path, capsys):
    file = tmp_path / "deviations.json"
    arguments = ["run", "losses:offset_for_one_class", "--classes", "1,3", "--deviations", str(file)]
    known = {f"{case}:value": "one class is offset" for case in ("line/one-class", "rare/one-class-1")}
    file.write_text(json.dumps({"deviations": known}), encoding="utf-8")
    assert main(arguments) == 0
    assert "2 wrong, as declared" in capsys.readouterr().out
    arguments[1] = "losses:scan"
    assert main(arguments) == 1
    assert "2 right, though declared to deviate" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"deviations": {"line/none:value": "?"}}', "name no check of this run: line/none:value"),
        ('{"deviations": {"line/one-class:value": " "}}', "gives no reason for the deviation line/one-class:value"),
        ('{"deviations": {"line/one-class:value": 1}}', "gives no reason"),
        ('{"deviations": {"line/x:value": "a", "line/x:value": "b"}}', "line/x:value is given twice"),
        ('{"line/one-class:value": "?"}', 'holds no {"deviations"'),
        ("[]", 'holds no {"deviations"'),
        ("{", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_wrong_deviations_exit_with_2(tmp_path, capsys, text, message):
    file = tmp_path / "deviations.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    assert main(["run", "losses:scan", "--classes", "1,3", "--deviations", str(file)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("form", FORMS)
def test_a_report_that_cannot_be_written_is_refused_before_the_run(tmp_path, capsys, monkeypatch, form):
    monkeypatch.setattr("emd_conformance._cli.run.run", lambda *arguments, **options: pytest.fail("it ran"))
    for file in (tmp_path / "nowhere" / "report", tmp_path):
        assert main(["run", "losses:scan", f"--{form}", str(file)]) == 2
        assert f"--{form} {file}" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 1}', '{"format": 7}', None])
def test_what_is_no_report_exits_with_2(tmp_path, capsys, text):
    file = tmp_path / "report.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    assert main(["render", str(file)]) == 2
    assert "is no report" in capsys.readouterr().err


@pytest.mark.parametrize("case", emd_conformance.vectors(), ids=lambda case: case.id)
def test_every_case_is_shown_and_explained(case, capsys):
    assert main(["show", case.id]) == 0
    shown = capsys.readouterr().out
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert shown.count("  sample ") == len(case.predicted)
    assert main(["show", case.id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == case.id
    assert main(["explain", case.id]) == 0
    explained = capsys.readouterr().out
    assert all(f"  {clause}  " in explained for clause in case.clauses)


def test_an_internal_key_error_is_no_misuse(monkeypatch):
    monkeypatch.setattr("emd_conformance._cli.run.run", lambda *arguments, **options: {}["inside"])
    assert main(["run", "losses:scan"]) == 3


def test_a_reader_that_stops_early_is_no_error():
    here = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(here.parents[1] / "conformance"), str(here)])}
    command = f"{sys.executable} -m emd_conformance list | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment, check=False)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_list_show_and_explain(capsys):
    assert main(["list", "circle"]) == 0
    assert all(line.startswith("circle/") for line in capsys.readouterr().out.splitlines())
    assert main(["show", "circle/even-null-4"]) == 0
    assert "0.5 = 1/2" in capsys.readouterr().out
    assert main(["show", "circle/even-null-4", "--json"]) == 0
    assert '"W1": ["1", "1/2", "0"]' in capsys.readouterr().out
    assert main(["explain", "4.4"]) == 0
    assert "circle/soft-3" in capsys.readouterr().out
    assert main(["explain", "circle/soft-3"]) == 0
    assert "4.4" in capsys.readouterr().out


def test_module_runs_as_a_program():
    here = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(here.parents[1] / "conformance"), str(here)])}
    command = [sys.executable, "-m", "emd_conformance", "run", "losses:scan", "--classes", "2"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "CONFORMS" in done.stdout


def test_a_reader_that_closes_early_loses_no_report(tmp_path):
    """As `| head` does: files are written before anything is printed."""
    file = tmp_path / "report.json"
    wrong = "emd_conformance.defects.values:absolute_first"
    command = [sys.executable, "-P", "-m", "emd_conformance", "run", wrong, "--json", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.close()
    process.wait(timeout=120)
    assert json.loads(file.read_text("utf-8"))["verdict"] == "does-not-conform"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a disk without space")
def test_a_report_that_cannot_be_written_is_printed_and_has_its_own_exit_code(tmp_path, capsys):
    file = tmp_path / "report.xml"
    assert main(["run", "losses:scan", "--classes", "2,3", "--json", "/dev/full", "--junit", str(file)]) == 6
    printed = capsys.readouterr()
    assert printed.out.startswith("CONFORMS as E")
    assert "the report could not be written: --json /dev/full" in printed.err
    assert file.read_text("utf-8").startswith("<?xml")


def test_an_earlier_report_is_replaced_as_a_whole_or_not_at_all(tmp_path, capsys, monkeypatch):
    file = tmp_path / "report.json"
    file.write_text("earlier")

    def full(path, content):
        with path.open("wb") as new:
            new.write(content[:9])
        raise OSError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        assert main(["run", "losses:scan", "--classes", "2", "--json", str(file)]) == 6
    assert file.read_text() == "earlier"
    assert [*tmp_path.iterdir()] == [file]
    main(["run", "losses:scan", "--classes", "2", "--json", str(file)])
    assert json.loads(file.read_text("utf-8"))["verdict"] == "conforms"
    assert [*tmp_path.iterdir()] == [file]


def test_a_verdict_that_nobody_reads_keeps_its_exit_code():
    command = f"set -o pipefail; {sys.executable} -m emd_conformance run losses:scan --computes E/C --classes 3 | true"
    assert subprocess.run(["bash", "-c", command], cwd=Path(__file__).parents[1], check=False).returncode == 1
