"""What numba compiled is kept on disk for the next process, where there is a place for it."""

import runpy
from pathlib import Path
from typing import Any

import pytest


def test_what_numba_compiled_is_kept_for_the_next_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = pytest.importorskip(
        "emd_ref._fast.compiled", reason="numba is not installed: pip install 'emd-ref[numba]'"
    )
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path / "kept"))
    (tmp_path / "total.py").write_text(TOTAL)
    for hits in (0, 1):
        namespace = runpy.run_path(str(tmp_path / "total.py"))
        total = compiled.in_parallel(namespace["total"])
        assert total(5) == 10
        assert sum(total.stats.cache_hits.values()) == hits
    assert compiled.from_probabilities.stats.cache_path
    assert compiled.from_logits.stats.cache_path


def test_where_nothing_can_be_kept_numba_compiles_all_the_same() -> None:
    compiled = pytest.importorskip(
        "emd_ref._fast.compiled", reason="numba is not installed: pip install 'emd-ref[numba]'"
    )
    namespace: dict[str, Any] = {}
    exec(TOTAL, namespace)  # of a function that is in no file
    total = compiled.in_parallel(namespace["total"])
    assert total(5) == 10
    assert not total.stats.cache_path


TOTAL = """
from numba import prange

def total(n):
    s = 0
    for i in prange(n):
        s += i
    return s
"""
