"""A hang, a crash, an exit or runaway memory is a result of its check, and the run goes on."""

import os
import re
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

import emd_conformance
import jax
import losses
import misbehaving
import numpy as np
import pytest
from emd_conformance._cases.load import find
from emd_conformance._cli.main import main


def cases():
    line = [case for case in emd_conformance.vectors() if case.group == "line" and not case.needs]
    return [case for C in (3, 7, 5) for case in [case for case in line if case.classes == C][:2]]


def examine(loss, timeout=1.0, **options):
    return emd_conformance.run(loss, cases=cases(), timeout=timeout, **options)


def defects(report):
    return [finding.id for finding in report.findings if finding.kind == "defect"]


FATAL = [
    ("hangs", "hang", "no answer within 1 s"),
    ("crashes", "crash", "SIGSEGV"),
    ("leaves", "exits", "os._exit(0)"),
    ("exits", "exits", "SystemExit: seven"),
    ("grows", "memory", "Memory"),
]


@pytest.mark.parametrize(("name", "id", "message"), FATAL)
def test_what_ends_a_process_is_a_result_and_the_run_goes_on(name, id, message):
    report = examine(f"misbehaving:{name}")
    assert report.verdict == "does-not-conform"
    assert defects(report) == [id]
    wrong = {result.case for result in report.results if result.failed}
    assert wrong
    assert {find(case).classes for case in wrong} == {7}
    assert {r.status for r in report.results if find(r.case).classes != 7} == {"pass"}
    assert all(message in result.message for result in report.results if result.failed)


def test_a_crash_at_invalid_input_is_advice_unless_the_loss_claims_to_validate():
    chosen = [*cases()[:2], find("invalid/predicted-nan")]
    report = emd_conformance.run("misbehaving:crashes_at_nan", cases=chosen)
    assert report.verdict == "conforms"
    assert [(finding.kind, finding.id) for finding in report.findings] == [("advice", "crash")]
    report = emd_conformance.run("misbehaving:crashes_at_nan", cases=chosen, validates=True)
    assert report.verdict == "does-not-conform"
    assert defects(report) == ["crash"]


STATES = [
    ("closes_stdin", "closes-stdin"),
    ("closes_descriptor_0", "closes-stdin"),
    ("closes_stdout", "closes-stdout"),
    ("silences_numpy", "changes-numpy-state"),
    ("draws_from_numpy", "changes-random-state"),
    ("draws_from_python", "changes-random-state"),
    ("writes_to_its_input", "input-mutated"),
    ("counts", "state-between-calls"),
]


@pytest.mark.parametrize(("name", "id"), STATES)
def test_a_change_that_the_caller_sees_fails_the_check_that_showed_it(name, id):
    report = examine(f"misbehaving:{name}")
    assert defects(report) == [id]
    sevens = {case.id for case in cases() if case.classes == 7}
    of_answers = id == "state-between-calls"
    assert {result.case for result in report.results if result.failed} == (
        sevens if of_answers else {f"behaviour/{id}"}
    )
    smallest = min((case for case in cases() if case.classes == 7), key=lambda case: len(case.predicted))
    assert report.findings[0].evidence.startswith(f"case {smallest.id} ")


def test_closing_every_descriptor_is_a_crash():
    report = examine("misbehaving:closes_everything")
    assert set(defects(report)) <= {"crash", "exits"}
    assert {find(result.case).classes for result in report.results if result.failed} == {7}


@pytest.mark.parametrize("name", ["prints", "prints_below_python"])
def test_printing_disturbs_nothing_and_is_advised_against(name):
    report = examine(f"misbehaving:{name}")
    assert report.verdict == "conforms"
    assert [(finding.kind, finding.id) for finding in report.findings] == [("advice", "print-to-stdout")]


def test_an_answer_that_changes_with_the_number_of_calls_is_found_by_asking_again_at_the_end():
    three, seven, *_ = [find(f"line/soft-{C}") for C in (3, 7)]
    report = emd_conformance.run("misbehaving:tires", cases=[three, seven])
    assert [result.status for result in report.results] == ["fail", "fail"]
    assert defects(report) == ["state-between-calls"]
    assert f"case {three.id} " in report.findings[0].evidence


def test_an_answer_that_depends_on_an_earlier_case_is_found_by_asking_it_first():
    alike = [find("line/soft-5"), find("line/permuted-5")]
    report = emd_conformance.run("misbehaving:remembers_targets", cases=alike)
    assert [result.status for result in report.results] == ["pass", "fail"]
    assert defects(report) == ["state-between-calls"]
    assert "when it is asked first" in report.findings[0].evidence


def test_a_hang_and_a_crash_name_the_line():
    for name in ("hangs", "crashes"):
        report = emd_conformance.run(f"misbehaving:{name}", cases=[find("line/soft-7")], timeout=1)
        assert re.search(rf'misbehaving.py", line \d+ in {name}', report.findings[0].evidence)


LEFT_ALONE = """
import os, subprocess, sys, time
import emd_conformance

def loss(p, t):
    child = subprocess.Popen(["sleep", "600"])
    with open(sys.argv[1], "w") as file:
        print(os.getpid(), child.pid, file=file, flush=True)
    while True:
        pass

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    emd_conformance.run("left_alone:loss", timeout=600.0)
"""


