"""The operations in every form, on whole numbers, whose sums are exact in every order.

`Products` is the form for CuPy; here it computes with NumPy.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from emd_ref._fast.operations import (
    DOT_IN_ONE_THREAD,
    NumPyOperations,
    TorchOnGPU,
    TorchOperations,
    _one_hots,
    _ones,
)
from emd_ref._fast.products import SHORT_AXIS, Products, numpy_triangle
from emd_ref._fast.small import _limits
from emd_ref._libraries import host, torch_namespace
from emd_ref._operations import Standard
from emd_ref._quiet import QUIET

FORMS = {
    "standard": Standard(np),
    "standard-torch": Standard(torch_namespace),
    "numpy, scans": NumPyOperations(np, chunks=False),
    "numpy, chunks": NumPyOperations(np, chunks=True),
    "torch": TorchOperations(torch_namespace),
    "torch on a GPU": TorchOnGPU(torch_namespace),
    "products": Products(np),
}
CLASSES = [1, 2, 32, 33, 37, 40, 64, 127, 1000]  # one product; chunks of 8 with and without a rest


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def ops(request: pytest.FixtureRequest) -> Standard:
    return request.param


def native(ops: Standard, x: np.ndarray) -> Any:
    """`x` in the library that computes."""
    return torch.tensor(x) if ops.xp is torch_namespace else x


def many_rows(C: int) -> tuple[np.ndarray, np.ndarray]:
    """At least 4096 numbers, as float64 and as integers."""
    whole = np.random.default_rng(C).integers(-1000, 1000, (2, 4096 // C + 1, C))
    return whole.astype(np.float64), whole


@pytest.mark.parametrize("C", CLASSES)
def test_sums_up_to_each_class_and_from_it_on(ops: Standard, C: int) -> None:
    numbers, whole = many_rows(C)
    x, suffix_sums = native(ops, numbers), np.cumsum(whole[..., ::-1], -1)[..., ::-1]
    np.testing.assert_array_equal(ops.cumulative_sum(x), np.cumsum(whole, -1))
    np.testing.assert_array_equal(ops.suffix_sum(x), suffix_sums)
    np.testing.assert_array_equal(ops.suffix_sum(x, 3.0), 3 * suffix_sums)
    np.testing.assert_array_equal(x, whole)


@pytest.mark.parametrize("C", [*CLASSES, 2 * DOT_IN_ONE_THREAD, 2 * DOT_IN_ONE_THREAD + 3])
def test_totals_and_inner_products(ops: Standard, C: int) -> None:
    numbers, whole = many_rows(C)
    x, other = native(ops, numbers), native(ops, numbers[::-1].copy())
    np.testing.assert_array_equal(ops.total(x), whole.sum(-1))
    np.testing.assert_array_equal(ops.total(x, keepdims=True), whole.sum(-1, keepdims=True))
    np.testing.assert_array_equal(ops.inner(x, other), (whole * whole[::-1]).sum(-1))
    np.testing.assert_array_equal(ops.largest(x), whole.max(-1, keepdims=True))
    for axis in (0, 1):
        np.testing.assert_array_equal(ops.total(x, axis), whole.sum(axis))
        np.testing.assert_array_equal(ops.inner(x, other, axis), (whole * whole[::-1]).sum(axis))
        np.testing.assert_array_equal(ops.largest(x, axis), whole.max(axis, keepdims=True))


@pytest.mark.parametrize("C", CLASSES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 2500), (5000,)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_hots_are_rows_of_the_identity_and_nan_outside_the_classes(
    ops: Standard, C: int, shape: tuple[int, ...], dtype: str
) -> None:
    labels = np.random.default_rng(C).integers(0, C, shape)
    expected, like = np.eye(C, dtype=dtype)[labels], native(ops, np.empty((*shape, C), dtype))
    np.testing.assert_array_equal(ops.one_hot(native(ops, labels), like, labels_checked=True), expected)
    wrong = np.resize([-1, C, -C - 1, 10**9], shape)
    some = np.arange(labels.size).reshape(shape) % 4 == 0
    labels[some], expected[some] = wrong[some], np.nan
    hot = ops.one_hot(native(ops, labels), like, labels_checked=False)
    assert hot.dtype == like.dtype
    np.testing.assert_array_equal(hot, expected)
    assert bool(ops.are_labels(native(ops, labels), C)) is False


@pytest.mark.parametrize("rows", [3, 5000])
def test_probabilities_are_non_negative_and_sum_to_one(ops: Standard, rows: int) -> None:
    right = np.full((rows, 4), 0.25)
    assert ops.are_probabilities(native(ops, right), 1e-9)
    assert ops.are_probabilities(native(ops, right[:0]), 1e-9)
    assert ops.are_labels(native(ops, np.arange(rows) % 4), 4)
    for wrong in (-0.25, 0.5, np.nan, np.inf):
        bad = right.copy()
        bad[-1, 2] = wrong
        assert not QUIET.copy().run(ops.are_probabilities, native(ops, bad), 1e-9)
    bad = right.copy()
    bad[0] = [0.5, -0.25, 0.5, 0.25]
    assert not ops.are_probabilities(native(ops, bad), 1e-9)


@pytest.mark.parametrize("rows", [3, 5000])
def test_logits_are_finite_or_minus_infinity_but_not_in_all_classes(ops: Standard, rows: int) -> None:
    z = np.zeros((rows, 4))
    assert ops.are_logits(native(ops, z))
    assert ops.are_logits(native(ops, z[:0]))
    z[-1, :3] = z[0, 1] = -np.inf
    assert ops.are_logits(native(ops, z))
    for wrong in (-np.inf, np.inf, np.nan):
        z[-1, 3] = wrong
        assert not ops.are_logits(native(ops, z))


def test_kept_arrays_cannot_be_written_to() -> None:
    float32 = np.dtype(np.float32)
    triangles = numpy_triangle(4, -1), numpy_triangle(4, 0, 2.0)
    for kept in (*triangles, _one_hots(4, float32), _ones(4), _limits(4, float32)[0]):
        with pytest.raises(ValueError, match="read-only"):
            kept[:] = 0


@pytest.mark.parametrize("C", [10, 33, 100, 1000])
@pytest.mark.parametrize("numbers", [2000, 20_000])
@pytest.mark.parametrize("chunks", [False, True])
def test_sums_from_each_class_on_are_a_new_array_in_order(C: int, numbers: int, chunks: bool) -> None:
    x = np.ones((numbers // C, C))
    for times in (1.0, 2.0):
        sums = NumPyOperations(np, chunks=chunks).suffix_sum(x, times)
        assert sums.flags.c_contiguous
        assert sums.flags.owndata


@pytest.mark.parametrize("C", [1, 3, 10, 100])
def test_products_with_a_matrix(ops: Standard, C: int) -> None:
    numbers, whole = many_rows(C)
    matrix = np.random.default_rng(C).integers(-9, 9, (C, C + 1))
    product = ops.product(native(ops, numbers), native(ops, matrix.astype(np.float64)))
    np.testing.assert_array_equal(product, whole @ matrix)


@pytest.mark.parametrize("shape", [(50_000, 3), (20_000, 10), (4, 5000, 10), (5000, 64), (400, 1000)])
@pytest.mark.parametrize("chunks", [False, True])
def test_no_product_is_large_enough_for_threads(
    shape: tuple[int, ...], chunks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ops, sizes, matmul = NumPyOperations(np, chunks=chunks), [], np.matmul

    def counted(x: np.ndarray, matrix: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        sizes.append(x.size * matrix.shape[-1])
        return matmul(x, matrix, out=out)

    x = np.random.default_rng(0).integers(-9, 9, shape).astype(np.float64)
    monkeypatch.setattr(np, "matmul", counted)
    np.testing.assert_array_equal(ops.cumulative_sum(x), np.cumsum(x, -1))
    np.testing.assert_array_equal(ops.suffix_sum(x)[..., 0], x.sum(-1))
    np.testing.assert_array_equal(ops.total(x), x.sum(-1))
    assert bool(sizes) == (chunks or shape[-1] <= SHORT_AXIS)
    assert max(sizes, default=0) <= 2**18  # multiplications, above which OpenBLAS starts threads


WITHOUT_THREADS = """
import os, sys, time
import numpy as np
from emd_ref import Circular, squared_emd_value_and_grad

