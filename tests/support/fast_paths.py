"""The fast paths of emd_ref: every way to the squared EMD that is not the plain standard."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from emd_ref import squared_emd_value_and_grad
from emd_ref._fast import operations
from emd_ref._fast.products import MANY_NUMBERS
from support.backends import BACKENDS, running
from support.kernels import kernel

BLOCK = 16_384  # numbers in a block of rows, fewer than usual, so that small batches have several
BOTH = ("float64", "float32")
SHORT, LONG = (1, 2, 3, 10), (33, 40, 100)  # one product sums up to 32 classes; 40 are whole chunks, the others are not
ON_A_LINE = ("distributions", "labels", "positions")
ALL = (*ON_A_LINE, "circular", "tree", "matrix", "logits", "large logits")

Function = Callable[..., Any]
Prepare = Callable[[pytest.FixtureRequest], contextlib.AbstractContextManager[Function]]


@contextlib.contextmanager
def library(name: str, request: pytest.FixtureRequest) -> Iterator[Function]:
    """`squared_emd_value_and_grad` by a library, taking and giving NumPy arrays."""
    with running(next(b for b in BACKENDS if b.name == name)) as backend:
        yield partial(backend, squared_emd_value_and_grad)


NUMPY: Prepare = partial(library, "numpy")


@contextlib.contextmanager
def summing_long_axes(request: pytest.FixtureRequest, *, chunks: bool) -> Iterator[Function]:
    """`squared_emd_value_and_grad` of NumPy as on a processor on which chunks are faster than scans, or slower."""
    with pytest.MonkeyPatch.context() as patched, library("numpy", request) as function:
        patched.setattr(operations.NUMPY, "chunks", chunks)
        yield function


@dataclass(frozen=True)
class FastPath:
    """A fast way, what takes it, and the function of emd_ref that it goes through."""

    name: str
    enters: str
    kinds: tuple[str, ...] = ALL
    classes: tuple[int, ...] = (*SHORT, *LONG)
    dtypes: tuple[str, ...] = BOTH
    numbers: int = 0  # at least, in a batch
    check: bool = True
    prepare: Prepare = NUMPY

    def __str__(self) -> str:
        return self.name


def _fast(function: str) -> str:
    return f"emd_ref._fast.{function}"


METHODS = _fast("operations.NumPyOperations.are_probabilities")
PRODUCT = _fast("operations.NumPyOperations.product")
MANY: dict[str, Any] = {"numbers": MANY_NUMBERS}
BLOCKS: dict[str, Any] = {"numbers": 3 * BLOCK}
LENT: dict[str, Any] = {"enters": _fast("lent.with_numpy"), "prepare": partial(library, "torch")}

FAST_PATHS = (
    FastPath("small arrays", _fast("small._of_doubles"), ("distributions",), dtypes=("float64",)),
    FastPath("small arrays, narrow", _fast("small._of_singles"), ("distributions",), dtypes=("float32",)),
    FastPath("small, unchecked", _fast("small._of_doubles"), ("distributions",), dtypes=("float64",), check=False),
    FastPath(
        "small, narrow, unchecked", _fast("small._of_singles"), ("distributions",), dtypes=("float32",), check=False
    ),
    FastPath("methods of NumPy", METHODS, ("labels", "positions", "circular", "tree", "matrix")),
    FastPath("one product", PRODUCT, classes=SHORT, **MANY),
    FastPath("one product, unchecked", PRODUCT, classes=SHORT, check=False, **MANY),
    FastPath(
        "products of chunks",
        _fast("products.Products._by_chunks"),
        (*ON_A_LINE, "circular"),
        LONG,
        prepare=partial(summing_long_axes, chunks=True),
        **MANY,
    ),
    FastPath(
        "scans of long axes",
        _fast("operations._accumulate"),
        (*ON_A_LINE, "circular"),
        LONG,
        prepare=partial(summing_long_axes, chunks=False),
        **MANY,
    ),
    FastPath(
        "softmax of many rows", _fast("operations.NumPyOperations.exponentials"), ("logits", "large logits"), **MANY
    ),
    FastPath("one-hot table", _fast("operations._one_hots"), ("labels",), classes=SHORT, **MANY),
    FastPath("one-hot table, unchecked", _fast("operations._one_hots"), ("labels",), SHORT, check=False, **MANY),
    FastPath("one-hots by places", _fast("operations.NumPyOperations.one_hot"), ("labels",), LONG, **MANY),
    FastPath("blocks of rows", "emd_ref._evaluate.in_blocks", **BLOCKS),
    FastPath("blocks of rows, unchecked", "emd_ref._evaluate.in_blocks", check=False, **BLOCKS),
    FastPath("values checked by sums", _fast("blocks.with_shared_sums"), ON_A_LINE, SHORT, **BLOCKS),
    FastPath(
        "values checked by sums, float32", _fast("blocks.with_shared_sums"), ON_A_LINE, LONG, ("float32",), **BLOCKS
    ),
    FastPath("tensors lent to NumPy", **LENT),
    FastPath("tensors lent to NumPy in blocks", kinds=ON_A_LINE, **LENT, **BLOCKS),
    FastPath(
        "products of PyTorch",
        _fast("products.Products.triangle"),
        classes=SHORT,
        prepare=partial(library, "torch-grad"),
        **MANY,
    ),
    FastPath("products of CuPy", _fast("products.Products.triangle"), prepare=partial(library, "cupy"), **MANY),
    FastPath(
        "numba kernel",
        "emd_ref.kernels.numba.rows",
        (*ON_A_LINE, "logits", "large logits"),
        prepare=partial(kernel, "numba"),
    ),
    FastPath(
        "CUDA source on the CPU",
        _fast("cuda.launch._run"),
        (*ON_A_LINE, "logits", "large logits"),
        prepare=partial(kernel, "cuda-on-cpu"),
    ),
    FastPath(
        "CUDA source on a GPU",
        _fast("cuda.launch._run"),
        (*ON_A_LINE, "logits", "large logits"),
        prepare=partial(kernel, "cuda"),
    ),
)
