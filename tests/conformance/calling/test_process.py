"""A process that is asked by lines, ends in every way, and leaves nothing behind."""

import os
import sys
from pathlib import Path

import pytest
from emd_conformance._calling import process
from emd_conformance._calling.process import Process
from emd_conformance._calling.watch import Lost

unix = pytest.mark.skipif(not hasattr(os, "waitid"), reason="the system has no process groups, or no waitid")


def started(code: str) -> Process:
    return Process([sys.executable, "-c", code])


@pytest.fixture
def kills(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each group that is killed, whether its leader was not reaped yet, so that its number is its own."""
    held: list[bool] = []
    kill = os.killpg

    def spy(group: int, number: int) -> None:
        try:
            os.waitid(os.P_PID, group, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            held.append(True)
        except ChildProcessError:
            held.append(False)
        kill(group, number)

    monkeypatch.setattr(os, "killpg", spy)
    return held


@unix
def test_a_group_is_killed_only_while_its_leader_is_not_reaped(kills: list[bool]) -> None:
    process = started("input(); raise SystemExit(3)")
    with pytest.raises(Lost, match="ended with exit code 3"):
        process.ask(b"go\n", timeout=60)
    process.close()
    assert kills == [True]


@unix
def test_a_process_that_follows_the_farewell_is_not_reaped_before_its_group_is_killed(kills: list[bool]) -> None:
    process = started("print('ready', flush=True); input()")
    assert process.ask(b"", timeout=60) == b"ready\n"
    process.close(b"stop\n", patience=60)
    assert kills == [True]


@unix
def test_a_process_that_was_reaped_elsewhere_is_not_killed(kills: list[bool]) -> None:
    process = started("pass")
    os.waitpid(process._process.pid, 0)
    process.close()
    assert kills == []


@unix
def test_the_children_of_a_process_that_ended_are_killed(tmp_path: Path) -> None:
    pipe = tmp_path / "held-open"
    os.mkfifo(pipe)
    child = f"import time; held = open({str(pipe)!r}, 'w'); time.sleep(1000)"
    streams = "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL"
    process = started(f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}], {streams})")
    with open(pipe, "rb") as reader:  # waits until the child opens the other end
        with pytest.raises(Lost, match="exit code 0"):
            process.ask(b"", timeout=60)
        process.close()
        assert reader.read() == b""  # its end is closed: the child is dead


def test_a_line_without_an_end_is_a_crash_and_takes_no_memory(monkeypatch):
    monkeypatch.setattr(process, "LONGEST", 1 << 16)
    program = Process([sys.executable, "-c", "import sys\nwhile True: sys.stdout.write('1' * 10_000)"])
    with pytest.raises(Lost, match="its reply has a line of more than 65,536 bytes"):
        program.ask(b"\n", 20)
    program.close()
