"""Nested lists become arrays of the declared library, and back."""

import pytest
from emd_conformance._calling.arrays import make_array, plain
from emd_conformance._declaration.errors import CallError


@pytest.mark.parametrize("library", ["numpy", "torch", "jax", "list"])
def test_lists_become_arrays_and_back(library):
    rows = [[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]]
    assert plain(make_array(library, rows, "float32")) == rows
    assert plain(make_array(library, [2, 0], "int64")) == [2, 0]


def test_jax_does_not_narrow_silently():
    jax = pytest.importorskip("jax")
    if jax.config.jax_enable_x64:
        pytest.skip("64-bit mode is on")
    with pytest.raises(CallError, match="jax_enable_x64"):
        make_array("jax", [1.0], "float64")
