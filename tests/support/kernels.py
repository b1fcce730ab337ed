"""The fused kernels as functions of NumPy arrays, wherever they run."""

import contextlib
import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from emd_ref.kernels import cupy as cupy_kernels
from support import cuda
from support.backends import BACKENDS, running

KERNELS = ("numba", "cuda-on-cpu", "cuda")


@contextlib.contextmanager
def kernel(name: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """`squared_emd_value_and_grad` by numba, by the CUDA source compiled as C++, or by it on a GPU."""
    if name == "numba":
        pytest.importorskip("numba", reason="numba is not installed: pip install 'emd-ref[numba]'")
        yield importlib.import_module("emd_ref.kernels.numba").squared_emd_value_and_grad
    elif name == "cuda-on-cpu":
        yield cuda.on_cpu(request.getfixturevalue("monkeypatch"), request.getfixturevalue("emulation"))
    else:
        with running(next(b for b in BACKENDS if b.name == "cupy")) as backend:
            yield lambda *arrays, **options: backend(cupy_kernels.squared_emd_value_and_grad, *arrays, **options)
