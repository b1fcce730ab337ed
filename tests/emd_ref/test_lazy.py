"""dask stays lazy, JAX may hide its values, and nothing is computed or fetched before it is asked for."""

import dask
import dask.array as da
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from support import draw
from support.grounds import NAMES, ground_pair

import emd_ref
from emd_ref import ClassCentroids, GroundDistance

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


@pytest.mark.parametrize("transform", [jax.jit, jax.vmap])
def test_values_that_jax_hides_are_not_checked_and_impossible_labels_give_nan(transform) -> None:
    p = jnp.asarray([[0.5, 0.5], [0.9, 0.9]])
    assert np.isfinite(transform(emd_ref.squared_emd)(p, p)).all()
    got = transform(emd_ref.squared_emd)(p[:1], jnp.asarray([2]))
    assert np.isnan(got).all()
    with pytest.raises(ValueError, match="`predicted` has no classes"):
        transform(lambda p, k: emd_ref.squared_emd(p, k))(jnp.zeros((1, 0)), jnp.asarray([0]))


def test_a_linear_programme_with_a_hidden_impossible_label_gives_nan() -> None:
    ground = GroundDistance(1.0 - np.eye(3))
    one_hot = jnp.asarray([[1.0, 0.0, 0.0], [jnp.nan, 0.0, 0.0]])
    got = jax.jit(lambda p, t: emd_ref.emd(p, t, ground=ground))(jnp.ones((2, 3)) / 3, one_hot)
    assert np.isnan(got).tolist() == [False, True]


def test_grounds_are_static_under_jit() -> None:
    compiled = jax.jit(emd_ref.squared_emd, static_argnames=("ground", "axis"))
    p, k = jnp.asarray([[0.5, 0.5]]), jnp.asarray([0])
    for ground in (emd_ref.Ordered(), emd_ref.Ordered([0, 2]), emd_ref.Circular(), emd_ref.Tree([2, 2, -1])):
        np.testing.assert_allclose(compiled(p, k, ground=ground), emd_ref.squared_emd(p, k, ground=ground), rtol=1e-6)
