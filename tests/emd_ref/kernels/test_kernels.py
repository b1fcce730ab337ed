"""The fused kernels do what `emd_ref.squared_emd_value_and_grad` does; the CUDA ones are run on the CPU too.

`fused` is each of them in turn: numba, the CUDA source compiled as C++ and run by tests/support/cuda_on_cpu.h, and the
CUDA source on a GPU where there is one.
"""

import importlib
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import emd_conformance
import numpy as np
import pytest
from emd_conformance import _bounds, _exact
from emd_conformance._exact import grounds
from support import cuda, draw
from support.backends import BACKENDS, running
from support.grounds import ground_pair
from support.judge import assert_within, numbers, precision

import emd_ref
from emd_ref.kernels import cupy as cupy_kernels

P = np.asarray([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
K = np.asarray([0, 2])


@pytest.fixture(params=["numba", "cuda-on-cpu", "cuda"])
def fused(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """`squared_emd_value_and_grad` of a kernel, taking and giving NumPy arrays."""
    if request.param == "numba":
        pytest.importorskip("numba", reason="numba is not installed: pip install 'emd-ref[numba]'")
        yield importlib.import_module("emd_ref.kernels.numba").squared_emd_value_and_grad
    elif request.param == "cuda-on-cpu":
        yield cuda.on_cpu(monkeypatch, request.getfixturevalue("emulation"))
    else:
        with running(next(b for b in BACKENDS if b.name == "cupy")) as backend:
            yield lambda *arrays, **options: backend(cupy_kernels.squared_emd_value_and_grad, *arrays, **options)


def value(fused: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    return lambda p, t: fused(np.asarray(p), np.asarray(t), **options)[0]


def gradient(fused: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    return lambda p, t: fused(np.asarray(p), np.asarray(t), **options)[1]


# ---- Accuracy: every result against the exact one, within the scan bound


def assert_exact(fused: Callable[..., Any], p: np.ndarray, t: np.ndarray, ground: str = "ordered") -> None:
    pair = ground_pair(ground, p.shape[-1])
    form = precision(p.dtype.name)
    E, g = fused(p, t, ground=pair.ours)
    assert E.dtype == g.dtype == p.dtype
    assert (E.shape, g.shape) == (p.shape[:-1], p.shape)
    for i, (a, b) in enumerate(zip(p, t, strict=True)):
        row = numbers(a), numbers(b), pair.oracle
        exact, bound = _exact.squared_emd.value(*row), _bounds.squared_emd.value(*row, form, "scan")
        assert_within("fused value", [E[i]], [exact], [bound], form)
        exacts, bounds = _exact.squared_emd.gradient(*row), _bounds.squared_emd.gradient(*row, form, "scan")
        assert_within("fused gradient", numbers(g[i]), exacts, bounds, form)


@pytest.mark.parametrize("ground", ["ordered", "positions"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("C", [1, 2, 3, 10, 32, 33, 100])
def test_results_are_within_the_scan_bound(fused, C: int, dtype: str, ground: str) -> None:
    assert_exact(fused, *draw.pairs(C, dtype), ground)


@pytest.mark.parametrize("C", [1024, 1025, 1793, 4000])  # the last of a warp; a block: a chunk, and one more, and three
def test_many_classes_are_within_the_scan_bound(fused, C: int) -> None:
    p, t = draw.pairs(C)
    some = [0, -8, -5, -1]  # soft, equal, nearly equal, with tiny entries
    assert_exact(fused, p[some], t[some])


@pytest.mark.parametrize("C", [3, 33])
def test_float16_is_within_the_scan_bound(fused, C: int) -> None:
    assert_exact(fused, *draw.pairs(C, "float16"))


def test_a_value_beyond_float16_is_infinite(fused) -> None:
    p, t = np.zeros((2, 1, 70_000), dtype=np.float16)
    p[0, 0] = t[0, -1] = 1
    assert np.isinf(fused(p, t)[0]).all()


@pytest.mark.parametrize(("C", "dtype"), [(10, "float32"), (40, "float64"), (1100, "float64")])
def test_logits_are_within_their_bound(fused, C: int, dtype: str) -> None:
    z, t = draw.logits(C, dtype)
    rows = range(len(z)) if C < 100 else [5]
    form = precision(dtype)
    E, g = fused(z, t, from_logits=True)
    for i in rows:
        row = numbers(z[i]), numbers(t[i]), grounds.LINE
        exact = _exact.squared_emd.value_of_logits(*row).middle
        assert_within("fused value, logits", [E[i]], [exact], [_bounds.squared_emd.value_of_logits(*row, form)], form)
        exacts = [x.middle for x in _exact.squared_emd.gradient_of_logits(*row)]
        bounds = _bounds.squared_emd.gradient_of_logits(*row, form)
        assert_within("fused gradient, logits", numbers(g[i]), exacts, bounds, form)


# ---- Conformance


THIRD = [case for i, case in enumerate(emd_conformance.vectors()) if i % 3 == 0 or case.needs]


@pytest.mark.parametrize("target", ["distribution", "labels"])
@pytest.mark.parametrize("input", ["probabilities", "logits"])
def test_it_conforms(fused, input: str, target: str) -> None:
    options = {"from_logits": input == "logits"}
    report = emd_conformance.run(
        value(fused, **options),
        grad=gradient(fused, **options),
        input=input,
        target=target,
        validates=True,
        cases=None if (input, target) == ("probabilities", "distribution") else THIRD,
    )
    assert report.verdict == "conforms", str(report)
    if input == "probabilities":
        grades = {r.id: r.grade for r in report.examined if r.quantity == "value" and r.status == "pass"}
        assert max(grades.values()) <= 1, grades


def test_it_conforms_with_positions(fused) -> None:
    report = emd_conformance.run(
        lambda p, t, x: fused(p, t, ground=emd_ref.Ordered(x))[0],
        grad=lambda p, t, x: fused(p, t, ground=emd_ref.Ordered(x))[1],
        ground="positions",
        validates=True,
        cases=THIRD[::2],
    )
    assert report.verdict == "conforms", str(report)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_narrow_dtypes_conform(fused, dtype: str) -> None:
    report = emd_conformance.run(value(fused), grad=gradient(fused), dtype=dtype, compute_dtype="float64", cases=THIRD)
    assert report.verdict == "conforms", str(report)


def test_it_conforms_off_the_simplex_and_on_empty_batches(fused) -> None:
    report = emd_conformance.run(
        value(fused, check=False),
        grad=gradient(fused, check=False),
        capabilities=("off-simplex", "empty-batch"),
        cases=[case for case in THIRD if case.needs],
    )
    assert report.verdict == "conforms", str(report)
    assert any(result.case.startswith("off-simplex/") for result in report.examined)


# ---- The contract of emd_ref


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
    ((changed(P, (1, 1), -np.inf), K), {"from_logits": True}),
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
def test_numbers_that_are_lost_in_a_long_sum_count(fused, large: int) -> None:
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


def test_labels_that_do_not_exist_give_nan_where_nobody_checks(fused) -> None:
    E, g = fused(P, np.asarray([3, 0]), check=False)
    assert np.isnan(E[0])
    assert np.isnan(g[0]).all()
    assert np.isfinite(E[1])
    assert np.isfinite(g[1]).all()


@pytest.mark.parametrize("ground", [emd_ref.Circular(), emd_ref.Tree([3, 3, 3, -1]), emd_ref.GroundDistance(np.eye(3))])
def test_other_grounds_are_sent_to_the_reference(fused, ground) -> None:
    with pytest.raises(ValueError, match="but this kernel is for Ordered classes: call"):
        fused(P, K, ground=ground)


@pytest.mark.parametrize("kernel", ["numba", "cupy"])
def test_other_libraries_are_sent_to_the_reference(kernel: str) -> None:
    import torch

    if kernel == "numba":
        pytest.importorskip("numba", reason="numba is not installed: pip install 'emd-ref[numba]'")
    function = importlib.import_module(f"emd_ref.kernels.{kernel}").squared_emd_value_and_grad
    with pytest.raises(TypeError, match="`predicted` is of torch, but this kernel takes arrays of"):
        function(torch.tensor(P), torch.tensor(K))


# ---- Arrays as they come


@pytest.mark.parametrize("backend", ["numpy-read-only", "numpy-strided"])
def test_views_give_the_same_bits_and_are_left_alone(fused, backend: str) -> None:
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


def test_foreign_byte_orders_and_subclasses_of_numpy_are_read(fused, request: pytest.FixtureRequest) -> None:
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


def test_float32_results_are_the_bits_of_the_reference(fused) -> None:
    """float64 sums in another order differ by less than float32 can show, unless an exact result cancels to nothing."""
    rng = np.random.default_rng(0)
    for C in (2, 10, 100):
        p, t = (rng.dirichlet(np.ones(C), 500).astype(np.float32) for _ in range(2))
        E, g = fused(p, t)
        expected = emd_ref.squared_emd_value_and_grad(p, t)
        np.testing.assert_array_equal(E, expected[0])
        np.testing.assert_array_equal(g[:, :-1], expected[1][:, :-1])


def test_results_are_the_same_every_time(fused) -> None:
    for C in (10, 40, 1100):
        p, t = draw.pairs(C)
        first = fused(p, t, from_logits=True)
        for _ in range(3):
            for a, b in zip(fused(p, t, from_logits=True), first, strict=True):
                assert a.tobytes() == b.tobytes()


def test_importing_the_package_imports_neither_numba_nor_cupy() -> None:
    program = "import sys, emd_ref.kernels, emd_ref.kernels.cupy; print({'numba', 'cupy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