def is_running(process):
    """Whether a process exists, and is more than an entry that nobody has read."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system has no /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda number: number.name)
def test_the_end_of_the_suite_leaves_no_process_behind(number, tmp_path, terminal):
    program, file = tmp_path / "left_alone.py", tmp_path / "processes"
    program.write_text(LEFT_ALONE.replace("sys.argv[1]", repr(str(file))))
    suite = subprocess.Popen([sys.executable, str(program)], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    try:
        until(lambda: file.exists() and file.read_text().endswith("\n"), 60)
        processes = file.read_text().split()
        assert all(map(is_running, processes))
    finally:
        suite.send_signal(number)
        suite.wait()
    until(lambda: not any(map(is_running, processes)), 10)


def until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.02)


def test_a_check_that_is_not_asked_is_skipped_in_pytest():
    mark = emd_conformance.parametrize("misbehaving:always_hangs", isolate=True, timeout=0.2, classes=[3])
    for parameter in mark.args[1][:3]:
        with pytest.raises(AssertionError, match="no answer within"):
            parameter.values[0]()
    with pytest.raises(unittest.SkipTest, match="not asked after 3"):
        mark.args[1][3].values[0]()


def test_a_right_loss_has_no_findings():
    report = examine("losses:scan")
    assert (report.verdict, report.findings) == ("conforms", ())


def test_after_three_hangs_in_a_row_the_other_checks_are_skipped():
    start = time.monotonic()
    report = examine("misbehaving:always_hangs", timeout=0.5)
    assert time.monotonic() - start < 20
    assert sum(result.status == "error" for result in report.results) == 3
    assert report.verdict == "does-not-conform"
    assert report.not_examined["value: not asked after 3 hangs or crashes in a row"] == len(cases()) - 3
    assert "not asked after 3 hangs or crashes in a row" in str(report)


def test_a_callable_is_watched_and_the_report_says_that_isolation_was_not_available():
    report = emd_conformance.run(misbehaving.silences_numpy, cases=cases())
    assert defects(report) == ["changes-numpy-state"]
    assert report.isolation.startswith("not available: it was given as a callable")
    assert "isolation    not available" in str(report)
    assert np.geterr()["divide"] == "warn"


def test_isolation_can_be_declined():
    report = examine("losses:scan", isolate=False)
    assert report.isolation.startswith("none")


def test_an_isolated_run_gives_the_results_of_one_that_is_not():
    for name, options in (("scan", {"computes": "E/C"}), ("torch_cdfs", {"array": "torch", "grad": "autograd"})):
        isolated, local = (examine(f"losses:{name}", timeout=20, isolate=flag, **options) for flag in (True, False))
        assert isolated.results == local.results
        assert isolated.findings == local.findings
        assert isolated.not_examined == local.not_examined


def test_what_is_no_string_in_the_search_path_is_ignored_as_by_an_import(monkeypatch):
    monkeypatch.setattr(sys, "path", [Path(__file__).parent, *sys.path])
    assert emd_conformance.run("losses:scan", cases=cases()[:1]).verdict == "conforms"


def test_the_64_bit_mode_of_jax_is_that_of_the_caller():
    options = {"array": "jax", "grad": "autograd", "cases": cases(), "timeout": 60}
    was = jax.config.jax_enable_x64
    try:
        for mode, verdict in ((False, "could-not-call"), (True, "conforms")):
            jax.config.update("jax_enable_x64", mode)
            assert emd_conformance.run("misbehaving:jax_scan", **options).verdict == verdict
    finally:
        jax.config.update("jax_enable_x64", was)


def test_a_rejection_in_another_process_is_a_rejection():
    report = emd_conformance.run("losses:validating", validates=True)
    assert report.verdict == "conforms", report


@pytest.mark.parametrize("body", ["import os; os._exit(3)", "raise SystemExit", "1 / 0", "import nowhere_at_all"])
def test_a_module_that_cannot_be_imported_is_not_examined(body, tmp_path, monkeypatch):
    name = f"broken_{abs(hash(body))}"
    (tmp_path / f"{name}.py").write_text(body, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    report = examine(f"{name}:loss")
    assert (report.verdict, report.exit_code) == ("could-not-load", 4)
    assert name in report.broken


def test_the_command_line_isolates_unless_it_is_told_not_to(capsys, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    arguments = ["run", "misbehaving:exits", "--classes", "7"]
    assert main(arguments) == 1
    said = capsys.readouterr().out
    assert "DEFECT exits" in said
    assert "a process of its own" in said
    assert main([*arguments, "--no-isolate"]) == 1
    assert "a process of its own" not in capsys.readouterr().out


def test_a_time_limit_is_an_option(capsys, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert main(["run", "misbehaving:hangs", "--classes", "7", "--timeout", "0.5"]) == 1
    assert "no answer within 0.5 s" in capsys.readouterr().out


def test_nothing_that_starts_processes_is_imported_before_it_is_needed():
    code = "import sys; before = {*sys.modules}; import emd_conformance; print(*{*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = done.stdout.split()
    assert "emd_conformance" in imported
    assert not {"subprocess", "pickle", "numpy"} & {*imported}


@pytest.mark.costly
@pytest.mark.parametrize(
    ("name", "options", "seconds"),
    [("scan", {}, 10), ("torch_scan", {"array": "torch", "grad": "autograd"}, 20)],
)
def test_a_full_run_is_quick(name, options, seconds):
    start = time.monotonic()
    assert emd_conformance.run(f"losses:{name}", **options).verdict == "conforms"
    assert time.monotonic() - start < seconds


def test_a_loss_of_another_process_can_be_parametrised():
    mark = emd_conformance.parametrize("losses:scan", isolate=True, classes=[2])
    for parameter in mark.args[1]:
        parameter.values[0]()


def test_a_gradient_that_is_a_function_keeps_the_run_in_this_process():
    report = examine("losses:scan", grad=losses.free_gradient)
    assert report.verdict == "conforms"
    assert "its gradient was given as a callable" in report.isolation
