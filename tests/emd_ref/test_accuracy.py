"""Accuracy across libraries and sizes (specification, section 7)."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from emd_conformance import _bounds, _exact
from emd_conformance._bounds.precision import BFLOAT16, FLOAT16, Precision
from emd_conformance._exact import grounds
from support import draw
from support.backends import BACKENDS, Backend, running
from support.judge import assert_within, numbers, precision

from emd_ref import squared_emd, squared_emd_grad, squared_emd_value_and_grad

WIDENING = [b for b in BACKENDS if b.name in {"numpy", "torch", "dask"}]
BIT_EQUAL = [b for b in BACKENDS if b.name in {"array-api-strict", "torch", "jax", "dask", "cupy"}]


def large(C: int, dtype: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A soft, a one-hot and a nearly equal pair of C classes."""
    rng = np.random.default_rng(seed)
    soft, other = (draw.on_grid(rng.dirichlet(np.ones(C)), dtype) for _ in range(2))
    near = soft.copy()
    i, j = rng.choice(np.flatnonzero(soft > np.finfo(dtype).eps / 2), 2, replace=False)
    step = np.asarray(np.finfo(dtype).eps / 2, dtype=dtype)
    near[i], near[j] = near[i] + step, near[j] - step
    hot = draw.one_hot(C // 3, C, dtype) if C < 10**5 else np.zeros(C, dtype=dtype)
    hot[C // 3] = 1
    return np.stack([soft, soft, near]), np.stack([other, hot, soft])


@cache
def exact_values(C: int, dtype: str) -> list[Fraction]:
    return [_exact.squared_emd.value(numbers(a), numbers(b)) for a, b in zip(*large(C, dtype), strict=True)]


@cache
def exact_large(C: int, dtype: str, form: Precision) -> list[tuple]:
    """For each pair of `large`: the bound of E, and of 500 entries of g their place, value and bound."""
    some = np.linspace(0, C - 1, 500).astype(int)
    rows = [(numbers(a), numbers(b), grounds.LINE) for a, b in zip(*large(C, dtype), strict=True)]
    gradients = [(_exact.squared_emd.gradient(*row), _bounds.squared_emd.gradient(*row, form, "scan")) for row in rows]
    return [
        (_bounds.squared_emd.value(*row, form, "scan"), some, [g[j] for j in some], [bounds[j] for j in some])
        for row, (g, bounds) in zip(rows, gradients, strict=True)
    ]


@pytest.mark.parametrize("C", [10**3, 10**5, 10**6])
@pytest.mark.parametrize("backend", WIDENING, ids=str)
def test_float32_values_are_right_to_half_an_eps(backend: Backend, C: int) -> None:
    p, t = large(C, "float32")
    with running(backend):
        E = backend(squared_emd, p, t)
    eps = Fraction(1, 2**23)
    for value, exactly in zip(E, exact_values(C, "float32"), strict=True):
        assert abs(Fraction(float(value)) - exactly) <= Fraction(51, 100) * eps * exactly


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("backend", [b for b in BACKENDS if b.name in {"numpy", "torch", "jax", "dask"}], ids=str)
def test_many_classes_are_within_the_scan_bound(backend: Backend, dtype: str) -> None:
    p, t = large(10**5, dtype)
    with running(backend):
        E, g = backend(squared_emd_value_and_grad, p, t)
    form = precision(dtype, backend)
    values = exact_values(10**5, dtype)
    for i, (bound, some, gradient, bounds) in enumerate(exact_large(10**5, dtype, form)):
        assert_within("squared_emd, C = 1e5", [E[i]], [values[i]], [bound], form)
        assert_within("squared_emd_grad, C = 1e5", g[i][some], gradient, bounds, form)


def random_cases(count: int = 10_000) -> list[tuple[np.ndarray, np.ndarray]]:
    """Batches of float32 pairs, a quarter each soft, peaked, one-hot and nearly equal."""
    rng = np.random.default_rng(0)
    batches = []
    for C in (2, 3, 5, 10, 100):
        n = count // 20
        soft = rng.dirichlet(np.ones(C), (4, n)).astype(np.float32)
        peaked = rng.dirichlet(np.full(C, 0.05), n).astype(np.float32)
        near = np.nextafter(soft[3], np.float32(1), dtype=np.float32)
        hot = np.eye(C, dtype=np.float32)[rng.integers(0, C, n)]
        batches += [(soft[0], soft[1]), (peaked, soft[2]), (soft[2], hot), (soft[3], near)]
    return batches


@pytest.mark.parametrize("backend", BIT_EQUAL, ids=str)
def test_float32_results_are_the_same_bits_in_every_library(backend: Backend) -> None:
    """10 000 random cases; float64 sums in another order differ by less than float32 can show.

    The exception is g_C = 2 D_C, which is nothing but the rounding of the masses: NumPy sums large batches by products,
    array-api-strict from left to right, JAX 100 classes as a tree. Of the 10 000 entries g_C some 60 to 70, all of 100
    classes, differ in their last bits. None else does, and none in PyTorch and dask, for which NumPy computes, but in
    the first row of a batch: dask has it in a chunk of its own, and so few numbers are summed from left to right.
    """
    values = rounding = 0
    with running(backend):
        for p, t in random_cases():
            E, g = squared_emd_value_and_grad(p, t, mass_tolerance=1e-5)
            theirs, their_g = backend(squared_emd_value_and_grad, p, t, mass_tolerance=1e-5)
            np.testing.assert_array_equal(theirs, E)
            np.testing.assert_array_equal(their_g[:, :-1], g[:, :-1])
            np.testing.assert_array_max_ulp(their_g[:, -1], g[:, -1], maxulp=64)
            alone = 1 if backend.module == "dask" else 0
            rounding += int(np.sum(their_g[alone:, -1] != g[alone:, -1]))
            values += len(E)
    assert values == 10_000
    assert rounding <= (0 if backend.module in {"dask", "torch"} else 100)  # for these NumPy computes


@pytest.mark.parametrize(("name", "form"), [("float16", FLOAT16), ("bfloat16", BFLOAT16)])
@pytest.mark.parametrize("C", [2, 10, 100])
def test_half_precisions_of_torch_are_widened(name: str, form, C: int) -> None:
    import torch

    rng = np.random.default_rng(C)
    p, t = (torch.tensor(rng.dirichlet(np.ones(C), 20)).to(getattr(torch, name)) for _ in range(2))
    E, g = squared_emd_value_and_grad(p, t, mass_tolerance=0.1)
    assert E.dtype == g.dtype == p.dtype
    for i, (a, b) in enumerate(zip(p.double().numpy(), t.double().numpy(), strict=True)):
        args = numbers(a), numbers(b), grounds.LINE
        bound, bounds = (f(*args, form, "scan") for f in (_bounds.squared_emd.value, _bounds.squared_emd.gradient))
        twice = form.output_unit * 2.0**-10  # torch rounds float64 to half precision by way of float32
        exact, gradient = _exact.squared_emd.value(*args), _exact.squared_emd.gradient(*args)
        assert_within(f"squared_emd {name}", [float(E[i])], [exact], [bound + Fraction(twice) * exact], form)
        slack = [b + Fraction(twice) * abs(x) for b, x in zip(bounds, gradient, strict=True)]
        assert_within(f"squared_emd_grad {name}", numbers(g[i]), gradient, slack, form)


def test_float16_overflows_to_infinity_where_the_value_is_out_of_range() -> None:
    import torch

    p, t = torch.zeros(1, 10**5, dtype=torch.float16), torch.zeros(1, 10**5, dtype=torch.float16)
    p[0, 0], t[0, -1] = 1, 1
    assert torch.isinf(squared_emd(p, t)).all()
    assert np.isinf(squared_emd(p.numpy(), t.numpy())).all()
    assert squared_emd(p.float(), t.float()) == 99_999


def test_results_are_the_same_every_time(backend: Backend) -> None:
    p, t = draw.pairs(33, backend.dtypes[-1])
    first = backend(squared_emd_value_and_grad, p, t)
    for _ in range(3):
        again = backend(squared_emd_value_and_grad, p, t)
        assert first[0].tobytes() == again[0].tobytes()
        assert first[1].tobytes() == again[1].tobytes()


def test_labels_lose_no_digits() -> None:
    """cumsum(p) - step loses 8 digits here; the one-hot is subtracted first."""
    p = np.asarray([1 - 2.0**-30, 2.0**-30])
    assert squared_emd(p, 0) == 2.0**-60
    np.testing.assert_array_equal(squared_emd_grad(p, 0), [-(2.0**-29), 0])
