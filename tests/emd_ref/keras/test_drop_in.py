"""emd_ref.keras in the place of a loss of Keras: label smoothing, class weights, probabilities by default."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.class_options import BIAS, EXPONENT, G, cross_entropy, distributions, ground_term
from support.keras_losses import BACKEND, C, N, batch, every_loss, numbers

from emd_ref import GroundDistance, Ordered
from emd_ref.keras import EMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss

ULPS = {"rtol": 64 * C * 2.0**-24, "atol": 1e-6}  # a softmax and sums of C numbers in float32
TERMS: dict[type, tuple[str, dict[str, Any]]] = {
    SquaredEMDLoss: ("squared", {}),
    EMDLoss: ("exact", {}),
    XEMDLoss: ("penalty", {"ground": GroundDistance(G), "emd_weight": 1.0, "exponent": EXPONENT, "bias": BIAS}),
    XESquaredEMDLoss: ("squared", {}),
}


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_cross_entropy_is_that_of_keras(smoothing: float) -> None:
    labels, soft, z = batch()
    for from_logits in (False, True):
        options = {"label_smoothing": smoothing, "from_logits": from_logits}
        given = z if from_logits else numbers(keras.ops.softmax(z)).astype(np.float32)
        wanted = keras.losses.CategoricalCrossentropy(**options)
        for target in (labels, soft):
            value = XESquaredEMDLoss(emd_weight=0.0, **options)(target, given)
            hot = distributions(labels).astype(np.float32) if target is labels else soft
            np.testing.assert_allclose(float(value), float(wanted(hot, given)), **ULPS)


@every_loss
@pytest.mark.parametrize("soft", [False, True])
def test_both_terms_are_smoothed(loss: type, soft: bool) -> None:
    labels, distribution, z = batch()
    target = distribution if soft else labels
    if soft and loss is XEMDLoss:
        return
    term, options = TERMS[loss]
    each = loss(from_logits=True, label_smoothing=0.2, reduction="none", **options)(target, z)
    wide = np.asarray(target, np.float64 if soft else np.int64)
    wanted = ground_term(term, z.astype(np.float64), wide, np.ones(C), 0.2)
    if loss in (XEMDLoss, XESquaredEMDLoss):
        wanted = wanted + cross_entropy(z.astype(np.float64), wide, np.ones(C), 0.2)
    np.testing.assert_allclose(numbers(each), wanted, **ULPS)


def trained(loss: Any, activation: str | None, **options: Any) -> float:
    """The loss of one step over all samples."""
    labels, _, _ = batch()
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((N,)), keras.layers.Dense(C, activation=activation)])
    model.compile(optimizer="sgd", loss=loss)
    x = 8 * np.eye(N, dtype=np.float32)
    return float(model.fit(x, labels, epochs=1, batch_size=N, verbose=0, **options).history["loss"][0])


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")  # by Keras
def test_class_weights_come_from_fit() -> None:
    class_weight = {c: 1.0 + c for c in range(C)}
    ours = trained(XESquaredEMDLoss(emd_weight=0.0), "softmax", class_weight=class_weight)
    theirs = trained(keras.losses.SparseCategoricalCrossentropy(), "softmax", class_weight=class_weight)
    assert ours == pytest.approx(theirs, rel=1e-5)


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")  # by Keras
@every_loss
def test_a_model_is_not_trained_on_a_softmax_of_a_softmax_or_on_logits_as_probabilities(loss: type) -> None:
    options = TERMS[loss][1] or {"ground": Ordered()}
    for activation in ("softmax", None):
        assert np.isfinite(trained(loss(from_logits=activation is None, **options), activation))
        wrong = loss(from_logits=activation == "softmax", **options)
        if BACKEND == "jax":  # it compiles the step, which hides the values
            assert np.isnan(trained(wrong, activation))
        else:
            words = "pass from_logits=False, or leave out the softmax" if activation else "pass from_logits=True if"
            with pytest.raises(ValueError, match=words):
                trained(wrong, activation)
        trained(loss(from_logits=activation == "softmax", check=False, **options), activation)


@every_loss
def test_logits_that_cannot_be_from_a_softmax_are_taken(loss: type) -> None:
    """Some samples that look like probabilities, equal logits that sum to 1, no samples."""
    labels, soft, z = batch()
    each = loss(from_logits=True, reduction="none", **(TERMS[loss][1] or {"ground": Ordered()}))
    mixed = np.where(np.arange(N)[:, None] == 0, z, soft)
    for given in (mixed, np.full((N, C), 1 / C, np.float32), z[:0]):
        assert np.isfinite(numbers(each(labels[: len(given)], given))).all()
    with pytest.raises(ValueError, match="`y_pred` holds probabilities"):
        each(labels, soft)
    one = SquaredEMDLoss(from_logits=True, reduction="none")
    assert numbers(one(np.zeros(2), np.ones((2, 1), np.float32))).tolist() == [0.0, 0.0]


def test_ignored_samples_say_nothing_about_the_softmax() -> None:
    labels, soft, z = batch()
    loss = SquaredEMDLoss(from_logits=True, ignore_class=0)
    assert float(loss(np.zeros(N), z)) == 0.0
    with pytest.raises(ValueError, match="`y_pred` holds probabilities"):
        loss(labels, soft)


@pytest.mark.parametrize("missing", ["tensorflow", "keras"])
def test_without_a_backend_the_import_says_what_to_do(missing: str, tmp_path: Path) -> None:
    environment = {name: x for name, x in os.environ.items() if name != "KERAS_BACKEND"}
    environment["KERAS_HOME"] = str(tmp_path)  # where a file may name a backend
    program = f"import sys; sys.modules[{missing!r}] = None; import emd_ref.keras"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, env=environment)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: `import keras` fails ("), done.stderr
    assert missing in last.partition("emd_ref.keras")[0]
    assert "set the environment variable KERAS_BACKEND to 'torch' or 'jax' before Keras is first imported" in last
    assert "`pip install keras torch` or `pip install keras jax`" in last
