"""Sums and one-hots in the forms for many rows: whole numbers, whose sums are exact in every order."""

import numpy as np
import pytest

from emd_ref import _sums

CLASSES = [1, 2, 32, 33, 37, 40, 64, 127, 1000]  # one product, chunks, and chunks with a rest


def many_rows(C: int) -> tuple[np.ndarray, np.ndarray]:
    """At least 4096 numbers, as float64 and as integers."""
    whole = np.random.default_rng(C).integers(-1000, 1000, (2, 4096 // C + 1, C))
    return whole.astype(np.float64), whole


@pytest.mark.parametrize("C", CLASSES)
def test_sums_up_to_each_class_and_from_it_on(C: int) -> None:
    x, whole = many_rows(C)
    np.testing.assert_array_equal(_sums.cumulative_sum(np, x), np.cumsum(whole, -1))
    np.testing.assert_array_equal(_sums.suffix_sum(np, x), np.cumsum(whole[..., ::-1], -1)[..., ::-1])
    np.testing.assert_array_equal(_sums.suffix_sum(np, x, 3.0), 3 * np.cumsum(whole[..., ::-1], -1)[..., ::-1])
    np.testing.assert_array_equal(x, whole)


@pytest.mark.parametrize("C", CLASSES)
def test_totals_and_inner_products(C: int) -> None:
    x, whole = many_rows(C)
    np.testing.assert_array_equal(_sums.total(np, x), whole.sum(-1))
    np.testing.assert_array_equal(_sums.inner(np, x, x[:, ::-1]), (whole * whole[:, ::-1]).sum(-1))


@pytest.mark.parametrize("C", CLASSES)
def test_one_hots_are_rows_of_the_identity_and_nan_for_labels_that_do_not_exist(C: int) -> None:
    x, _ = many_rows(C)
    labels = np.random.default_rng(C).integers(0, C, len(x[0]))
    expected = np.eye(C)[labels]
    labels[:4], expected[:4] = [-1, C, -C - 1, 10**9], np.nan
    np.testing.assert_array_equal(_sums.one_hot(np, labels, x[0], exist=False), expected)
