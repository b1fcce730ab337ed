"""What NumPy says of the processor, in the words of several versions."""

from typing import Any

import numpy as np
import pytest

from emd_ref._fast.processor import has_avx512


@pytest.mark.parametrize(
    ("info", "wide"),
    [
        ({"exp": {"dd": {"current": "X86_V4", "available": "X86_V4 X86_V3 baseline(X86_V2)"}}}, True),
        ({"exp": {"dd": {"current": "AVX512_SKX", "available": "AVX512_SKX AVX512F AVX2 baseline(SSE)"}}}, True),
        ({"exp": {"dd": {"current": "baseline(X86_V2)", "available": "X86_V4 X86_V3 baseline(X86_V2)"}}}, False),
        ({"exp": {}}, False),
        ({}, False),
    ],
)
def test_a_wide_processor_is_known_by_the_powers_of_numpy(info: Any, wide: bool, monkeypatch) -> None:
    monkeypatch.setattr(np.lib.introspect, "opt_func_info", lambda *arguments: info)
    assert has_avx512() == wide
