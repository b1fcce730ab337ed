"""emd_ref.keras: values, gradients, reductions, ignored classes and errors of the trainable losses.

The tests of this room run on the backend of KERAS_BACKEND. test_other_backend.py runs them on the other one.
"""

import importlib

import jax
import keras
import numpy as np
import pytest
from support import xla
from support.grounds import NAMES, ground_pair
from support.keras_losses import BACKEND, LOSSES, PENALTY, C, N, batch, every_loss, numbers

import emd_ref
from emd_ref import Ordered
from emd_ref.keras import EMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss

FLOAT32 = 64 * C * 2.0**-24 * 2 * C  # a softmax and sums of C numbers up to 2 C, in float32 without 64-bit mode


def expected(loss: type, target: np.ndarray, z: np.ndarray, ground) -> np.ndarray:
    """The value of each sample by the reference on NumPy, in float64."""
    z, target = z.astype(np.float64), target.astype(np.float64) if target.ndim == 2 else target
    options = {"ground": ground, "from_logits": True}
    if loss is EMDLoss:
        return emd_ref.emd(z, target, **options)
    if loss is XEMDLoss:
        return emd_ref.xemd(z, target, **options, **PENALTY)
    E = emd_ref.squared_emd(z, target, **options)
    return E if loss is SquaredEMDLoss else emd_ref.cross_entropy(z, target, from_logits=True) + 0.3 * E


@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_of_the_reference(name: str) -> None:
    labels, soft, z = batch()
    ground = ground_pair(name, C).ours
    scale = 1 + float(ground.matrix(C).max())
    for loss, options in LOSSES.items():
        for target in (labels,) if loss is XEMDLoss else (labels, soft):
            each = loss(ground=ground, reduction=None, **options)(target, z)
            wanted = expected(loss, target, z, ground)
            np.testing.assert_allclose(numbers(each), wanted, rtol=0, atol=FLOAT32 * scale)


@pytest.mark.parametrize("loss", [SquaredEMDLoss, XEMDLoss])
def test_labels_may_have_an_axis_of_length_1_and_any_dtype(loss: type) -> None:
    labels, _, z = batch()
    each = loss(ground=Ordered(), reduction="none", **LOSSES[loss])
    wanted = numbers(each(labels, z))
    for given in (labels[:, None], labels.astype(np.float32), labels.astype(np.uint8)[:, None]):
        assert np.array_equal(numbers(each(given, z)), wanted)
    maps = np.broadcast_to(z, (2, 3, N, C)), np.broadcast_to(labels[:, None], (2, 3, N, 1))
    assert each(maps[1], maps[0]).shape == (2, 3, N)
    ahead = loss(ground=Ordered(), reduction="none", axis=1, **LOSSES[loss])
    np.testing.assert_allclose(
        numbers(ahead(maps[1][0, :, :, 0], np.moveaxis(maps[0][0], -1, 1))), np.tile(wanted, (3, 1)), rtol=1e-6
    )


@every_loss
def test_keras_reduces_and_weighs(loss: type) -> None:
    labels, _, z = batch()
    weight = np.arange(N) / np.float32(4)
    options = {"ground": Ordered(), **LOSSES[loss]}
    each = numbers(loss(reduction="none", **options)(labels, z))
    for reduction, divisor in (("sum", 1), ("sum_over_batch_size", N), ("mean_with_sample_weight", weight.sum())):
        value = loss(reduction=reduction, **options)(labels, z, sample_weight=weight)
        np.testing.assert_allclose(float(value), weight @ each / divisor, rtol=N * 2.0**-23)


@every_loss
def test_samples_of_the_ignored_class_do_not_count_whatever_they_hold(loss: type) -> None:
    labels, _, z = batch()
    kept = np.arange(N) % 3 != 1
    ignoring, holed = np.where(kept, labels, -1), np.where(kept[:, None], z, np.float32(np.nan))
    weight = np.arange(N) / np.float32(4)
    for reduction in ("sum", "sum_over_batch_size", "mean_with_sample_weight"):
        ignorant = loss(ground=Ordered(), ignore_class=-1, reduction=reduction, **LOSSES[loss])
        plain = loss(ground=Ordered(), reduction=reduction, **LOSSES[loss])
        for given in (None, weight):
            alone = plain(labels[kept], z[kept], sample_weight=None if given is None else given[kept])
            for column in (ignoring, ignoring[:, None]):
                value = float(ignorant(column, holed, sample_weight=given))
                np.testing.assert_allclose(value, float(alone), rtol=4 * N * 2.0**-24)
    each = loss(ground=Ordered(), ignore_class=-1, reduction="none", **LOSSES[loss])(ignoring, holed)
    assert (numbers(each)[~kept] == 0).all()


