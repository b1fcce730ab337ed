"""tests/benchmarks/faults.py: every fault has the exit code and the words that it must have."""

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import faults
from benchmarks.faults import COMMANDS, KINDS, LOSSES, WORLD, Fault, Outcome

SAMPLE = (LOSSES[1], LOSSES[4], LOSSES[11], COMMANDS[0], COMMANDS[9], WORLD[0], WORLD[4])
ALL = [
    pytest.param(fault, marks=() if fault in SAMPLE else pytest.mark.thorough, id=fault.text)
    for kind in KINDS.values()
    for fault in kind
]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("fault", ALL)
def test_a_fault_neither_makes_a_certificate_nor_loses_a_verdict(fault: Fault, tmp_path: Path) -> None:
    outcome = faults.attempt(fault, tmp_path)
    assert outcome.as_wanted(fault), outcome


def test_another_outcome_is_marked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = {"A command with": [Fault("`--version`", ("--version",), 7, "")]}
    monkeypatch.setattr(faults, "attempt", lambda fault, folder: Outcome(0, "version 1", 1.0, ("sleep 600",)))
    monkeypatch.setattr(faults, "KINDS", kinds)
    assert faults.main([]) == 1
    printed = capsys.readouterr().out
    assert "**wanted 7" in printed
    assert "left behind: ('sleep 600',)" in printed


def test_a_process_that_is_left_behind_is_found_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], env={"FAULT": "fault-of-this-test"}
    )
    assert len(faults.left_behind("fault-of-this-test")) == 1
    assert child.wait(timeout=10) == -9
