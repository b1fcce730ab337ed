"""The array libraries under test: one object each, so that every test is written once.

Each library runs as users get it, and where that has fast ways, once more as the golden reference in the plain array
API standard (`-standard`). A library that the test extra promises must import; CuPy needs a GPU and is skipped, with
the reason, without one.
"""

import contextlib
import functools
import importlib
import itertools
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from support import xla
from support.evaluation import standard_only


@dataclass(frozen=True)
class Backend:
    """How to make arrays of a library, call a function on them, and read its results."""

    name: str
    array: Callable[[np.ndarray], Any]
    other_array: Callable[[np.ndarray], Any] | None = None  # for all arrays but the first, where they differ
    to_numpy: Callable[[Any], np.ndarray] = np.asarray
    call: Callable[..., Any] = lambda function, *arrays, **options: function(*arrays, **options)
    context: Callable[[], contextlib.AbstractContextManager] = contextlib.nullcontext
    dtypes: tuple[str, ...] = ("float32", "float64")
    wide: str = "float64"
    checks_values: bool = True
    flushes: bool = False  # subnormal numbers to zero, on the way in and out (JAX on CPU)
    compiles: bool = False  # each call, as a programme of its own
    module: str = "numpy"

    def __str__(self) -> str:
        return self.name

    def __call__(self, function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
        """The results of `function` as NumPy arrays; NumPy arrays among the arguments become the library's."""
        makers = itertools.chain([self.array], itertools.repeat(self.other_array or self.array))
        native = (make(x) if isinstance(x, np.ndarray) else x for make, x in zip(makers, arrays, strict=False))
        results = self.call(function, *native, **options)
        if isinstance(results, tuple):
            return tuple(self.to_numpy(x) for x in results)
        return self.to_numpy(results)


def _read_only(x: np.ndarray) -> np.ndarray:
    x = x.copy()
    x.flags.writeable = False
    return x


def _strided(x: np.ndarray) -> np.ndarray:
    """The same numbers with gaps between them, along the last axis backwards."""
    if x.ndim == 0:
        return x.copy()
    spread = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), dtype=x.dtype)
    spread[..., ::2] = x[..., ::-1]
    return spread[..., ::2][..., ::-1]


def _strict(x: np.ndarray) -> Any:
    return importlib.import_module("array_api_strict").asarray(x)


def _torch(x: np.ndarray) -> Any:
    return importlib.import_module("torch").tensor(x.copy())  # PyTorch reads no negative strides


def _torch_grad(x: np.ndarray) -> Any:
    return _torch(x).requires_grad_(np.issubdtype(x.dtype, np.floating))


def _from_torch(x: Any) -> np.ndarray:
    return x.detach().numpy()


def _jax(x: np.ndarray) -> Any:
    return importlib.import_module("jax.numpy").asarray(x)


def _jax_bits(enabled: bool) -> Callable[[], contextlib.AbstractContextManager]:
    return lambda: xla.enable_x64(enabled)


@functools.cache
def _compiled(function: Callable[..., Any], options: tuple[tuple[str, Any], ...]) -> Callable[..., Any]:
    jax = importlib.import_module("jax")
    return jax.jit(lambda *arrays: function(*arrays, **dict(options)), compiler_options=xla.compiler_options())


def _jit(function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
    static = tuple(sorted(options.items()))
    ready = _compiled if all(isinstance(value, Hashable) for value in options.values()) else _compiled.__wrapped__
    return ready(function, static)(*arrays)


def _dask(x: np.ndarray) -> Any:
    """Chunks that cut every axis, the class axis too."""
    return importlib.import_module("dask.array").from_array(x, tuple(max(1, (n + 1) // 2) for n in x.shape), name=False)


def _dask_uneven(x: np.ndarray) -> Any:
    """Chunks that differ from those of the first array."""
    chunks = tuple((1, n - 1) if n > 1 else (n,) for n in x.shape)
    return importlib.import_module("dask.array").from_array(x, chunks, name=False)


def _from_dask(x: Any) -> np.ndarray:
    assert hasattr(x, "dask"), "a dask array must give a dask array"
    return np.asarray(x.compute(scheduler="sync"))


def _cupy(x: np.ndarray) -> Any:
    return importlib.import_module("cupy").asarray(x)


BACKENDS = (
    Backend("numpy", np.copy),
    Backend("numpy-read-only", _read_only),
    Backend("numpy-strided", _strided),
    Backend("numpy-standard", np.copy, context=standard_only),
    Backend("array-api-strict", _strict, module="array_api_strict"),
    Backend("torch", _torch, to_numpy=_from_torch, module="torch"),
    Backend("torch-grad", _torch_grad, to_numpy=_from_torch, module="torch"),
    Backend("torch-standard", _torch, to_numpy=_from_torch, context=standard_only, module="torch"),
    Backend("jax", _jax, context=_jax_bits(True), flushes=True, module="jax"),
    Backend(
        "jax-jit",
        _jax,
        call=_jit,
        context=_jax_bits(True),
        checks_values=False,
        flushes=True,
        compiles=True,
        module="jax",
    ),
    Backend(
        "jax-32-bit", _jax, context=_jax_bits(False), dtypes=("float32",), wide="float32", flushes=True, module="jax"
    ),
    Backend("dask", _dask, _dask_uneven, _from_dask, module="dask"),
    Backend("cupy", _cupy, to_numpy=lambda x: x.get(), module="cupy"),
    Backend("cupy-standard", _cupy, to_numpy=lambda x: x.get(), context=standard_only, module="cupy"),
)
NUMPY = BACKENDS[0]
CLASSES = (1, 2, 3, 10, 33)


def skip_what_need_not_be_compiled(backend: Backend, num_classes: int) -> None:
    """JAX compiles everything anew for every shape: 1, 3 and 33 of CLASSES, the ends and one between, are enough."""
    if backend.module == "jax" and num_classes in (2, 10):
        pytest.skip("JAX is asked three numbers of classes, as it compiles for each")


@contextlib.contextmanager
def running(backend: Backend) -> Iterator[Backend]:
    """The backend in the state that it needs; skipped only if it is CuPy and there is no GPU for it."""
    if backend.module == "cupy":
        cupy = pytest.importorskip("cupy", reason="CuPy is not installed: these tests need a GPU")
        if not cupy.is_available():
            pytest.skip("CuPy is installed, but there is no GPU")
    importlib.import_module(backend.module)
    with backend.context():
        yield backend
