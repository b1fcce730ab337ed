"""Accuracy across libraries and sizes (specification, section 7)."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from support import draw, exact
from support.backends import BACKENDS, Backend, running
from support.exact import BFLOAT16, FLOAT16, Line, Precision
from support.judge import assert_expected, assert_within, precision

from emd_ref import squared_emd, squared_emd_grad, squared_emd_value_and_grad


def of_names(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("backend", [b for b in BACKENDS if b.name in names], ids=str)


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
def exact_values(C: int) -> list[Fraction]:
    return [exact.squared_emd_value(p, t) for p, t in zip(*large(C, "float32"), strict=True)]


@pytest.mark.parametrize("C", [10**3, 10**5, 10**6])
@of_names("numpy", "numpy-standard", "torch", "torch-standard", "dask")
def test_float32_values_are_right_to_half_an_eps(backend: Backend, C: int) -> None:
    with running(backend):
        E = backend(squared_emd, *large(C, "float32"))
    eps = Fraction(1, 2**23)
    for value, exactly in zip(E, exact_values(C), strict=True):
        assert abs(Fraction(float(value)) - exactly) <= Fraction(51, 100) * eps * exactly


SOME = np.linspace(0, 10**5 - 1, 500).astype(int)


@cache
def expected(dtype: str, form: Precision) -> list[exact.Expected]:
    """What is expected of each pair of `large(10**5)`, with the entries SOME of its gradient."""
    rows = [exact.squared_emd(p, t, Line(), form) for p, t in zip(*large(10**5, dtype), strict=True)]
    return [
        row._replace(gradient=[row.gradient[j] for j in SOME], gradient_bounds=[row.gradient_bounds[j] for j in SOME])
        for row in rows
    ]


@pytest.mark.costly
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@of_names("numpy", "numpy-standard", "torch", "torch-standard", "jax", "dask")
def test_many_classes_are_within_the_scan_bound(backend: Backend, dtype: str) -> None:
    with running(backend):
        E, g = backend(squared_emd_value_and_grad, *large(10**5, dtype))
    form = precision(dtype, backend)
    for value, gradient, row in zip(E, g, expected(dtype, form), strict=True):
        assert_expected("squared_emd, C = 1e5", value, gradient[SOME], row, form)


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


@of_names("array-api-strict", "numpy-standard", "torch", "torch-standard", "jax", "dask", "cupy")
def test_float32_results_are_the_same_bits_in_every_library(backend: Backend) -> None:
    """10 000 random cases: float64 sums in another order differ by less than float32 can show.

    The exception is g_C = 2 D_C, which holds nothing but the rounding of the masses. NumPy sums large batches by
    products, the standard from left to right, and JAX 100 classes as a tree, so that some 60 to 70 of the 10 000
    entries g_C, all of 100 classes, differ in their last bits. No other entry differs. In PyTorch and dask NumPy
    computes, and no entry differs but in the first row of a batch: dask has it in a chunk of its own, and sums so few
    numbers from left to right.
    """
    values = rounding = 0
    for p, t in random_cases():
        E, g = squared_emd_value_and_grad(p, t, mass_tolerance=1e-5)
        with running(backend):
            theirs, their_g = backend(squared_emd_value_and_grad, p, t, mass_tolerance=1e-5)
        np.testing.assert_array_equal(theirs, E)
        np.testing.assert_array_equal(their_g[:, :-1], g[:, :-1])
        np.testing.assert_array_max_ulp(their_g[:, -1], g[:, -1], maxulp=64)
        alone = 1 if backend.module == "dask" else 0
        rounding += int(np.sum(their_g[alone:, -1] != g[alone:, -1]))
        values += len(E)
    assert values == 10_000
    assert rounding <= (0 if backend.name in {"dask", "torch"} else 100)


@pytest.mark.parametrize(("name", "form"), [("float16", FLOAT16), ("bfloat16", BFLOAT16)])
@pytest.mark.parametrize("C", [2, 10, 100])
@of_names("torch", "torch-standard")
def test_half_precisions_of_torch_are_widened(backend: Backend, name: str, form: Precision, C: int) -> None:
    import torch

    rng = np.random.default_rng(C)
    p, t = (torch.tensor(rng.dirichlet(np.ones(C), 20)).to(getattr(torch, name)) for _ in range(2))
    with running(backend):
        E, g = squared_emd_value_and_grad(p, t, mass_tolerance=0.1)
    assert E.dtype == g.dtype == p.dtype
    twice = Fraction(form.output_unit * 2.0**-10)  # torch rounds float64 to half precision by way of float32
    for i, (a, b) in enumerate(zip(p.double().numpy(), t.double().numpy(), strict=True)):
        row = exact.squared_emd(a, b, Line(), form)
        assert_within(f"squared_emd {name}", [float(E[i])], [row.value], [row.value_bound + twice * row.value], form)
        slack = [bound + twice * abs(x) for bound, x in zip(row.gradient_bounds, row.gradient, strict=True)]
        assert_within(f"squared_emd_grad {name}", g[i].double().numpy(), row.gradient, slack, form)


@of_names("torch", "torch-standard")
def test_float16_overflows_to_infinity_where_the_value_is_out_of_range(backend: Backend) -> None:
    import torch

    p, t = torch.zeros(1, 10**5, dtype=torch.float16), torch.zeros(1, 10**5, dtype=torch.float16)
    p[0, 0], t[0, -1] = 1, 1
    with running(backend):
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
    """Cumulative sums of p less those of the label would lose 8 digits here; those of the difference lose none."""
    p = np.asarray([1 - 2.0**-30, 2.0**-30])
    assert squared_emd(p, 0) == 2.0**-60
    np.testing.assert_array_equal(squared_emd_grad(p, 0), [-(2.0**-29), 0])