def gradient(loss, target: np.ndarray, z: np.ndarray) -> np.ndarray:
    """With respect to the logits, by the backend."""
    if BACKEND == "jax":
        return np.asarray(jax.jit(jax.grad(lambda z: loss(target, z)))(z))
    scores = importlib.import_module("torch").tensor(z, requires_grad=True)
    loss(target, scores).backward()
    return scores.grad.numpy()


def test_gradients_are_those_of_the_reference() -> None:
    labels, soft, z = batch()
    ground = Ordered()
    for target in (labels, soft):
        ours = gradient(SquaredEMDLoss(from_logits=True, reduction="sum"), target, z)
        wide = target.astype(np.float64) if target is soft else target
        wanted = emd_ref.squared_emd_grad(z.astype(np.float64), wide, from_logits=True)
        np.testing.assert_allclose(ours, wanted, rtol=0, atol=FLOAT32)
        t = np.eye(C)[labels] if target is labels else soft
        both = gradient(XESquaredEMDLoss(from_logits=True, emd_weight=0.3, reduction="sum"), target, z)
        np.testing.assert_allclose(both, emd_ref.softmax(z) - t + 0.3 * wanted, rtol=0, atol=FLOAT32)
    wanted = emd_ref.xemd_grad(z.astype(np.float64), labels, ground=ground, from_logits=True, **PENALTY)
    ours = gradient(XEMDLoss(ground=ground, from_logits=True, reduction="sum", **PENALTY), labels, z)
    np.testing.assert_allclose(ours, wanted, rtol=0, atol=FLOAT32)


@every_loss
def test_extreme_logits_and_perfect_predictions_have_finite_gradients(loss: type) -> None:
    for scale in (1e4, -1e4):
        z = scale * np.eye(C, dtype=np.float32)
        assert np.isfinite(gradient(loss(ground=Ordered(), **LOSSES[loss]), np.arange(C), z)).all()


def test_64_bit_distributions_are_rounded_unless_the_loss_is_64_bit() -> None:
    """p and t differ by 2^-40: nothing is left of that in float32."""
    p = np.asarray([[0.5, 0.5]])
    t = p + np.asarray([2.0**-40, -(2.0**-40)])
    with xla.enable_x64(True):
        assert float(SquaredEMDLoss()(t, p)) == 0
        assert float(SquaredEMDLoss(dtype="float64")(t, p)) == 2.0**-80


def test_invalid_arguments_are_refused() -> None:
    labels, soft, z = batch()
    with pytest.raises(ValueError, match=r"`y_true`\[0\] is 9"):
        SquaredEMDLoss(from_logits=True)(labels + 9, z)
    with pytest.raises(ValueError, match=r"`y_true`\[0\] is -100"):
        SquaredEMDLoss(from_logits=True)(labels - 100, z)
    with pytest.raises(ValueError, match="`y_true` holds labels that are not integers"):
        SquaredEMDLoss(from_logits=True)(labels + 0.5, z)
    with pytest.raises(ValueError, match=r"labels of 300 classes in .*bfloat16, .* dtype='float32'"):
        SquaredEMDLoss(dtype="bfloat16")(labels, np.zeros((N, 300)))
    with pytest.raises(TypeError, match="labels"):
        XEMDLoss(ground=Ordered(), from_logits=True)(soft, z)
    with pytest.raises(ValueError, match="sums to"):
        SquaredEMDLoss()(soft, np.ones((N, C)))
    with pytest.raises(ValueError, match="reduction"):
        SquaredEMDLoss(reduction="average")


def test_another_backend_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "tensorflow")
    with pytest.raises(RuntimeError, match="its backend is 'tensorflow': set the environment variable KERAS_BACKEND"):
        SquaredEMDLoss()


@every_loss
def test_logits_of_minus_infinity_are_classes_of_probability_0(loss: type) -> None:
    labels, _, z = batch()
    masked = np.arange(C) == (labels[:, None] + 2) % C
    each = loss(ground=Ordered(), reduction=None, **LOSSES[loss])
    infinite, far = (numbers(each(labels, np.where(masked, low, z).astype(z.dtype))) for low in (-np.inf, -1e4))
    assert np.array_equal(infinite, far)
