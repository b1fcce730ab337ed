"""Every error of a loss of emd_ref.jax names an argument that this loss has, and remedies that exist there."""

from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from support.faults import FAULTS, Fault, faults_for, parameters_of, strangers

from emd_ref import Ordered
from emd_ref.jax import emd_loss, squared_emd_loss, xe_squared_emd_loss, xemd_loss

LOSSES: dict[str, Any] = {
    "squared_emd_loss": squared_emd_loss,
    "emd_loss": emd_loss,
    "xemd_loss": partial(xemd_loss, ground=Ordered()),
    "xe_squared_emd_loss": xe_squared_emd_loss,
}


def call(loss: Any, fault: Fault) -> Any:
    return loss(jnp.asarray(fault.predicted), jnp.asarray(fault.target), **fault.options)


@pytest.mark.parametrize("name", LOSSES)
def test_messages_name_arguments_and_remedies_of_the_loss(name: str) -> None:
    loss = LOSSES[name]
    own = parameters_of(getattr(loss, "func", loss))
    faults = faults_for(own, labels_only=name == "xemd_loss")
    assert len(faults) > 35
    for fault_name, fault in faults.items():
        with pytest.raises((TypeError, ValueError)) as caught:
            call(loss, fault)
        message = str(caught.value)
        assert fault.words.format(p="predicted", t="target") in message, fault_name
        assert not strangers(message, own), message


def test_arrays_of_other_kinds_are_refused() -> None:
    z, k = np.zeros((2, 3)), np.asarray([0, 1])
    for given, words in (
        ((z.tolist(), k), "`predicted` must be an array of JAX or NumPy, got list"),
        ((z, k.tolist()), "`target` must be an array of JAX or NumPy, or an integer, got list"),
    ):
        with pytest.raises(TypeError, match=words):
            squared_emd_loss(*given)
    for option in ("sample_weight", "weight", "where"):
        with pytest.raises(TypeError, match=f"`{option}` is of list: it must be an array"):
            squared_emd_loss(z, k, **{option: [1, 1]})


def test_a_number_as_weight_is_told_its_new_name() -> None:
    for name in ("xemd_loss", "xe_squared_emd_loss"):
        for what in ("weight number", "weight one number"):
            with pytest.raises((TypeError, ValueError), match=r"factor of the ground distance term is `emd_weight`$"):
                call(LOSSES[name], FAULTS[what])
        with pytest.raises(ValueError, match=r"class weights are `weight`$"):
            call(LOSSES[name], FAULTS["emd_weight array"])


def test_label_smoothing_is_a_number_that_is_known() -> None:
    """A traced one could not be compared with 0 and 1."""
    with pytest.raises(TypeError, match=r"`label_smoothing` is .*it must be a real number, as float\(array\) is"):
        squared_emd_loss(np.zeros((2, 3)), np.asarray([0, 1]), label_smoothing=jnp.asarray(0.5))
