import re
import shlex
from pathlib import Path

import pytest
from emd_conformance import vectors
from emd_conformance._cli.main import main
from emd_conformance._export import files

TEXT = (Path(__file__).parents[2] / "conformance" / "README.md").read_text("utf-8")


COMMANDS = [command for command in re.findall(r"^emd-conformance (.+)$", TEXT, re.MULTILINE) if command != "defects"]


@pytest.mark.costly
@pytest.mark.parametrize("command", COMMANDS)  # run/test_selftest.py runs `defects`, which takes minutes, in parts
def test_commands_run(command, tmp_path, monkeypatch):
    for library in ("torch", "dlordinal", "scoringrules"):
        if library in command:
            pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)  # `export` writes files
    monkeypatch.setattr(files, "vectors", lambda group: vectors(group)[::20])  # export/test_files.py writes all
    assert main(shlex.split(command)) == 0


def test_python_runs(capsys):
    for code in re.findall(r"```python\n(.+?)```", TEXT, re.DOTALL):
        exec(compile(code, "README.md", "exec"), {})
    assert "CONFORMS" in capsys.readouterr().out
