"""Every error of a loss of emd_ref.torch names an argument that this loss has, and remedies that exist there."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from support.faults import FAULTS, Fault, faults_for, parameters_of, strangers

from emd_ref import Ordered
from emd_ref.torch import EMDLoss, SelfGuidedXEMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss

LOSSES: dict[str, Any] = {
    "SquaredEMDLoss": SquaredEMDLoss,
    "EMDLoss": EMDLoss,
    "XEMDLoss": partial(XEMDLoss, ground=Ordered()),
    "XESquaredEMDLoss": XESquaredEMDLoss,
    "SelfGuidedXEMDLoss": partial(SelfGuidedXEMDLoss, 3),
}


def tensor(x: Any) -> Any:
    return torch.tensor(x) if isinstance(x, np.ndarray | np.generic) else x


def call(make: Any, fault: Fault) -> torch.Tensor:
    options = {name: x if name == "ground" else tensor(x) for name, x in fault.options.items()}
    weight = options.pop("sample_weight", None)
    loss = make(**options)
    features = (torch.ones(2, 4),) if isinstance(loss, SelfGuidedXEMDLoss) else ()
    scores = tensor(fault.predicted)
    scores = scores.requires_grad_() if scores.is_floating_point() else scores
    return loss(scores, tensor(fault.target), *features, weight)


@pytest.mark.parametrize("name", LOSSES)
def test_messages_name_arguments_and_remedies_of_the_loss(name: str) -> None:
    make = LOSSES[name]
    kind = getattr(make, "func", make)
    own = parameters_of(kind.__init__, kind.forward)
    faults = faults_for(own, labels_only=name in ("XEMDLoss", "SelfGuidedXEMDLoss"))
    assert len(faults) > 25
    for fault_name, fault in faults.items():
        if name == "SelfGuidedXEMDLoss" and fault_name in ("no axes", "no classes"):
            continue  # the number of classes is an argument, and the message names it
        with pytest.raises((TypeError, ValueError)) as caught:
            call(make, fault)
        message = str(caught.value)
        assert fault.words.format(p="input", t="target") in message, fault_name
        assert not strangers(message, own), message


@pytest.mark.parametrize("name", ["XEMDLoss", "XESquaredEMDLoss"])
def test_a_number_as_weight_is_told_its_new_name(name: str) -> None:
    for what in ("weight number", "weight one number"):
        with pytest.raises((TypeError, ValueError), match=r"the factor of the ground distance term is `emd_weight`$"):
            call(LOSSES[name], FAULTS[what])
    with pytest.raises(ValueError, match=r"class weights are `weight`$"):
        call(LOSSES[name], FAULTS["emd_weight array"])
    for given in (torch.tensor(0.5), "0.5", True, 1j):
        with pytest.raises(TypeError, match=r"`emd_weight` is .*: it must be a real number"):
            LOSSES[name](emd_weight=given)


def test_a_loss_without_a_factor_names_none() -> None:
    for name in ("SquaredEMDLoss", "EMDLoss", "SelfGuidedXEMDLoss"):
        with pytest.raises(TypeError, match=r"it must be a tensor with one weight for each class$"):
            call(LOSSES[name], FAULTS["weight number"])


def test_class_weights_that_are_learnt_are_refused() -> None:
    with pytest.raises(ValueError, match=r"`weight` requires a gradient, .*: pass weight.detach\(\)"):
        SquaredEMDLoss(weight=torch.ones(3, requires_grad=True))


def test_the_self_guided_loss_names_its_number_of_classes() -> None:
    for shape in ((2, 5), (3,), (2, 3, 1)):
        with pytest.raises(ValueError, match=r"`input` has shape .* shape \(N, 3\), since `num_classes` is 3"):
            SelfGuidedXEMDLoss(3)(torch.zeros(shape), torch.tensor([0, 1]), torch.ones(2, 4))
    with pytest.raises(ValueError, match=r"`weight` has shape \(5,\): it must have shape \(3,\)"):
        SelfGuidedXEMDLoss(3, weight=torch.ones(5))
    with pytest.raises(TypeError, match="`input` is of list: it must be a tensor"):
        SelfGuidedXEMDLoss(3)([[0.0, 0.0, 0.0]], torch.tensor([0]), torch.ones(1, 4))
