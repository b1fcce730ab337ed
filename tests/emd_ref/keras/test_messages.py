"""Every error of a loss of emd_ref.keras names an argument that this loss has, and remedies that exist there."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from support.faults import FAULTS, Fault, K, Z, faults_for, parameters_of, strangers

from emd_ref import Ordered
from emd_ref.keras import EMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss, _scores

LOSSES: dict[str, Any] = {
    "SquaredEMDLoss": SquaredEMDLoss,
    "EMDLoss": EMDLoss,
    "XEMDLoss": partial(XEMDLoss, ground=Ordered()),
    "XESquaredEMDLoss": XESquaredEMDLoss,
}
OF_KERAS = {  # Keras casts both arguments to the dtype of the loss, drops an axis of length 1, and applies the weights
    "integers",
    "labels (N, 1)",
    "other N",
    "sample_weight",
    "sample_weight shape",
    "one-hot integers",
}


def call(make: Any, fault: Fault) -> Any:
    return make(**{"from_logits": True, **fault.options})(fault.target, fault.predicted)


@pytest.mark.parametrize("name", LOSSES)
def test_messages_name_arguments_and_remedies_of_the_loss(name: str) -> None:
    make = LOSSES[name]
    kind = getattr(make, "func", make)
    own = parameters_of(kind.__init__, kind.__call__)
    faults = faults_for(own, labels_only=name == "XEMDLoss")
    assert len(faults.keys() - OF_KERAS) > 20
    for fault_name in faults.keys() - OF_KERAS:
        with pytest.raises((TypeError, ValueError)) as caught:
            call(make, faults[fault_name])
        message = str(caught.value)
        assert faults[fault_name].words.format(p="y_pred", t="y_true") in message, fault_name
        assert not strangers(message, own, ["class_weight"] if "emd_weight" in faults[fault_name].options else ()), (
            message
        )


def test_places_are_those_of_the_arguments() -> None:
    """Whatever the class axis."""
    z = np.zeros((2, 3, 4), np.float32)
    z[1, 2, 0] = np.nan
    for axis, batch in ((-1, (2, 3)), (1, (2, 4)), (0, (3, 4))):
        with pytest.raises(ValueError, match=r"`y_pred`\[1, 2, 0\] is nan"):
            SquaredEMDLoss(from_logits=True, axis=axis)(np.zeros(batch), z)


def test_other_targets_are_refused() -> None:
    with pytest.raises(ValueError, match=r"`y_true` has dtype .* and shape \(3,\): it must hold integer labels"):
        SquaredEMDLoss(from_logits=True)(np.asarray([0, 1, 2]), Z)
    with pytest.raises(ValueError, match=r"`y_true` holds labels that are not integers$"):
        XEMDLoss(ground=Ordered(), from_logits=True)(K + 0.5, Z)
    with pytest.raises(TypeError, match=r"`y_true` is of list: it must be an array, as numpy.asarray makes"):
        SquaredEMDLoss(from_logits=True)(K.tolist(), Z)
    with pytest.raises(TypeError, match=r"`y_pred` is of list: it must be an array, as numpy.asarray makes"):
        SquaredEMDLoss(from_logits=True)(K, Z.tolist())


def test_class_weights_are_an_argument_of_fit() -> None:
    with pytest.raises(
        ValueError, match=r"it must be one number; class weights are an argument of fit, `class_weight`$"
    ):
        call(XESquaredEMDLoss, FAULTS["emd_weight array"])
    with pytest.raises(TypeError, match="unexpected keyword argument 'weight'"):
        XESquaredEMDLoss(weight=0.5)


def test_a_dtype_that_cannot_hold_all_labels_is_refused() -> None:
    """float16 holds the integers up to 2048, which are labels of 2049 classes."""
    loss, last = SquaredEMDLoss(from_logits=True, dtype="float16"), np.asarray([2048])
    assert np.isfinite(float(loss(last, np.zeros((1, 2049), np.float16))))
    with pytest.raises(ValueError, match=r"labels of 2050 classes in .*float16, which cannot hold all of them"):
        loss(last, np.zeros((1, 2050), np.float16))


@pytest.mark.parametrize("sample", [[-0.5, 1.5], [0.5, 0.53], [0.5, 0.47]])
def test_hidden_numbers_that_are_no_probabilities_make_the_loss_nan(sample: list[float]) -> None:
    compiled = jax.jit(lambda losses, y_pred: _scores.checked(losses, y_pred, -1, from_logits=False))
    losses = compiled(jnp.zeros(3), jnp.asarray([sample, [0.5, 0.51], [0.0, 1.0]]))
    assert np.isnan(losses).tolist() == [True, False, False]


@pytest.mark.parametrize("name", ["emd_weight", "exponent", "bias"])
def test_numbers_of_jax_are_refused(name: str) -> None:
    """A loss that is saved holds numbers of Python."""
    with pytest.raises(TypeError, match=f"`{name}` is"):
        XEMDLoss(ground=Ordered(), **{name: jnp.asarray(0.5)})
    if name == "emd_weight":
        with pytest.raises(TypeError, match=f"`{name}` is"):
            XESquaredEMDLoss(emd_weight=jnp.asarray(0.5))
