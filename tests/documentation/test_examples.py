"""The scripts of docs/examples run, and train."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.pages import DOCS

SCRIPTS = sorted(path for path in (DOCS / "examples").glob("train_*.py") if path.stem != "train_lightning")


@pytest.mark.costly
@pytest.mark.parametrize("script", SCRIPTS, ids=[script.stem for script in SCRIPTS])
def test_a_training_script_beats_a_guess(script: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", script], env=os.environ | {"KERAS_BACKEND": "torch"}, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    error = re.search(rb"mean absolute error (\d\.\d+)", done.stdout)
    assert error is not None
    assert float(error[1]) < 1.2  # the middle of five equal classes is off by (2 + 1 + 0 + 1 + 2) / 5
