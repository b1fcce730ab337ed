"""Sums and one-hots in the forms for many rows: whole numbers, whose sums are exact in every order."""

import numpy as np
import pytest

from emd_ref._fast.operations import NUMPY

CLASSES = [1, 2, 32, 33, 37, 40, 64, 127, 1000]  # one product, chunks, and chunks with a rest


def many_rows(C: int) -> tuple[np.ndarray, np.ndarray]:
    """At least 4096 numbers, as float64 and as integers."""
    whole = np.random.default_rng(C).integers(-1000, 1000, (2, 4096 // C + 1, C))
    return whole.astype(np.float64), whole


@pytest.mark.parametrize("C", CLASSES)
def test_sums_up_to_each_class_and_from_it_on(C: int) -> None:
    x, whole = many_rows(C)
    np.testing.assert_array_equal(NUMPY.cumulative_sum(x), np.cumsum(whole, -1))
    np.testing.assert_array_equal(NUMPY.suffix_sum(x), np.cumsum(whole[..., ::-1], -1)[..., ::-1])
    np.testing.assert_array_equal(NUMPY.suffix_sum(x, 3.0), 3 * np.cumsum(whole[..., ::-1], -1)[..., ::-1])
    np.testing.assert_array_equal(x, whole)


@pytest.mark.parametrize("C", CLASSES)
def test_totals_and_inner_products(C: int) -> None:
    x, whole = many_rows(C)
    np.testing.assert_array_equal(NUMPY.total(x), whole.sum(-1))
    np.testing.assert_array_equal(NUMPY.inner(x, x[:, ::-1]), (whole * whole[:, ::-1]).sum(-1))


@pytest.mark.parametrize("C", CLASSES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 2500), (5000,)], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_hots_are_rows_of_the_identity_and_nan_for_labels_that_do_not_exist(
    C: int, shape: tuple[int, ...], dtype: type
) -> None:
    labels = np.random.default_rng(C).integers(0, C, shape)
    expected, like = np.eye(C, dtype=dtype)[labels], np.empty((*shape, C), dtype)
    np.testing.assert_array_equal(NUMPY.one_hot(labels, like, labels_checked=True), expected)
    wrong = np.resize([-1, C, -C - 1, 10**9], shape)
    some = np.arange(labels.size).reshape(shape) % 4 == 0
    labels[some], expected[some] = wrong[some], np.nan
    hot = NUMPY.one_hot(labels, like, labels_checked=False)
    assert hot.dtype == dtype
    np.testing.assert_array_equal(hot, expected)


@pytest.mark.parametrize("C", [10, 33, 100, 1000])
@pytest.mark.parametrize("numbers", [2000, 20_000])
def test_sums_from_each_class_on_are_a_new_array_in_order(C: int, numbers: int) -> None:
    x = np.ones((numbers // C, C))
    for times in (1.0, 2.0):
        sums = NUMPY.suffix_sum(x, times)
        assert sums.flags.c_contiguous
        assert sums.flags.owndata
