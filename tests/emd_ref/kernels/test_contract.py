"""The fused kernels keep the contract of `emd_ref.squared_emd_value_and_grad`: its errors, its shapes, its views."""

import importlib
import math
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from support import draw
from support.backends import BACKENDS

import emd_ref

P = np.asarray([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
K = np.asarray([0, 2])


def changed(x: np.ndarray, index: Any, to: float) -> np.ndarray:
    x = x.copy()
    x[index] = to
    return x


BAD = [
    ((changed(P, (1, 0), -0.5), K), {}),
    ((changed(P, (1, 2), np.nan), K), {}),
    ((changed(P, (0, 1), np.inf), K), {}),
    ((changed(P, (1, 1), 0.5), K), {}),
    ((2 * P, K), {}),
    ((P, changed(P, (1, 0), -0.5)), {}),
    ((P, changed(P, (0, 1), np.nan)), {}),
    ((P, changed(P, (1, 1), 2.0)), {}),
    ((P, np.asarray([0, 3])), {}),
    ((P, np.asarray([-1, 0])), {}),
    ((changed(P, (0, 1), np.inf), K), {"from_logits": True}),
    ((changed(P, 1, -np.inf), K), {"from_logits": True}),
    ((changed(changed(P, (0, 1), np.inf), (0, 2), -np.inf), K), {"from_logits": True}),
    ((changed(P, (1, 1), np.nan), K), {"from_logits": True}),
    ((P, changed(P, (1, 1), 2.0)), {"from_logits": True}),
    ((P, np.asarray([0, 3])), {"from_logits": True}),
    ((P.T.copy(), changed(P, (1, 1), 2.0).T.copy()), {"axis": 0}),
    ((P, K), {"mass_tolerance": -1.0}),
    ((P, K), {"mass_tolerance": np.nan}),
    ((P[:0], P[:0]), {"mass_tolerance": -1.0}),
    ((changed(P, (1, 1), 1 + 1e-3), K), {"mass_tolerance": 1e-4}),
    ((P, K[:, None]), {}),
    ((P, 0), {}),
    ((P, P > 0), {}),
    ((P, P[:, :2]), {}),
    ((P[:, :0], P[:, :0]), {}),
    ((P.astype(int), K), {}),
    ((P, K), {"axis": 2}),
    ((P, K), {"ground": emd_ref.Ordered((0.0, 1.0))}),
    ((P, K), {"ground": emd_ref.Ordered}),
]


@pytest.mark.parametrize(("arrays", "options"), BAD)
def test_errors_are_those_of_the_reference(fused, arrays: tuple, options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)) as expected:
        emd_ref.squared_emd_value_and_grad(*arrays, **options)
    with pytest.raises(expected.type) as got:
        fused(*arrays, **options)
    if "cupy" not in str(got.value):  # that names its own library
        assert str(got.value) == str(expected.value)


@pytest.mark.parametrize("C", [10, 40, 1100])
def test_a_wrong_row_is_found_wherever_it_is(fused, C: int) -> None:
    p = np.stack([draw.on_grid(np.arange(1, C + 1)) for _ in range(300 if C == 10 else 7)])
    assert np.isfinite(fused(p, p)[1]).all()
    for i in (0, len(p) // 2, len(p) - 1):
        for j in (0, C - 1):
            with pytest.raises(ValueError, match=rf"`target`\[{i}, {j}\] is -1.0: probabilities must not be neg"):
                fused(p, changed(p, (i, j), -1.0))
            with pytest.raises(ValueError, match=rf"`predicted`\[{i}, :\] sums to "):
                fused(changed(p, (i, j), 2.0), p)


@pytest.mark.parametrize("large", [1, 8, 16, 32])  # as many sums as a processor may keep side by side
def test_small_numbers_count_that_a_plain_sum_would_lose(fused, large: int) -> None:
    """Each is less than half of what can be added to one of the large ones; together they are beyond the tolerance."""
    C = 1000 if large == 1 else 100_000
    p, one_hot = np.full((1, C), 0.98 * 2.0**-53 / large), np.eye(1, C, C - 1)
    p[0, :large] = 1 / large
    assert math.fsum(p[0]) - 1 > 1.2 * (4 + 8 * math.sqrt(C)) * 2.0**-53
    for pair, name in (((p, one_hot), "predicted"), ((one_hot, p), "target")):
        with pytest.raises(ValueError, match=rf"`{name}`\[0, :\] sums to 1.0000"):
            fused(*pair)


@pytest.mark.parametrize("excess", [0.4, 0.6, 0.9])  # of the tolerance; a kernel lets half of it through by itself
def test_a_mass_within_the_tolerance_is_accepted(fused, excess: float) -> None:
    E, _ = fused(changed(P, (1, 1), 1 + excess * 1e-3), K, mass_tolerance=1e-3)
    assert E.tolist() == emd_ref.squared_emd(changed(P, (1, 1), 1 + excess * 1e-3), K, check=False).tolist()


def test_unchecked_labels_outside_the_classes_give_nan(fused) -> None:
    E, g = fused(P, np.asarray([3, 0]), check=False)
    assert np.isnan(E[0])
    assert np.isnan(g[0]).all()
    assert np.isfinite(E[1])
    assert np.isfinite(g[1]).all()


@pytest.mark.parametrize("ground", [emd_ref.Circular(), emd_ref.Tree([3, 3, 3, -1]), emd_ref.GroundDistance(np.eye(3))])
def test_other_grounds_are_refused_with_the_remedy(fused, ground) -> None:
    with pytest.raises(ValueError, match="but this kernel is for Ordered classes: call"):
        fused(P, K, ground=ground)


@pytest.mark.parametrize("kernel", ["numba", "cupy"])
def test_other_libraries_are_refused_with_the_remedy(kernel: str) -> None:
    import torch

    if kernel == "numba":
        pytest.importorskip("numba", reason="numba is not installed: pip install 'emd-ref[numba]'")
    function = importlib.import_module(f"emd_ref.kernels.{kernel}").squared_emd_value_and_grad
    with pytest.raises(TypeError, match="`predicted` is of torch, but this kernel takes arrays of"):
        function(torch.tensor(P), torch.tensor(K))


@pytest.mark.parametrize("backend", ["numpy-read-only", "numpy-strided"])
def test_views_give_the_same_bits_and_are_not_written_to(fused, backend: str) -> None:
    make = next(b for b in BACKENDS if b.name == backend).array
    for C in (10, 40):
        p, t = draw.pairs(C)
        views = make(p), make(t)
        for got, expected in zip(fused(*views), fused(p, t), strict=True):
            np.testing.assert_array_equal(got, expected)
        np.testing.assert_array_equal(views[0], p)
        np.testing.assert_array_equal(views[1], t)


@pytest.mark.parametrize("axis", [0, 1, -2])
def test_any_axis_and_any_batch(fused, axis: int) -> None:
    p, t = (x[:12].reshape(3, 4, 10) for x in draw.pairs(10))
    E, g = fused(p, t)
    assert (E.shape, g.shape) == ((3, 4), (3, 4, 10))
    moved = fused(np.moveaxis(p, -1, axis), np.moveaxis(t, -1, axis), axis=axis)
    np.testing.assert_array_equal(moved[0], E)
    np.testing.assert_array_equal(np.moveaxis(moved[1], axis, -1), g)


def test_labels_are_one_hots(fused) -> None:
    for C in (3, 33, 1100):
        p = draw.pairs(C)[0][:6]
        k = np.asarray([0, C - 1, C // 2] * 2)
        for labels in (k, k.astype(np.int16), k.astype(np.uint64)):
            for got, expected in zip(fused(p, labels), fused(p, np.eye(C)[k]), strict=True):
                np.testing.assert_array_equal(got, expected)
        assert fused(p[0], C - 1)[0] == fused(p[0], np.eye(C)[-1])[0]


@pytest.mark.parametrize(("dtype", "other"), [("float32", "float64"), ("float64", "float32"), ("float16", "float32")])
def test_mixed_dtypes_are_widened(fused, dtype: str, other: str) -> None:
    p, t = draw.pairs(10, "float16")
    tolerance = {"mass_tolerance": 0.01}  # a wide dtype allows less than float16 rounding takes
    E, g = fused(p.astype(dtype), t.astype(other), **tolerance)
    expected = fused(p.astype(dtype), t.astype(dtype), **tolerance)
    assert E.dtype == g.dtype == dtype
    np.testing.assert_array_equal(E, expected[0])
    np.testing.assert_array_equal(g, expected[1])


def test_arrays_of_foreign_byte_order_and_subclasses_are_read(fused, request: pytest.FixtureRequest) -> None:
    if "numba" not in request.node.name:
        pytest.skip("a GPU has neither")

    class Sub(np.ndarray):
        pass

    p, t = draw.pairs(10)
    for a, b in ((p.astype(">f8"), t), (p, t.view(Sub)), (p.view(Sub), t.astype(">f8"))):
        E, g = fused(a, b)
        assert E.dtype == g.dtype == a.dtype
        for got, expected in zip((E, g), fused(p, t), strict=True):
            np.testing.assert_array_equal(got, expected)


def test_importing_the_package_imports_neither_numba_nor_cupy() -> None:
    program = "import sys, emd_ref.kernels, emd_ref.kernels.cupy; print({'numba', 'cupy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_first_call_of_numba_leaves_the_number_of_threads_of_torch() -> None:
    pytest.importorskip("torch")
    program = """
import numpy as np, torch
from emd_ref.kernels.numba import squared_emd_value_and_grad
for threads in (1, 3):
    torch.set_num_threads(threads)
    squared_emd_value_and_grad(np.ones((4, 1)), np.zeros(4, int))
    print(torch.get_num_threads())
"""
    environment = {**os.environ, "NUMBA_NUM_THREADS": "2"}  # else it is that of the cores, which may be 1 or 3
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == ["1", "3"]
