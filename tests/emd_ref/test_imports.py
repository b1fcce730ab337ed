"""`import emd_ref` brings in NumPy and array_api_compat's core, and no framework, no SciPy."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import emd_ref

FRAMEWORKS = (
    "torch",
    "torchmetrics",
    "jax",
    "keras",
    "dask",
    "cupy",
    "scipy",
    "array_api_strict",
    "emd_conformance",
    "hypothesis",
    "pytest",
)


def modules_after(code: str) -> set[str]:
    program = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import emd_ref",
        "import emd_ref, numpy; emd_ref.squared_emd_value_and_grad(numpy.eye(3), numpy.arange(3))",
        "import emd_ref.metrics, numpy; emd_ref.metrics.ranked_probability_score(numpy.eye(3), numpy.arange(3))",
        "import emd_ref, numpy; emd_ref.emd(numpy.eye(3), numpy.arange(3), ground=emd_ref.Tree([3, 3, 3, -1]))",
    ],
)
def test_no_framework_is_imported(code: str) -> None:
    loaded = modules_after(code)
    assert "numpy" in loaded
    assert not {name for name in loaded if name.split(".")[0] in FRAMEWORKS}
    assert loaded.isdisjoint({"array_api_compat.numpy", "emd_ref.lp", "emd_ref._programme.solve"})


def test_scipy_comes_with_the_first_linear_programme() -> None:
    solve = "emd_ref.lp.solve(numpy.eye(2)[0], numpy.eye(2)[1], 1 - numpy.eye(2))"
    assert "scipy.optimize" in modules_after(f"import emd_ref, numpy; {solve}")


def test_all_public_names_exist_and_are_documented() -> None:
    for name in emd_ref.__all__:
        assert getattr(emd_ref, name).__doc__, name
    assert sorted(emd_ref.__all__) == list(emd_ref.__all__)


def test_the_two_packages_never_import_each_other() -> None:
    for package, other in (("emd_ref", "emd_conformance"), ("emd_conformance", "emd_ref")):
        folder = Path(__import__(package).__file__).parent
        for file in folder.rglob("*.py"):
            assert not re.search(rf"^\s*(from|import)\s+{other}\b", file.read_text(), re.MULTILINE), file
