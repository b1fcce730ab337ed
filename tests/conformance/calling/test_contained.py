"""Whatever an implementation does to end the program: exit code 0 means that a report was made, and it conforms."""

import json
import os
import subprocess
import sys

import emd_conformance
import pytest
from emd_conformance._calling.contained import EscapeError, contained, described
from emd_conformance._calling.watch import Lost
from emd_conformance._cli.main import main
from emd_conformance._reports import json as json_report

MODULE = """
import os, sys

class Escape(BaseException): pass

class Mute(Exception):
    def __str__(self): raise ValueError("no text")

class Ends:
    def __init__(self): sys.exit(0)
    def __call__(self, p, t): return 0.0

def exits(p, t): sys.exit(0)
def ends(p, t): os._exit(0)
def escapes(p, t): raise Escape("away")
def mute(p, t): raise Mute()
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "ending.py").write_text(MODULE)
    (tmp_path / "ends_at_import.py").write_text("import sys\nsys.exit(0)\n")
    (tmp_path / "fails_at_import.py").write_text("raise RuntimeError('no device')\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize("isolated", [True, False], ids=["isolated", "in this process"])
@pytest.mark.parametrize(
    ("target", "code", "finding", "said"),
    [
        ("ending:exits", 1, "exits", "SystemExit"),
        ("ending:ends", 1, "exits", "os._exit(0)"),
        ("ending:Ends", 1, "exits", "SystemExit"),
        ("ending:escapes", 1, "every-call-fails", "Escape: away"),
        ("ending:mute", 1, "every-call-fails", "Mute: its text cannot be read"),
        ("ends_at_import:f", 4, None, "SystemExit"),
        ("fails_at_import:f", 4, None, "RuntimeError: no device"),
    ],
)
def test_the_end_of_the_program_is_a_result(folder, target, code, finding, said, isolated, capsys):
    file = folder / "report.json"
    options = [] if isolated else ["--no-isolate"]
    assert main(["run", target, "--classes", "2", *options, "--json", str(file)]) == code
    document = json.loads(file.read_text("utf-8"))
    assert document["verdict"] == ("could-not-load" if finding is None else "does-not-conform")
    assert [x["id"] for x in document["findings"] if x["kind"] != "advice"] == ([finding] if finding else [])
    assert said in file.read_text("utf-8")
    assert capsys.readouterr().out


FORKS = """
import os
from emd_conformance._calling.contained import contained
with contained():
    child = os.fork()
    if not child:
        os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_child_of_the_implementation_ends_as_it_likes():
    command = [sys.executable, "-P", "-c", FORKS]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "7\n"


def test_the_way_to_end_a_process_is_put_back():
    original = os._exit
    with pytest.raises(Lost, match=r"os\._exit"), contained():
        os._exit(0)
    assert os._exit is original


def test_an_interruption_by_the_user_is_not_contained():
    with pytest.raises(KeyboardInterrupt), contained():
        raise KeyboardInterrupt
    with pytest.raises(EscapeError, match="GeneratorExit: x"), contained():
        raise GeneratorExit("x")
    assert described(ValueError("a")) == "ValueError: a"


def test_a_program_that_ends_outside_of_calls_has_no_exit_code_0(monkeypatch, capsys):
    def ends(*arguments, **options):
        raise SystemExit(0)

    monkeypatch.setattr("emd_conformance._cli.run.run", ends)
    assert main(["run", "losses:scan", "--no-isolate"]) == 3
    assert "ended the program" in capsys.readouterr().err


def test_a_long_message_is_cut_and_its_length_is_told(tmp_path):
    def loss(p, t):
        raise ValueError("x" * 50_000_000)

    file = tmp_path / "report.json"
    report = emd_conformance.run(loss, cases=emd_conformance.vectors()[:5])
    file.write_text(json_report.render(report))
    assert file.stat().st_size < 200_000
    assert "… (cut; it has 50,000,000 characters)" in file.read_text()
