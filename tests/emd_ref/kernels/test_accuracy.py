"""The fused kernels are as accurate as the reference where the fast paths do not try them: many classes, float16."""

import numpy as np
import pytest
from support import draw, exact
from support.exact import Line
from support.judge import assert_each_expected, precision

import emd_ref


def assert_exact(fused, p: np.ndarray, t: np.ndarray, **options: bool) -> None:
    form, expect = precision(p.dtype.name), exact.squared_emd_of_logits if options else exact.squared_emd
    E, g = fused(p, t, **options)
    assert E.dtype == g.dtype == p.dtype
    assert (E.shape, g.shape) == (p.shape[:-1], p.shape)
    expected = [expect(a, b, Line(), form) for a, b in zip(p, t, strict=True)]
    assert_each_expected("fused squared_emd", E, g, expected, form)


@pytest.mark.parametrize(
    "C", [32, 1024, 1025, 1793, 4096, 5000]
)  # the last of a thread, of 4 classes each, of a team; chunks
def test_many_classes_are_within_the_scan_bound(fused, C: int) -> None:
    p, t = draw.pairs(C)
    some = [0, -8, -5, -1]  # soft, equal, nearly equal, with tiny entries
    assert_exact(fused, p[some], t[some])


@pytest.mark.costly
def test_logits_of_many_classes_are_within_their_bound(fused) -> None:
    z, t = draw.logits(1100, "float64")
    assert_exact(fused, z[5:6], t[5:6], from_logits=True)


@pytest.mark.parametrize("C", [5, 40, 1100])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_of_minus_infinity_are_within_their_bound(fused, C: int, dtype: str) -> None:
    z, t = draw.logits(C, dtype)
    z = np.where(np.arange(C) % 3 == 1, -np.inf, z[5:7]).astype(dtype)
    z[1, 1:] = -np.inf
    assert_exact(fused, z, t[5:7], from_logits=True)


@pytest.mark.parametrize("C", [3, 33])
def test_float16_is_within_the_scan_bound(fused, C: int) -> None:
    assert_exact(fused, *draw.pairs(C, "float16"))


def test_a_value_beyond_float16_is_infinite(fused) -> None:
    p, t = np.zeros((2, 1, 70_000), dtype=np.float16)
    p[0, 0] = t[0, -1] = 1
    assert np.isinf(fused(p, t)[0]).all()


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
    for C in (10, 40, 1100, 5000):
        p, t = draw.pairs(C)
        first = fused(p, t, from_logits=True)
        for _ in range(3):
            for a, b in zip(fused(p, t, from_logits=True), first, strict=True):
                assert a.tobytes() == b.tobytes()