def others():  # clock ticks of all threads but the main one
    threads = (id for id in os.listdir("/proc/self/task") if int(id) != os.getpid())
    stats = (open(f"/proc/self/task/{id}/stat").read() for id in threads)
    return sum(sum(map(int, stat.rsplit(")", 1)[1].split()[11:13])) for stat in stats)

rng = np.random.default_rng(0)
for shape in ((100_000, 10), (10_000, 32), (2000, 100), (30, 20_000)):
    z, p, t = rng.normal(size=shape), *rng.dirichlet(np.ones(shape[1]), (2, shape[0]))
    squared_emd_value_and_grad(p, t), squared_emd_value_and_grad(p, t, ground=Circular())
    squared_emd_value_and_grad(z, np.zeros(shape[0], int), from_logits=True)
    time.sleep(0.3)  # threads that were started go to sleep
    before = others()
    for _ in range(10):
        squared_emd_value_and_grad(p, t), squared_emd_value_and_grad(p, t, ground=Circular())
        squared_emd_value_and_grad(z, np.zeros(shape[0], int), from_logits=True)
    print(shape, others() - before)
x = rng.normal(size=(1000, 1000))
before = others()
for _ in range(10):
    x @ x
print("product", others() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the times of threads are read from /proc")
@pytest.mark.skipif(os.cpu_count() == 1, reason="one core: no library starts threads")
def test_threads_of_the_linear_algebra_library_do_nothing() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-P", "-c", WITHOUT_THREADS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    *ours, product = (int(line.rsplit(" ", 1)[1]) for line in done.stdout.splitlines())
    assert product > 0, "this library starts no threads, or they cannot be seen"
    assert ours == [0] * 4, done.stdout


@pytest.mark.parametrize("shape", [(4, 5), (500, 10), (500, 32), (200, 40)])
def test_pytorch_sums_on_a_gpu_as_the_standard_does(shape: tuple[int, int], rng: np.random.Generator) -> None:
    """The operations for GPUs, on a CPU: products for many short rows, and gradients through them."""
    x = torch.tensor(rng.normal(size=shape), requires_grad=True)
    on_gpu, plain = TorchOnGPU(torch_namespace), Standard(torch_namespace)
    for name in ("cumulative_sum", "suffix_sum", "total"):
        found, expected = getattr(on_gpu, name)(x), getattr(plain, name)(x)
        torch.testing.assert_close(found, expected, rtol=1e-13, atol=1e-13)
        weights = torch.tensor(rng.normal(size=expected.shape))
        got, wanted = (torch.autograd.grad((y * weights).sum(), x)[0] for y in (found, expected))
        torch.testing.assert_close(got, wanted, rtol=1e-13, atol=1e-13)


def test_constants_are_copied_to_a_device_once() -> None:
    """Small ones by their numbers, read-only ones by their identity; the rest each time."""
    there = torch.zeros(3, dtype=torch.float64, device="meta")  # a device that is no CPU

    def beside(x: np.ndarray) -> torch.Tensor:
        return host.beside(torch_namespace, x, there)

    small, large, kept = np.arange(3.0), np.zeros(20_000), np.zeros(20_000)
    kept.flags.writeable = False
    assert beside(small) is beside(small.copy())
    assert beside(small) is not beside(small + 1)
    assert beside(kept) is beside(kept)
    assert beside(large) is not beside(large)
    assert beside(small).device.type == "meta"
