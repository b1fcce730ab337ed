"""Conversion to a format rounds as the libraries round."""

import numpy as np
import pytest
from emd_conformance._bounds.precision import convert


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_conversion_is_that_of_numpy(dtype):
    for x in (0.1, 1 / 3, 2.0**-14, 1.0009765625, 3.0e-5):
        assert convert(x, dtype) == float(np.dtype(dtype).type(x))


def test_conversion_to_bfloat16_is_that_of_torch():
    torch = pytest.importorskip("torch")
    for x in (0.1, 1 / 3, 1.00390625, 1.01171875, 3.0e-5):
        assert convert(x, "bfloat16") == float(torch.tensor(x, dtype=torch.bfloat16))
