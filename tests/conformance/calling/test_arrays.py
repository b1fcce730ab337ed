"""Nested lists become arrays of the declared library, and back."""

from math import nan

import pytest
from emd_conformance._calling.arrays import bits, make_array, plain
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


@pytest.mark.parametrize("library", ["numpy", "torch", "jax", "list"])
def test_bits_tell_all_numbers_and_shapes_apart(library):
    kinds = [[0.0, nan], [-0.0, nan], [0.0, 1.0], [[0.0, 1.0]], [[0.0], [1.0]], [0.0]]
    arrays = [(make_array(library, x, "float32"), make_array(library, x, "float32")) for x in kinds]
    assert all(bits(a) == bits(again) for a, again in arrays)
    assert all(bits(a) != bits(b) for i, (a, _) in enumerate(arrays) for b, _ in arrays[:i])


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_bits_do_not_depend_on_the_layout(library):
    x = make_array(library, [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], "float64")
    assert bits(x.T) == bits(make_array(library, [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]], "float64"))
    assert bits(x[:, :2][:, 1:]) == bits(make_array(library, [[1.0], [4.0]], "float64"))
