"""emd_ref.keras: trainable losses on each backend of Keras (values, gradients, reductions, saving, training).

The tests of this file run on one backend, that of KERAS_BACKEND, and one of them runs the file on the other backend.
"""

import importlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import emd_conformance
import jax
import keras
import numpy as np
import pytest
from support import draw
from support.grounds import NAMES, ground_pair

import emd_ref
from emd_ref import GroundDistance, Ordered
from emd_ref.keras import EMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss

BACKEND = keras.backend.backend()
OTHER = {"torch": "jax", "jax": "torch"}[BACKEND]
C, N = 5, 6
PENALTY = {"weight": 0.3, "exponent": 2.0, "bias": -0.25}
LOSSES = {SquaredEMDLoss: {}, EMDLoss: {}, XEMDLoss: PENALTY, XESquaredEMDLoss: {"weight": 0.3}}
FLOAT32 = 64 * C * 2.0**-24 * 2 * C  # a softmax and sums of C numbers up to 2 C, in float32 without 64-bit mode

every_loss = pytest.mark.parametrize("loss", LOSSES)


def batch() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, distributions, logits: all numbers of float32."""
    rng = np.random.default_rng(0)
    soft = np.stack([draw.on_grid(rng.dirichlet(np.ones(C)), "float32") for _ in range(N)])
    return np.arange(N) % C, soft, rng.normal(0, 2, (N, C)).astype(np.float32)


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


def numbers(x) -> np.ndarray:
    return np.asarray(x.detach() if BACKEND == "torch" else x, dtype=np.float64)


def ready(loss):
    """The loss as it is called while a model is trained: JAX compiles it."""
    return jax.jit(loss) if BACKEND == "jax" else loss


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


def cases() -> list[emd_conformance.Case]:
    """All cases; for JAX, which compiles anew for every shape, those of the two commonest shapes."""
    known = [case for case in emd_conformance.vectors() if not case.invalid]
    shapes = Counter((len(case.predicted), case.classes) for case in known).most_common(2 if BACKEND == "jax" else None)
    return [case for case in known if (len(case.predicted), case.classes) in dict(shapes)]


def conforms(loss, dtype: str = "float64", **declaration) -> None:
    with jax.enable_x64(dtype == "float64"):
        report = emd_conformance.run(loss, dtype=dtype, array=BACKEND, grad="autograd", cases=cases(), **declaration)
    assert report.verdict == "conforms", str(report)
    assert {result.quantity for result in report.examined} >= {"value", "gradient"}


@pytest.mark.parametrize(
    ("input", "target", "label_shape", "dtype"),
    [
        ("logits", "labels", "(N,)", "float64"),
        ("logits", "labels", "(N,1)", "float32"),
        ("probabilities", "distribution", "(N,)", "float64"),
        ("probabilities", "distribution", "(N,)", "float32"),
    ],
)
def test_squared_emd_loss_conforms(input: str, target: str, label_shape: str, dtype: str) -> None:
    reduction = "none" if dtype == "float64" else "mean"  # on PyTorch, Keras itself rounds a mean to float32
    loss = ready(SquaredEMDLoss(from_logits=input == "logits", reduction=reduction, dtype=dtype))
    labels = {"target": target, "label_shape": label_shape}
    conforms(loss, dtype, order="target-first", input=input, reduction=reduction, **labels)


def test_emd_loss_conforms() -> None:
    loss = ready(EMDLoss(from_logits=False, reduction="none", dtype="float64"))
    conforms(loss, order="target-first", computes="W1")


@pytest.mark.parametrize("input", ["logits", "probabilities"])
@pytest.mark.parametrize(("name", "computes"), [(XEMDLoss, "XE + weight*R"), (XESquaredEMDLoss, "XE + weight*E")])
def test_losses_with_cross_entropy_conform(name: type, computes: str, input: str) -> None:
    def loss(k, p, G, weight, exponent, bias):
        power = {"exponent": exponent, "bias": bias} if name is XEMDLoss else {}
        options = {"from_logits": input == "logits", "reduction": "none", "dtype": "float64", "weight": weight}
        return ready(name(ground=GroundDistance(np.asarray(G)), **options, **power))(k, p)

    call = "k, p, G, weight, exponent, bias"
    conforms(loss, call=call, ground="matrix", input=input, target="labels", computes=computes)


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


@every_loss
@pytest.mark.parametrize("name", NAMES)
def test_a_loss_is_made_again_from_its_configuration(loss: type, name: str) -> None:
    labels, _, z = batch()
    ground = ground_pair(name, C).ours
    made = loss(ground=ground, from_logits=True, ignore_class=7, check=False, reduction="sum", **LOSSES[loss])
    config = keras.saving.serialize_keras_object(made)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is loss
    assert again.get_config() == made.get_config()
    assert float(again(labels, z)) == float(made(labels, z))
    if not isinstance(ground, GroundDistance):
        assert again.ground == ground
    else:
        assert np.array_equal(again.ground.distances, ground.distances)


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")  # by Keras
@every_loss
def test_a_model_learns_and_is_saved_with_its_loss(loss: type, tmp_path: Path) -> None:
    labels, soft, _ = batch()
    ground = GroundDistance(draw.metric_matrix(C) / 16)
    x = np.eye(N, dtype=np.float32)
    target, activation = {
        SquaredEMDLoss: (soft, "softmax"),
        EMDLoss: (labels[:, None], "softmax"),
        XEMDLoss: (labels, None),
        XESquaredEMDLoss: (soft, None),
    }[loss]
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((N,)), keras.layers.Dense(C, activation=activation)])
    chosen = loss(ground=ground, from_logits=activation is None, **LOSSES[loss])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=chosen)
    history = model.fit(x, target, epochs=3, batch_size=N, verbose=0).history["loss"]
    first, second, third = (float(value) for value in history)
    assert first > second > third  # for a step this small against the curvature, below 1
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.loss.get_config() == chosen.get_config()
    assert float(again.evaluate(x, target, verbose=0)) == float(model.evaluate(x, target, verbose=0))


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
        ours = gradient(SquaredEMDLoss(reduction="sum"), target, z)
        wide = target.astype(np.float64) if target is soft else target
        wanted = emd_ref.squared_emd_grad(z.astype(np.float64), wide, from_logits=True)
        np.testing.assert_allclose(ours, wanted, rtol=0, atol=FLOAT32)
        t = np.eye(C)[labels] if target is labels else soft
        both = gradient(XESquaredEMDLoss(weight=0.3, reduction="sum"), target, z)
        np.testing.assert_allclose(both, emd_ref.softmax(z) - t + 0.3 * wanted, rtol=0, atol=FLOAT32)
    wanted = emd_ref.xemd_grad(z.astype(np.float64), labels, ground=ground, from_logits=True, **PENALTY)
    ours = gradient(XEMDLoss(ground=ground, reduction="sum", **PENALTY), labels, z)
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
    with jax.enable_x64(True):
        assert float(SquaredEMDLoss(from_logits=False)(t, p)) == 0
        assert float(SquaredEMDLoss(from_logits=False, dtype="float64")(t, p)) == 2.0**-80


def test_what_does_not_fit_is_refused() -> None:
    labels, soft, z = batch()
    with pytest.raises(ValueError, match=r"`target`\[0\] is 9"):
        SquaredEMDLoss()(labels + 9, z)
    with pytest.raises(ValueError, match=r"`target`\[0\] is -100"):
        SquaredEMDLoss()(labels - 100, z)
    with pytest.raises(ValueError, match="labels that are no integers"):
        SquaredEMDLoss()(labels + 0.5, z)
    with pytest.raises(ValueError, match=r"labels of 300 classes in .*bfloat16, .* dtype='float32'"):
        SquaredEMDLoss(dtype="bfloat16")(labels, np.zeros((N, 300)))
    with pytest.raises(TypeError, match="labels"):
        XEMDLoss(ground=Ordered())(soft, z)
    with pytest.raises(ValueError, match="sums to"):
        SquaredEMDLoss(from_logits=False)(soft, np.ones((N, C)))
    with pytest.raises(ValueError, match="reduction"):
        SquaredEMDLoss(reduction="average")


def test_another_backend_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "tensorflow")
    with pytest.raises(RuntimeError, match="its backend is 'tensorflow': set the environment variable KERAS_BACKEND"):
        SquaredEMDLoss()


def test_all_of_this_holds_on_the_other_backend() -> None:
    environment = {**os.environ, "KERAS_BACKEND": OTHER}
    command = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "not other_backend",
        __file__,
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=Path(__file__).parents[1])
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-2_000:]
    assert " passed" in done.stdout
