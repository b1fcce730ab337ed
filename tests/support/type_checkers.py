"""What mypy --strict and pyright say of code: lines that end with `# wrong` must be errors, and no other may be."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def assert_only_wrong_lines_are_errors(checker: str, code: str, folder: Path) -> None:
    """Check the code with "mypy" or "pyright", with the configuration of no project."""
    pytest.importorskip(checker, reason=f"the code is checked with the package {checker}")
    file = folder / "uses.py"
    file.write_text(code, encoding="utf-8")
    command, pattern = (_mypy if checker == "mypy" else _pyright)(file, folder)
    done = subprocess.run([sys.executable, "-P", "-m", *command], capture_output=True, text=True, check=False)
    found = {int(line) for line in re.findall(pattern, done.stdout)}
    assert found, done.stdout + done.stderr
    assert found == {i for i, line in enumerate(code.splitlines(), 1) if line.endswith("# wrong")}, done.stdout


def _mypy(file: Path, folder: Path) -> tuple[list[str], str]:
    settings = folder / "mypy.ini"
    paths = f"{ROOT}:{ROOT / 'conformance'}"
    settings.write_text(f"[mypy]\nmypy_path = {paths}\nfollow_imports = silent\n", encoding="utf-8")
    options = ["--strict", "--config-file", str(settings), "--cache-dir", str(folder / "cache")]
    return ["mypy", *options, str(file)], r"uses\.py:(\d+): error"


def _pyright(file: Path, folder: Path) -> tuple[list[str], str]:
    settings = folder / "pyrightconfig.json"
    paths = [str(ROOT), str(ROOT / "conformance")]
    settings.write_text(json.dumps({"include": [file.name], "typeCheckingMode": "strict", "extraPaths": paths}))
    return ["pyright", "--pythonpath", sys.executable, "--project", str(settings)], r"uses\.py:(\d+):\d+ - error"
