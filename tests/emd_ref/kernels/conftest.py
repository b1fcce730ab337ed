"""The fused kernels, each in turn: numba, the CUDA source run on the CPU, and the CUDA source on a GPU."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.kernels import KERNELS, kernel


@pytest.fixture(params=KERNELS)
def fused(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """`squared_emd_value_and_grad` of a kernel, taking and giving NumPy arrays."""
    with kernel(request.param, request) as function:
        yield function
