"""Models with a loss of emd_ref.keras: configuration, training, saving."""

from pathlib import Path

import keras
import numpy as np
import pytest
from support import draw
from support.grounds import NAMES, ground_pair
from support.keras_losses import LOSSES, C, N, batch, every_loss

from emd_ref import GroundDistance
from emd_ref.keras import EMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss


@every_loss
@pytest.mark.parametrize("name", NAMES)
def test_a_loss_is_made_again_from_its_configuration(loss: type, name: str) -> None:
    labels, _, z = batch()
    ground = ground_pair(name, C).ours
    options = {"label_smoothing": 0.25, "ignore_class": 7, "check": False, "reduction": "sum", **LOSSES[loss]}
    made = loss(ground=ground, **options)
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
    chosen = loss(ground=ground, **{**LOSSES[loss], "from_logits": activation is None})
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=chosen)
    history = model.fit(x, target, epochs=3, batch_size=N, verbose=0).history["loss"]
    first, second, third = (float(value) for value in history)
    assert first > second > third  # for a step this small against the curvature, below 1
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.loss.get_config() == chosen.get_config()
    assert float(again.evaluate(x, target, verbose=0)) == float(model.evaluate(x, target, verbose=0))
