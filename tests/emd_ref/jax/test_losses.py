"""emd_ref.jax: the values of the trainable losses, reductions, weights, ignored samples, axes, dtypes, errors."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from support import draw, xla
from support.grounds import NAMES, ground_pair
from support.jax_losses import LOOSE, LOSSES, C, N, batch, every_loss, expected

import emd_ref
from emd_ref import GroundDistance, Ordered
from emd_ref.jax import squared_emd_loss, xemd_loss


@pytest.mark.parametrize("name", NAMES)
@every_loss
def test_value_and_gradient_are_those_of_the_reference(loss, name: str) -> None:
    ground = ground_pair(name, C).ours
    for soft in (False, True):
        if soft and loss is LOSSES[2]:
            continue
        z, target = batch(soft)
        value, gradient = jax.value_and_grad(partial(loss, ground=ground))(jnp.asarray(z), jnp.asarray(target))
        values, gradients = expected(loss, z, target, ground)
        scale = 1 + float(ground.matrix(C).max())
        np.testing.assert_allclose(float(value), values.mean(), rtol=0, atol=LOOSE * scale)
        np.testing.assert_allclose(np.asarray(gradient), gradients / N, rtol=0, atol=LOOSE * scale)


def test_classes_may_lie_along_any_axis() -> None:
    z, labels = map(jnp.asarray, batch())
    maps, of_maps = jnp.zeros((2, C, 3)), jnp.zeros((2, 3), dtype=int)
    for loss in LOSSES:
        ahead, last = (partial(loss, ground=Ordered(), axis=axis) for axis in (0, -1))
        value, gradient = jax.value_and_grad(ahead)(z.T, labels)
        alike, same = jax.value_and_grad(last)(z, labels)
        assert float(value) == float(alike)
        assert np.array_equal(np.asarray(gradient), np.asarray(same).T)
        each = partial(loss, ground=Ordered(), axis=1, reduction="none")
        assert jax.eval_shape(each, maps, of_maps).shape == (2, 3)


def test_reductions_and_weights() -> None:
    """A mean with weights is divided by their sum."""
    z, labels = map(jnp.asarray, batch())
    each = np.asarray(squared_emd_loss(z, labels, reduction="none"))
    weight = np.arange(N) / 4
    options = {"sample_weight": jnp.asarray(weight)}
    np.testing.assert_allclose(squared_emd_loss(z, labels), each.mean(), rtol=1e-15)
    np.testing.assert_allclose(squared_emd_loss(z, labels, reduction="sum"), each.sum(), rtol=1e-15)
    assert np.array_equal(squared_emd_loss(z, labels, reduction="none", **options), each * weight)
    np.testing.assert_allclose(squared_emd_loss(z, labels, **options), weight @ each / weight.sum(), rtol=1e-15)
    learnt = jax.grad(lambda w: squared_emd_loss(z, labels, reduction="sum", sample_weight=w))(options["sample_weight"])
    np.testing.assert_allclose(learnt, each, rtol=1e-15)


@pytest.mark.parametrize("garbage", [0.0, np.nan, np.inf])
def test_ignored_samples_do_not_count_whatever_they_hold(garbage: float) -> None:
    z, labels = map(jnp.asarray, batch())
    kept = np.arange(N) % 3 != 1
    ignoring = jnp.where(kept, labels, -100)
    p = np.where(kept[:, None], emd_ref.softmax(np.asarray(z)), garbage)
    for loss in LOSSES:
        value, gradient = jax.value_and_grad(partial(loss, ground=Ordered(), from_logits=False))(p, ignoring)
        alone, _ = expected(loss, np.asarray(z)[kept], np.asarray(labels)[kept], Ordered())
        np.testing.assert_allclose(float(value), alone.mean(), rtol=0, atol=LOOSE * C)
        assert np.array_equal((np.asarray(gradient) == 0).all(axis=-1), ~kept)
        assert np.isfinite(np.asarray(gradient)).all()
    each = squared_emd_loss(p, ignoring, from_logits=False, reduction="none")
    assert np.array_equal(np.asarray(each) == 0, ~kept)


def test_a_label_is_ignored_only_if_it_is_the_ignored_one() -> None:
    """-100 is no number of 8 unsigned bits: 156, which has its bits, is a label like any other."""
    z, labels = np.zeros((2, 200)), np.asarray([156, 0], dtype=np.uint8)
    for ignored, count in ((-100, 0), (156, 1)):
        each = jax.jit(partial(squared_emd_loss, reduction="none", ignore_index=ignored))(z, labels)
        assert [float(value) == 0 for value in each] == [count == 1, False]


@every_loss
def test_a_label_outside_the_classes_is_an_error_or_gives_nan_under_jit(loss) -> None:
    z, labels = map(jnp.asarray, batch())
    wrong = labels.at[2].set(C)
    with pytest.raises(ValueError, match=r"`target`\[2\] is 5: it must be a label from 0 to 4"):
        jax.grad(partial(loss, ground=Ordered()))(z, wrong)
    hidden = jax.jit(partial(loss, ground=Ordered(), reduction="none"))(z, wrong)
    assert np.array_equal(np.isnan(hidden), np.arange(N) == 2)


@pytest.mark.parametrize(("dtype", "bits"), [("bfloat16", 32), ("float16", 64), ("float32", 32), ("float32", 64)])
def test_extreme_logits_and_perfect_predictions_are_finite_in_every_dtype(dtype: str, bits: int) -> None:
    with xla.enable_x64(bits == 64):
        labels, one_hot = np.arange(C), np.eye(C)

        @jax.jit
        def all_losses(z: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
            return [jax.value_and_grad(partial(loss, ground=Ordered()))(z, labels) for loss in LOSSES]

        for z in (1e4 * one_hot, -1e4 * one_hot):
            for value, gradient in all_losses(jnp.asarray(z, dtype=dtype)):
                assert value.dtype == gradient.dtype == dtype
                assert np.isfinite(value)
                assert np.isfinite(np.asarray(gradient)).all()
        # perfect predictions: their softmax is exactly one-hot, and the penalty is lambda mu
        perfect = all_losses(jnp.asarray(1e4 * one_hot, dtype=dtype))
        wanted = (0, 0, jnp.asarray(0.3 * -0.25, dtype=dtype), 0)
        for (value, gradient), exactly in zip(perfect, wanted, strict=True):
            assert float(value) == float(exactly)
            assert (np.asarray(gradient) == 0).all()


def test_32_bit_mode_differs_by_the_rounding_of_float32() -> None:
    z, labels = batch()
    with xla.enable_x64(False):
        for loss in LOSSES[::2]:
            f = jax.jit(jax.value_and_grad(partial(loss, ground=GroundDistance(draw.metric_matrix(C)))))
            value, gradient = f(z.astype(np.float32), jnp.asarray(labels))
            assert value.dtype == gradient.dtype == jnp.float32
            exactly = expected(loss, z.astype(np.float32).astype(float), labels, GroundDistance(draw.metric_matrix(C)))
            scale = 2.0**29 * draw.metric_matrix(C).max()  # of the rounding of float32 to that of float64
            np.testing.assert_allclose(float(value), exactly[0].mean(), rtol=0, atol=LOOSE * scale)
            np.testing.assert_allclose(np.asarray(gradient), exactly[1] / N, rtol=0, atol=LOOSE * scale)


def test_invalid_arguments_are_refused() -> None:
    z, labels = map(jnp.asarray, batch())
    with pytest.raises(ValueError, match="`reduction` is 'average'"):
        squared_emd_loss(z, labels, reduction="average")
    with pytest.raises(TypeError, match="`predicted` must be an array of JAX or NumPy, got list"):
        squared_emd_loss(z.tolist(), labels)
    with pytest.raises(ValueError, match="an axis of length 1 is not dropped"):
        squared_emd_loss(z, labels[:, None])
    with pytest.raises(ValueError, match=r"`sample_weight` has shape \(3,\): it must have shape \(6,\)"):
        squared_emd_loss(z, labels, sample_weight=jnp.ones(3))
    with pytest.raises(ValueError, match="`exponent` is 0: it must be positive"):
        xemd_loss(z, labels, ground=Ordered(), exponent=0)
    with pytest.raises(TypeError, match="`target` has dtype float64: it must hold integer labels"):
        xemd_loss(z, jax.nn.softmax(z), ground=Ordered())
    with pytest.raises(ValueError, match="sums to"):
        squared_emd_loss(jnp.ones((N, C)), labels, from_logits=False)


def test_numpy_arrays_and_integers_are_taken_as_they_are() -> None:
    z, labels = batch()
    value = squared_emd_loss(z, labels)
    assert isinstance(value, jax.Array)
    assert float(value) == float(squared_emd_loss(jnp.asarray(z), jnp.asarray(labels)))
    np.testing.assert_allclose(
        float(squared_emd_loss(z[3], 3)), emd_ref.squared_emd(z[3], 3, from_logits=True), rtol=LOOSE
    )


@every_loss
def test_logits_of_minus_infinity_are_classes_of_probability_0(loss) -> None:
    z, labels = map(jnp.asarray, batch())
    masked = jnp.arange(C) == (labels[:, None] + 2) % C
    both = jax.value_and_grad(partial(loss, ground=Ordered()))
    value, gradient = both(jnp.where(masked, -jnp.inf, z), labels)
    expected = both(jnp.where(masked, -1e4, z), labels)
    assert float(value) == float(expected[0])
    assert np.array_equal(np.asarray(gradient), np.asarray(expected[1]))
    assert not np.asarray(gradient)[np.asarray(masked)].any()
    with pytest.raises(ValueError, match=r"`predicted`\[1, :\] is -inf for every class"):
        both(z.at[1].set(-jnp.inf), labels)
