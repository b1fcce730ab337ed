"""Every code block of every page runs here, or in .ci/run, or says why not; and what is shown as its output is."""

import contextlib
import doctest
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.pages import DOCS, PAGES, Block, blocks, name

NAMES = [name(page) for page in PAGES]
TAKE_MINUTES = {"another-language.md", "certify.md"}
LIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder of examples, as the place where a reader works."""
    place = tmp_path / "examples"
    shutil.copytree(DOCS / "examples", place)
    monkeypatch.chdir(place)
    return place


def _bash(command: str, folder: Path) -> tuple[int, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "COLUMNS": "80", "PYTHONWARNINGS": ""}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, env=environment, capture_output=True)
    return done.returncode, (done.stdout + done.stderr).decode()


def _python(block: Block, page: Path, namespace: dict[str, object]) -> str:
    out = io.StringIO()
    source = "\n" * block.line + block.code  # a traceback names the line of the page
    with contextlib.redirect_stdout(out):
        exec(compile(source, str(page), "exec"), namespace)
    return out.getvalue()


def _assert_like(shown: str, printed: str, where: str) -> None:
    words = re.sub(r"(?m)^ *\.\.\.$", "...", shown)
    assert doctest.OutputChecker().check_output(words, printed, LIKE), f"{where} shows\n{shown}\nbut it is\n{printed}"


def as_parameter(page: Path) -> Any:
    """The page as a parameter; those whose blocks take minutes run with --thorough."""
    marks = [pytest.mark.thorough] if page.name in TAKE_MINUTES else []
    return pytest.param(page, marks=marks, id=name(page))


@pytest.mark.filterwarnings("default")  # of libraries: PyTorch's compiler and Keras warn about themselves
@pytest.mark.parametrize("page", [as_parameter(page) for page in PAGES])
def test_blocks_of_a_page_run(page: Path, folder: Path) -> None:
    namespace: dict[str, object] = {"__name__": "page"}
    printed = ""
    for block in blocks(page):
        where = f"{name(page)}, line {block.line},"
        if block.reason or block.by_ci or block.is_doctest:
            continue
        if block.file:
            (folder / block.file).write_text(block.code, encoding="utf-8")
        elif block.language == "python":
            printed = _python(block, page, namespace)
        elif block.language == "sh":
            code, printed = _bash(block.code, folder)
            wanted = re.match(r"exit code (\d+)", block.about)
            assert code == (int(wanted.group(1)) if wanted else 0), f"{where} ends with {code}:\n{printed}"
        elif block.about.startswith("output"):
            if command := block.about.partition("output of: ")[2]:
                printed = _bash(command, folder)[1]
            _assert_like(block.code, printed, where)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_sessions_of_a_page_run(page: Path) -> None:
    assert doctest.testfile(str(page), module_relative=False, encoding="utf-8").failed == 0


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_blocks_name_a_language_that_is_run_or_is_none(page: Path) -> None:
    for block in blocks(page):
        runs = block.language in ("python", "sh")
        is_none = block.language in ("text", "json")
        assert runs or is_none or block.reason, (
            f"{name(page)}, line {block.line}: say why {block.language!r} is not run"
        )


def test_a_block_that_fails_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nassert 1 == 2\n```\n", encoding="utf-8")
    (block,) = blocks(page)
    with pytest.raises(AssertionError):
        _python(block, page, {})
    with pytest.raises(AssertionError, match="but it is"):
        _assert_like("CONFORMS\n  ...\n", "DOES NOT CONFORM\n", "page")
