"""Notes that tests leave for each other: in one process, or in all processes of one run of pytest-xdist."""

import subprocess
import sys
import threading

import pytest
from emd_conformance._run import notes
from emd_conformance._run.notes import Notes


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(notes.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(notes.atexit, "register", lambda *arguments: None)
    return tmp_path


@pytest.mark.parametrize("run", [None, "a-run"])
def test_a_word_is_new_once(run, folder, monkeypatch):
    monkeypatch.delenv(notes.RUN, raising=False) if run is None else monkeypatch.setenv(notes.RUN, run)
    one = Notes("loss")
    assert "failed" not in one
    assert one.add("failed")
    assert "failed" in one
    assert not one.add("failed")
    assert "failed" not in Notes("another loss")
    assert ("failed" in Notes("loss")) == (run is not None)
    assert bool([*folder.iterdir()]) == (run is not None)


def test_another_run_has_other_notes(folder, monkeypatch):
    monkeypatch.setenv(notes.RUN, "one")
    Notes("loss").add("failed")
    monkeypatch.setenv(notes.RUN, "two")
    assert "failed" not in Notes("loss")


def test_of_many_one_is_told_that_a_word_is_new(folder, monkeypatch):
    monkeypatch.setenv(notes.RUN, "a-run")
    told, ready = [], threading.Barrier(8)

    def add(shared):
        ready.wait()
        told.append(shared.add("told"))

    threads = [threading.Thread(target=add, args=(Notes("loss"),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False] * 7 + [True]


PROGRAM = """
import sys
from emd_conformance._run.notes import Notes
notes = Notes("loss")
notes.add("failed")
print("ready", flush=True)
sys.stdin.read()
"""


def test_the_last_process_removes_the_notes(tmp_path, monkeypatch):
    monkeypatch.setenv(notes.RUN, "a-run")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    command = [sys.executable, "-c", PROGRAM]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    (folder,) = tmp_path.iterdir()
    for process, left in zip(started, (True, False), strict=True):
        process.communicate("")
        assert folder.exists() == left
