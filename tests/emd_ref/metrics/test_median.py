"""emd_ref.metrics.median_decode, on every backend: it minimises the expected absolute distance, exactly."""

from fractions import Fraction

import numpy as np
import pytest
from support import draw
from support.backends import CLASSES, Backend, skip_what_need_not_be_compiled

from emd_ref.metrics import median_decode


def expected_distances(p: np.ndarray, positions: list[int]) -> list[Fraction]:
    """The expected |x_j - x_k| of each label k, for j drawn from p."""
    mass = [Fraction(float(v)) for v in p]
    return [sum(m * abs(x - y) for m, x in zip(mass, positions, strict=True)) for y in positions]


@pytest.mark.parametrize("C", CLASSES)
def test_no_label_has_a_smaller_expected_distance(backend: Backend, C: int) -> None:
    skip_what_need_not_be_compiled(backend, C)
    p = np.concatenate(draw.pairs(C, backend.dtypes[-1]))
    got = backend(median_decode, p)
    uneven = [int(x) for x in np.cumsum(np.random.default_rng(C).integers(1, 9, C))]
    for row, k in zip(p, got, strict=True):
        for positions in (list(range(C)), uneven):
            distances = expected_distances(row, positions)
            # A row that sums to 1 up to 2 u has a median within this rounding of half of it.
            allowed = Fraction(float(np.finfo(p.dtype).eps)) * C * positions[-1]
            assert distances[k] <= min(distances) + allowed, (row, k)


@pytest.mark.parametrize(
    ("p", "label"),
    [
        ([0.5, 0.25, 0.25], 0),
        ([0.25, 0.25, 0.5], 1),  # classes 1 and 2 are medians: the first is returned
        ([0.5, 0.0, 0.0, 0.5], 0),
        ([0.0, 0.5, 0.0, 0.5], 1),
        ([0.4375, 0.125, 0.4375], 1),
        ([0.0, 0.0, 1.0], 2),
        ([1.0], 0),
    ],
)
def test_it_is_the_first_of_two_medians(backend: Backend, p: list[float], label: int) -> None:
    got = backend(median_decode, np.asarray(p, dtype=backend.dtypes[-1]))
    assert (got.shape, int(got)) == ((), label)


def test_half_of_the_mass_of_a_row_counts() -> None:
    tenths = np.full(10, 0.1)  # in float64 they sum to 1 - 2^-53, five of them to 1/2
    assert median_decode(tenths) == 4
    assert median_decode(tenths.astype(np.float32)) == 4
    short = np.asarray([0.5, 0.5 - 2.0**-20, 0.0])
    assert median_decode(short, mass_tolerance=1e-5) == 0
    assert median_decode(np.asarray([0.5 - 2.0**-22, 0.5 - 2.0**-20, 0.0]), mass_tolerance=1e-5) == 0


def test_labels_are_in_the_default_integer_type_of_the_library(backend: Backend) -> None:
    p = np.eye(3, dtype=backend.dtypes[0])[[2, 0, 1, 1]]
    got = backend(median_decode, p)
    np.testing.assert_array_equal(got, [2, 0, 1, 1])
    assert got.dtype == ("int32" if backend.wide == "float32" else "int64")


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_the_class_axis_may_be_anywhere(backend: Backend, axis: int) -> None:
    p = draw.pairs(4, backend.dtypes[-1])[0][:6]
    maps = np.ascontiguousarray(np.moveaxis(p.reshape(2, 3, 4), -1, axis))
    np.testing.assert_array_equal(backend(median_decode, maps, axis=axis), backend(median_decode, p).reshape(2, 3))


def test_logits_are_those_of_their_softmax(backend: Backend) -> None:
    z = np.asarray([[0.0, 1.0, -1.0], [-np.inf, 0.0, 5.0], [1e4, 0.0, 0.0]], dtype=backend.dtypes[-1])
    np.testing.assert_array_equal(backend(median_decode, z, from_logits=True), [1, 2, 0])


def test_no_samples_have_no_labels(backend: Backend) -> None:
    assert backend(median_decode, np.zeros((0, 3), backend.dtypes[-1])).shape == (0,)


def test_half_precision_is_widened() -> None:
    p = np.concatenate([np.full(1000, 2.0**-11), [1 - 1000 * 2.0**-11]]).astype(np.float16)
    assert median_decode(p[None])[0] == 1000  # P_999 is 0.488


@pytest.mark.parametrize(
    ("predicted", "options", "error", "words"),
    [
        (np.asarray([[0.5, 0.5], [1.0, 1.0]]), {}, ValueError, r"`predicted`\[1, :\] sums to 2.0"),
        (np.asarray([0.5, np.nan]), {}, ValueError, r"`predicted`\[1\] is nan: it must be finite"),
        (np.asarray([0.0, np.inf]), {"from_logits": True}, ValueError, r"`predicted`\[1\] is inf"),
        (np.asarray([1, 0]), {}, TypeError, "`predicted` has dtype int64"),
        ([0.5, 0.5], {}, TypeError, "`predicted` must be an array"),
        (np.ones(1), {"axis": 1}, ValueError, "`axis` is 1"),
        (np.ones(1), {"from_logits": 1}, TypeError, "`from_logits` is 1"),
        (np.ones(1), {"check": 0}, TypeError, "`check` is 0"),
    ],
)
def test_invalid_arguments_are_refused_in_words(predicted, options, error, words) -> None:
    with pytest.raises(error, match=words):
        median_decode(predicted, **options)


def test_unnormalised_masses_are_decoded_unchecked(backend: Backend) -> None:
    counts = np.asarray([[1.0, 5.0, 3.0], [8.0, 1.0, 1.0]], dtype=backend.dtypes[-1])
    np.testing.assert_array_equal(backend(median_decode, counts, check=False), [1, 0])


def test_dask_computes_nothing_before_it_is_asked() -> None:
    da = pytest.importorskip("dask.array")
    lazy = median_decode(da.from_array(np.asarray([[2.0, 0.0]]), chunks=1))
    assert (lazy.dtype, lazy.shape) == (np.int64, (1,))
    with pytest.raises(ValueError, match=r"sums to 2\.0"):
        lazy.compute(scheduler="sync")
