"""Logits of -inf: classes of probability exactly 0, on every backend (specification, 5.5, 6.1 and 8.2)."""

import math
from typing import Any

import numpy as np
import pytest
from support import draw, exact
from support.backends import Backend
from support.grounds import NAMES, ground_pair
from support.judge import assert_each_expected, assert_same, assert_within, precision

import emd_ref

C = 5
INF = math.inf


def masked(dtype: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits with -inf in some classes, soft targets with mass there, and labels, two of them masked."""
    z = np.random.default_rng(C).uniform(-4, 4, (5, C)).astype(dtype)
    z[0, 1], z[1, [0, 4]], z[2, 1:], z[3, [0, 1, 2, 4]] = -INF, -INF, -INF, -INF
    z[4] = [1e4, -INF, -1e4, 9999, -INF]
    return z, np.stack([draw.on_grid(t, dtype) for t in np.eye(5) + 0.25]), np.asarray([1, 3, 0, 0, 3])


@pytest.mark.parametrize("name", NAMES)
def test_the_squared_emd_and_its_gradient_are_within_their_bounds(backend: Backend, name: str) -> None:
    dtype = backend.dtypes[-1]
    (z, t, _), form, ground = masked(dtype), precision(dtype, backend), ground_pair(name, C)
    both = backend(emd_ref.squared_emd_value_and_grad, z, t, ground=ground.ours, from_logits=True)
    expected = [exact.squared_emd_of_logits(*row, ground.oracle, form) for row in zip(z, t, strict=True)]
    assert_each_expected("squared_emd from_logits", *both, expected, form)
    np.testing.assert_array_equal(both[1][z == -INF], 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_the_emd_is_that_of_the_other_classes(backend: Backend, name: str) -> None:
    dtype = backend.dtypes[-1]
    z, t, _ = masked(dtype)
    ground = ground_pair(name, C).ours
    EMD, g = backend(emd_ref.emd_value_and_grad, z, t, ground=ground, from_logits=True)
    far = np.where(z == -INF, np.asarray(-2e4, dtype), z)  # e^-20000 is 0 in every dtype
    assert_same(backend, EMD, backend(emd_ref.emd, far, t, ground=ground, from_logits=True))
    np.testing.assert_array_equal(g[z == -INF], 0.0)
    assert np.isfinite(g).all()


def test_the_cross_entropy_is_infinite_only_where_the_target_has_mass(backend: Backend) -> None:
    dtype = backend.dtypes[-1]
    (z, _, k), form = masked(dtype), precision(dtype, backend)
    options = {"ground": ground_pair("tree", C).ours, "from_logits": True}
    XE = backend(emd_ref.cross_entropy, z, k, from_logits=True)
    one_hot = np.eye(C, dtype=dtype)[k]
    assert_same(backend, XE, backend(emd_ref.cross_entropy, z, one_hot, from_logits=True))
    L, g = backend(emd_ref.xemd_value_and_grad, z, k, **options)
    for i, is_infinite in enumerate(z[np.arange(5), k] == -INF):
        if is_infinite:
            assert XE[i] == L[i] == INF
            continue
        row = exact.cross_entropy_of_logits(z[i], k[i], form)
        assert_within("cross_entropy from_logits", [XE[i]], [row.value], [row.value_bound], form)
        assert np.isfinite(L[i])
        np.testing.assert_array_equal(g[i][z[i] == -INF], 0.0)
    assert np.isfinite(g).all()


def test_softmax_gives_probabilities_of_zero(backend: Backend) -> None:
    z = masked(backend.dtypes[-1])[0]
    p = backend(emd_ref.softmax, z)
    np.testing.assert_array_equal(p == 0, (z == -INF) | (z == -1e4))
    np.testing.assert_array_equal(p[2], [1, 0, 0, 0, 0])


@pytest.mark.parametrize("rows", [3, 30_000])  # NumPy computes many rows in blocks
def test_the_logarithm_of_a_one_hot_is_a_certain_prediction(rows: int) -> None:
    k = np.arange(rows) % C
    with np.errstate(divide="ignore"):
        z = np.log(np.eye(C)[k])
    for target, distance in ((k, 0.0), (np.eye(C)[k], 0.0), (k // 2, k - k // 2)):
        value, g = emd_ref.squared_emd_value_and_grad(z, target, from_logits=True)
        np.testing.assert_array_equal(value, distance)
        np.testing.assert_array_equal(g, 0.0)


INVALID = [
    ([[0.0, -INF, 1.0], [0.0, INF, -INF]], "`predicted`[1, 1] is inf: a logit must be a finite number, or -inf"),
    ([[0.0, -INF, 1.0], [0.0, math.nan, -INF]], "`predicted`[1, 1] is nan: a logit must be a finite number, or -inf"),
    ([[0.0, -INF, 1.0], [-INF] * 3], "`predicted`[1, :] is -inf for every class: at least one logit of a sample"),
]


@pytest.mark.parametrize(("rows", "message"), INVALID)
def test_invalid_logits_are_refused_with_their_place(backend: Backend, rows: Any, message: str) -> None:
    if not backend.checks_values:
        pytest.skip("a compiler hides the values")
    z, k = np.asarray(rows, dtype=backend.dtypes[-1]), np.asarray([0, 1])
    for function, axis in ((emd_ref.squared_emd, -1), (emd_ref.cross_entropy, -1), (emd_ref.emd, 0)):
        with pytest.raises(ValueError, match=r"a logit must be a finite number|at least one logit") as caught:
            backend(function, z if axis else np.ascontiguousarray(z.T), k, from_logits=True, axis=axis)
        if axis and backend.name != "dask":  # dask checks inside a block, whose places are its own
            assert message in str(caught.value)
    if "every class" in message and backend.name != "dask":
        assert "`predicted`[:, 1] is -inf" in str(caught.value)


@pytest.mark.parametrize("rows", [row for row, _ in INVALID])
def test_invalid_logits_that_nobody_checks_give_nan(backend: Backend, rows: Any) -> None:
    z = np.asarray(rows, dtype=backend.dtypes[-1])
    E = backend(emd_ref.squared_emd, z, np.asarray([0, 1]), from_logits=True, check=False)
    assert np.isfinite(E[0])
    assert np.isnan(E[1])
