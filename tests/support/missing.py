"""Tests that need an optional library are skipped, with the reason, where it is not installed.

A file that imports one at its top is skipped as a whole. Another test is run, and skipped if it fails and its own code
or its parameters name a library that is missing. Where all are installed, as in .ci/run, nothing here skips anything.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
OPTIONAL = (
    *("torch", "jax", "keras", "numba", "dask", "distributed", "array_api_strict", "dlordinal", "ot", "geomloss"),
    *("torchmetrics", "sklearn"),
)
OF_OURS = {
    "emd_ref.torch": "torch",
    "emd_ref.jax": "jax",
    "emd_ref.keras": "keras",
    "emd_ref.kernels.numba": "numba",
    "emd_ref.metrics.RankedProbabilityScore": "torchmetrics",
}


class Unable(pytest.Module):
    """A file whose tests cannot run."""

    reason = ""

    def collect(self) -> list[pytest.Item]:
        raise pytest.skip.Exception(self.reason, allow_module_level=True)


def without(path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """A file that is skipped if it imports a library that is not installed; None if it can be collected."""
    if not (absent := [name for name in sorted(needed(path)) if find_spec(name) is None]):
        return None
    module: Unable = Unable.from_parent(parent, path=path)
    module.reason = f"{', '.join(absent)} is not installed"
    return module


@contextmanager
def excused(item: pytest.Item) -> Iterator[None]:
    """Skip a test that fails for want of a library."""
    try:
        yield
    except (pytest.skip.Exception, pytest.xfail.Exception, KeyboardInterrupt):
        raise
    except BaseException as error:
        absent = [name for name in OPTIONAL if find_spec(name) is None]
        told = f"{getattr(error, 'name', '')} {item.nodeid} {_code(item)}" if absent else ""
        if wanted := [name for name in absent if re.search(rf"(?<![a-z]){name}(?![a-z])", told)]:
            pytest.skip(f"{', '.join(wanted)} is not installed")
        raise


def _code(item: pytest.Item) -> str:
    try:
        return inspect.getsource(getattr(item, "function", item))
    except (OSError, TypeError):
        return ""


@cache
def needed(path: Path) -> frozenset[str]:
    """The optional libraries that a file imports at its top, itself or through the files in `support`."""
    found: set[str] = set()
    for name in _imported(path):
        found |= {library for ours, library in OF_OURS.items() if f"{name}.".startswith(f"{ours}.")}
        found |= {name.partition(".")[0]} & set(OPTIONAL)
        file = TESTS.joinpath(*name.split(".")).with_suffix(".py")
        if name.startswith(("support.", "benchmarks.")) and file.exists():
            found |= needed(file)
    return frozenset(found)


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names
