"""dask arrays: nothing is computed before it is asked for, and blocks give the results of the whole."""

from types import SimpleNamespace
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
from support import draw
from support.grounds import NAMES, ground_pair

import emd_ref
from emd_ref import ClassCentroids, GroundDistance, _lazy

FUNCTIONS = ["squared_emd", "squared_emd_grad", "squared_emd_value_and_grad", "emd", "emd_grad", "emd_value_and_grad"]


def forbidden(dsk, keys, **kwargs):
    raise AssertionError("dask computed something before it was asked to")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("function", [*FUNCTIONS, "xemd", "xemd_grad", "xemd_value_and_grad"])
def test_nothing_is_computed_early(function: str, name: str) -> None:
    p, t = draw.pairs(6)
    labels = np.arange(len(p)) % 6
    arrays = da.from_array(p, chunks=(5, 2)), da.from_array(t, chunks=(7, 4))
    options = {"ground": ground_pair(name, 6).ours}
    if "xemd" in function:
        arrays, t = (arrays[0], da.from_array(labels, chunks=7)), labels
    with dask.config.set(scheduler=forbidden):
        lazy = getattr(emd_ref, function)(*arrays, **options)
    eager = getattr(emd_ref, function)(p, t, **options)
    for a, b in zip(*(x if isinstance(x, tuple) else (x,) for x in (lazy, eager)), strict=True):
        assert isinstance(a, da.Array)
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        # the order in which a product with a matrix is summed may depend on the number of rows
        np.testing.assert_allclose(a.compute(scheduler="sync"), b, rtol=1e-12, atol=1e-14)


def test_the_test_for_laziness_can_fail() -> None:
    with dask.config.set(scheduler=forbidden), pytest.raises(AssertionError, match="before it was asked"):
        da.ones(3).compute()


def test_value_and_gradient_share_their_work() -> None:
    p = da.from_array(draw.pairs(6)[0], chunks=(4, 6))
    value, gradient = emd_ref.squared_emd_value_and_grad(p, p)
    blocks = [key for key in dict(value.__dask_graph__()) if str(key).startswith("('block")]
    both = set(dict(value.__dask_graph__())) | set(dict(gradient.__dask_graph__()))
    assert blocks
    assert len([key for key in both if str(key).startswith("('block")]) == len(blocks)


def test_errors_in_values_come_at_compute_and_errors_in_shapes_at_once() -> None:
    p = da.from_array(np.full((4, 3), 0.5), chunks=(2, 3))
    lazy = emd_ref.squared_emd(p, p)
    with pytest.raises(ValueError, match=r"`predicted`\[0, :\] sums to 1.5"):
        lazy.compute(scheduler="sync")
    with pytest.raises(ValueError, match="it must hold integer labels of shape"):
        emd_ref.squared_emd(p, p[:2])


def test_unknown_chunk_sizes_are_refused() -> None:
    p = da.from_array(np.eye(4), chunks=2)
    unknown = p[p.sum(axis=1) > 0]
    with pytest.raises(ValueError, match=r"`predicted` has chunks of unknown size: call its compute_chunk_sizes"):
        emd_ref.squared_emd(unknown, p)
    with pytest.raises(ValueError, match="`target` has chunks of unknown size"):
        emd_ref.squared_emd(p, unknown)
    labels = da.arange(4, chunks=2)
    with pytest.raises(ValueError, match="`target` has chunks of unknown size"):
        emd_ref.squared_emd(p, labels[labels >= 0])


def test_what_blocks_may_not_hold_is_refused_at_once() -> None:
    p, hidden = np.eye(3, dtype="float16"), da.from_array(np.ma.masked_array(np.eye(3, dtype="float16")))
    for arguments, name in (((hidden, da.from_array(p)), "predicted"), ((da.from_array(p), hidden), "target")):
        with pytest.raises(TypeError, match=f"`{name}` must be .* got Array of dask with blocks of MaskedArray"):
            emd_ref.squared_emd(*arguments)


def test_a_dask_matrix_may_be_the_ground_distance() -> None:
    p, t = draw.pairs(6)
    matrix = draw.metric_matrix(6)
    ground = GroundDistance(da.from_array(matrix, chunks=4))
    with dask.config.set(scheduler=forbidden):
        lazy = emd_ref.squared_emd(da.from_array(p, chunks=5), da.from_array(t, chunks=5), ground=ground)
    expected = emd_ref.squared_emd(p, t, ground=GroundDistance(matrix))
    np.testing.assert_array_equal(lazy.compute(scheduler="sync"), expected)


def test_centroids_of_dask_arrays_stay_lazy() -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.random((40, 3)), np.arange(40) % 4
    with dask.config.set(scheduler=forbidden):
        lazy = ClassCentroids(4).update(da.from_array(features, chunks=7), da.from_array(labels, chunks=11))
    eager = ClassCentroids(4).update(features, labels)
    np.testing.assert_array_equal(lazy.ground_distance().distances, eager.ground_distance().distances)


def test_a_dask_without_meta_arrays_computes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """`_meta` of a dask array is private: without it, the blocks are taken for NumPy's."""
    meta = _lazy._meta

    def without(predicted: Any, ndim: int, dtype: Any) -> Any:
        empty = meta(SimpleNamespace(), ndim, dtype)
        assert (empty.dtype, empty.ndim) == (predicted.dtype, ndim)
        return empty

    monkeypatch.setattr(_lazy, "_meta", without)
    for dtype in ("float32", "float64"):
        p, t = draw.pairs(6, dtype)
        lazy = da.from_array(p, chunks=(5, 2)), da.from_array(t, chunks=(7, 4))
        for x, y in ((lazy, (p, t)), ((lazy[0][0], lazy[1][0]), (p[0], t[0]))):
            for got, right in zip(
                emd_ref.squared_emd_value_and_grad(*x), emd_ref.squared_emd_value_and_grad(*y), strict=True
            ):
                np.testing.assert_array_equal(got.compute(scheduler="sync"), right)


@pytest.mark.parametrize("name", ["softmax", "simplex_gradient", "normalised_gradient", "logits_gradient"])
@pytest.mark.parametrize(("shape", "axis"), [((7, 4), -1), ((4, 7), 0), ((0, 4), -1)])
def test_softmax_and_conventions_of_gradients_stay_lazy(name: str, shape: tuple[int, int], axis: int, rng) -> None:
    arrays = [rng.normal(size=shape), rng.random(shape)][: 1 if name in ("softmax", "simplex_gradient") else 2]
    lazy = [da.from_array(x, chunks=chunks) for x, chunks in zip(arrays, ((3, 2), (2, 3)), strict=False)]
    with dask.config.set(scheduler=forbidden):
        result = getattr(emd_ref, name)(*lazy, axis=axis)
    assert result.shape == shape
    with np.errstate(all="raise"):
        computed = result.compute(scheduler="sync")
    np.testing.assert_array_equal(computed, getattr(emd_ref, name)(*arrays, axis=axis))


def test_logits_in_blocks_are_checked_when_they_are_computed() -> None:
    lazy = emd_ref.softmax(da.from_array(np.asarray([[0.0, np.nan]]), chunks=1))
    with pytest.raises(ValueError, match=r"`logits`\[0, 1\] is nan"):
        lazy.compute(scheduler="sync")
