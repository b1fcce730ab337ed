"""The tests of this room once more, on the other backend of Keras."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.keras_losses import BACKEND

HERE = Path(__file__)
OTHER = {"torch": "jax", "jax": "torch"}[BACKEND]


@pytest.mark.thorough
def test_all_of_this_holds_on_the_other_backend() -> None:
    environment = {**os.environ, "KERAS_BACKEND": OTHER}
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--ignore={HERE}", HERE.parent]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=HERE.parents[3])
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-2_000:]
    assert " passed" in done.stdout
