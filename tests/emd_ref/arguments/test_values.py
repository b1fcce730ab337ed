"""The validation of values (specification, 8.2 to 8.5): each error with its place, on every backend."""

import re
from typing import Any

import numpy as np
import pytest
from support.backends import BACKENDS, Backend, running

import emd_ref
from emd_ref import GroundDistance, Ordered, emd, emd_grad, squared_emd, squared_emd_grad, xemd
from emd_ref._arguments.values import default_mass_tolerance

P = np.asarray([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
LABELS = np.asarray([0, 2])


def changed(x: np.ndarray, index: Any, value: float) -> np.ndarray:
    x = x.copy()
    x[index] = value
    return x


def message_of(backend: Backend, *arrays: Any, **options: Any) -> str:
    """The message of the error that the call raises, at the latest when its result is read."""
    with pytest.raises((TypeError, ValueError)) as caught:
        backend(squared_emd, *arrays, **options)
    return str(caught.value)


VALUES = [
    ((changed(P, (1, 0), -0.5), LABELS), "`predicted`[1, 0] is -0.5: probabilities must not be negative"),
    ((changed(P, (1, 2), np.nan), LABELS), "`predicted`[1, 2] is nan: it must be finite"),
    ((changed(P, (0, 1), np.inf), LABELS), "`predicted`[0, 1] is inf: it must be finite"),
    ((changed(P, (1, 1), 0.5), LABELS), "`predicted`[1, :] sums to 0.5: it must sum to 1 within"),
    ((2 * P, LABELS), "pass from_logits=True if these are scores"),
    ((P, changed(P, (1, 0), -0.5)), "`target`[1, 0] is -0.5: probabilities must not be negative"),
    ((P, changed(P, (0, 1), np.nan)), "`target`[0, 1] is nan: it must be finite"),
    ((P, changed(P, (1, 1), 2.0)), "`target`[1, :] sums to 2.0: it must sum to 1 within"),
    ((P, np.asarray([0, 3])), "`target`[1] is 3: it must be a label from 0 to 2, for 3 classes"),
    ((P, np.asarray([-1, 0])), "`target`[0] is -1: it must be a label from 0 to 2"),
]


@pytest.mark.parametrize(("arrays", "message"), VALUES)
def test_values_are_refused_with_their_place(backend: Backend, arrays: tuple, message: str) -> None:
    if not backend.checks_values:
        pytest.skip("a compiler hides the values")
    arrays = tuple(x.astype(backend.dtypes[-1]) if x.dtype.kind == "f" else x for x in arrays)
    got = message_of(backend, *arrays)
    if backend.name == "dask" and message.startswith("`"):  # checked inside a block, whose places are its own
        got, message = (re.sub(r"\[[^]]*\]", "[]", text) for text in (got, message))
    assert message in got


@pytest.mark.parametrize("name", ["numpy", "numpy-standard", "array-api-strict", "jax", "dask"])
def test_a_label_beyond_int64_is_reported_as_it_is(name: str) -> None:
    labels = np.asarray([1, 2**63 + 5], dtype=np.uint64)
    with running(next(b for b in BACKENDS if b.name == name)) as backend:
        for function in (squared_emd, xemd):
            with pytest.raises(ValueError, match="is 9223372036854775813: it must be a label"):
                backend(function, P, labels, ground=Ordered())
            with pytest.raises(ValueError, match="is 9223372036854775813: it must be a label"):
                backend(function, P[0], labels[1], ground=Ordered())


def test_the_place_is_that_of_the_callers_axes() -> None:
    bad = changed(P.T, (0, 1), -0.5)
    with pytest.raises(ValueError, match=re.escape("`predicted`[0, 1] is -0.5")):
        squared_emd(bad, LABELS, axis=0)
    with pytest.raises(ValueError, match=re.escape("`predicted`[:, 1] sums to 2.0")):
        squared_emd(changed(P.T, (1, 1), 2.0), LABELS, axis=0)


def test_float32_rounding_in_float64_is_told_apart_from_a_wrong_sum() -> None:
    p = np.asarray([[1 / 3, 1 / 3, 1 / 3]], dtype=np.float32)
    assert squared_emd(p, np.asarray([1])).dtype == np.float32
    with pytest.raises(ValueError, match=r"The excess is of the size of float32 rounding: .* pass mass_tolerance="):
        squared_emd(p.astype(np.float64), np.asarray([1]))
    assert squared_emd(p.astype(np.float64), np.asarray([1]), mass_tolerance=1e-6).shape == (1,)


@pytest.mark.parametrize(("dtype", "u"), [("float64", 2.0**-53), ("float32", 2.0**-24), ("float16", 2.0**-11)])
@pytest.mark.parametrize("C", [1, 2, 10, 1000])
def test_the_mass_tolerance_is_that_of_clause_8_2(dtype: str, u: float, C: int) -> None:
    assert default_mass_tolerance(np, np.dtype(dtype), C) == 4 * u + 8 * C**0.5 * min(u, 2.0**-24)


@pytest.mark.parametrize("mass_tolerance", [-1.0, float("nan"), "1e-6"])
def test_the_mass_tolerance_must_be_a_number(mass_tolerance: Any) -> None:
    with pytest.raises(ValueError, match="`mass_tolerance` is"):
        squared_emd(P, LABELS, mass_tolerance=mass_tolerance)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("C", [2, 10, 1000, 10**5])
def test_a_softmax_in_its_own_precision_passes_the_mass_check(dtype: str, C: int, rng: np.random.Generator) -> None:
    z = rng.normal(0, 3, (4, C)).astype(dtype)
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    p = (p / p.sum(axis=-1, keepdims=True, dtype=np.float32 if dtype == "float16" else dtype)).astype(dtype)
    if dtype == "float16" and C > 1000:
        pytest.skip("float16 probabilities of 1e5 classes are subnormal")
    assert squared_emd(p, np.zeros(4, dtype=int)).shape == (4,)


def test_unchecked_labels_that_do_not_exist_give_nan(backend: Backend) -> None:
    p = P.astype(backend.dtypes[-1])
    labels = np.asarray([0, 7])
    matrix = GroundDistance(1.0 - np.eye(3))
    for ground in (Ordered(), Ordered([0, 1, 3]), emd_ref.Circular(), emd_ref.Tree([3, 3, 3, -1]), matrix):
        for function in (squared_emd, squared_emd_grad, emd, emd_grad, xemd):
            result = backend(function, p, labels, ground=ground, check=False)
            assert not np.isnan(result[0]).any(), (ground, function)
            assert np.isnan(result[1]).all(), (ground, function)
    for label in (-1, 3, 200):
        for times in (1, 1000):  # many rows are read in another way
            E = backend(squared_emd, np.tile(p, (times, 1)), np.asarray([label, 0] * times), check=False)
            assert np.isnan(E).tolist() == [True, False] * times


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("labels", [False, True])
def test_a_narrow_mass_tolerance_holds_for_small_arrays_too(dtype: str, labels: bool) -> None:
    p = np.asarray([[0.5, 0.5 + 2 * np.finfo(dtype).eps]], dtype=dtype)
    target = np.asarray([1]) if labels else np.asarray([[0.5, 0.5]], dtype=dtype)
    assert squared_emd(p, target).shape == (1,)
    with pytest.raises(ValueError, match=r"`predicted`\[0, :\] sums to 1\.0000"):
        squared_emd(p, target, mass_tolerance=0.0)
