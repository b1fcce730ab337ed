"""Ensembles of the training benchmark: each member is the network trained alone, with the loss of its module."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from benchmarks.training.losses import LOSSES, Guide
from benchmarks.training.members import Training, first_guide
from support.training import SMALL, made_up

from emd_ref import GroundDistance
from emd_ref.torch import EMDLoss, SquaredEMDLoss, XEMDLoss

ROUNDING = 2.0**-40  # sums of fewer than 1000 numbers of order 1 in float64, 2^-53 each


@pytest.mark.parametrize("loss", ["xe", "emd2_shuffled", "self_1_0", "energy_4"])
def test_a_member_of_an_ensemble_is_the_network_trained_alone(loss: str) -> None:
    task = made_up()
    together = Training(task, LOSSES[loss], [3, 5, 8], [0.01, 0.003, 0.1], SMALL)
    alone = Training(task, LOSSES[loss], [5], [0.003], SMALL)
    untrained = alone.members.flat.clone()
    for training in (together, alone):
        training.run(lambda run, epoch: None)
    # only the order of sums differs, 2^-53 each; 24 steps that amplify it by less than 2 each leave 2^-29
    torch.testing.assert_close(
        together.predict(together.test)[1], alone.predict(alone.test)[0], rtol=2.0**-29, atol=2.0**-29
    )
    assert (alone.members.flat - untrained).abs().max() > 0.01


def test_adam_is_that_of_torch() -> None:
    task = made_up()
    training = Training(task, LOSSES["xe"], [5], [0.01], SMALL)
    copies = [p.detach().clone().requires_grad_() for p in training.members.parameters]
    theirs = torch.optim.Adam(copies, lr=0.01)
    total = training.adam.steps
    for step in range(5):
        for group in theirs.param_groups:
            group["lr"] = 0.01 * (1 - step / total)
        for parameter, copy in zip(training.members.parameters, copies, strict=True):
            parameter.grad.copy_(torch.sin(copy.detach() * 10 + step))
            copy.grad = parameter.grad.clone()
        theirs.step()
        training.adam.step()
        assert not training.members.grad.any()
    for parameter, copy in zip(training.members.parameters, copies, strict=True):
        torch.testing.assert_close(parameter, copy, rtol=1e-12, atol=1e-12)  # five steps of rounding


def _matrix(rng: np.random.Generator, C: int) -> np.ndarray:
    G = rng.random((C, C))
    G = G + G.T
    np.fill_diagonal(G, 0)
    return G / G.max()


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_losses_of_an_ensemble_are_the_modules_of_each_member(name: str, rng: np.random.Generator) -> None:
    C, loss = 5, LOSSES[name]
    module = MODULES.get(name)
    if module is None and loss.penalty is None:
        assert name in {"regression", "emd2_shuffled", "root_emd2", "sinkhorn"}  # they have tests of their own
        return
    z = torch.as_tensor(rng.normal(size=(2, 6, C))).requires_grad_()
    y = torch.as_tensor(rng.integers(0, C, (2, 6)))
    grounds = np.stack([_matrix(rng, C) for _ in range(2)])
    guide = Guide(torch.as_tensor(grounds), torch.tensor([0.5, 2.0]).double(), torch.arange(C).expand(2, C))
    found = loss.each(z, y, guide, True).mean(1)
    modules = [module or _penalised(name, grounds[m], float(guide.weight[m])) for m in range(2)]
    expected = torch.stack([modules[m](z[m], y[m]) for m in range(2)])
    if name == "dlordinal":  # its mean over all members stands for each
        found, expected = found.sum(), expected.sum()
    torch.testing.assert_close(found, expected, rtol=ROUNDING, atol=ROUNDING)
    gradients = [torch.autograd.grad(value.sum(), z)[0] for value in (found, expected)]
    torch.testing.assert_close(*gradients, rtol=ROUNDING, atol=ROUNDING)


XE, SQUARED = torch.nn.CrossEntropyLoss(), SquaredEMDLoss()
MODULES = {
    "xe": XE,
    "emd2": SQUARED,
    "emd2_warm": SQUARED,
    "dlordinal": SQUARED,
    "w1": EMDLoss(),
    "xe_emd2": lambda z, y: XE(z, y) + SQUARED(z, y),
    "xe_emd2_0.3": lambda z, y: XE(z, y) + 0.3 * SQUARED(z, y),
    "xe_emd2_3": lambda z, y: XE(z, y) + 3 * SQUARED(z, y),
}


def _penalised(name: str, G: np.ndarray, weight: float):
    ground = GroundDistance(G)
    if name.startswith("energy"):
        return lambda z, y: XE(z, y) + weight * SquaredEMDLoss(ground=ground)(z, y)
    exponent = float(name.split("_")[1])
    bias = {"0": 0.0, "+": 1 / 2 if exponent == 1 else 1 / 4, "-": -1 / 2 if exponent == 1 else -1 / 4}
    return XEMDLoss(ground=ground, emd_weight=weight, exponent=exponent, bias=bias[name.split("_")[2]])


def test_regression_and_root_by_hand() -> None:
    z = torch.tensor([[[0.25, 0.5, 0.25]]]).double().log()
    guide = first_guide([0], 3)
    labels = torch.tensor([[2]])
    assert LOSSES["regression"].each(z, labels, guide, True).item() == pytest.approx(1.0, rel=ROUNDING)
    # E = 1/16 + 9/16; 1e-12 stands under the root beside E / 3
    assert LOSSES["root_emd2"].each(z, labels, guide, True).item() == pytest.approx(math.sqrt(5 / 24), rel=1e-11)


def test_shuffled_order_is_the_squared_emd_between_relabelled_classes() -> None:
    z = torch.tensor([[[0.5, 0.25, 0.25]]]).double().log()
    guide = dataclasses.replace(first_guide([0], 3), order=torch.tensor([[2, 0, 1]]))  # new order: 2, 0, 1
    found = [LOSSES["emd2_shuffled"].each(z, torch.tensor([[k]]), guide, True).item() for k in range(3)]
    # p in the new order is 1/4 1/2 1/4 and class 0 stands second, 1 third, 2 first
    assert found == pytest.approx([1 / 8, 5 / 8, 5 / 8], rel=ROUNDING)


def test_sinkhorn_tends_to_the_emd() -> None:
    pytest.importorskip("ot", reason="POT is not installed")
    z = torch.tensor([[[1.0, 0.0, 2.0, -1.0]]]).double().requires_grad_()
    labels, guide = torch.tensor([[1]]), first_guide([0], 4)
    entropic = LOSSES["sinkhorn"].each(z, labels, guide, True).sum()
    exact = EMDLoss()(z[0], labels[0])
    gradients = [torch.autograd.grad(value, z)[0] for value in (entropic, exact)]
    # a one-hot target leaves one plan, p itself, so that the entropic term -reg H(p), reg = 0.05 * 3, is all that parts
    # them, apart from the 1e-6 that keeps masses positive
    entropy = torch.distributions.Categorical(logits=z[0, 0]).entropy()
    parting = torch.autograd.grad(0.05 * 3 * entropy, z)[0]
    torch.testing.assert_close(gradients[0], gradients[1] - parting, rtol=0, atol=1e-3)


def test_weight_makes_the_penalty_its_share_of_cross_entropy() -> None:
    training = Training(made_up(), LOSSES["self_1_0"], [3, 5], [0.01, 0.01], dataclasses.replace(SMALL, steps=40))
    seen = {}

    def watch(epoch: int, guided=training._guide) -> None:
        guided(epoch)
        z, y = training.predict(training.train), training.train.y
        xe = LOSSES["xe"].each(z, y, training.guide, True).mean(1)
        both = training.loss.each(z, y, training.guide, True).mean(1)
        seen[epoch] = (both / xe - 1).tolist(), training.guide.weight.tolist()

    training._guide = watch
    training.run(lambda run, epoch: None)
    assert seen[training.head_start][0] == pytest.approx([1 / 3.5, 1 / 3.5], rel=1e-6)  # weights keep float64
    assert len({tuple(weights) for _, weights in seen.values()}) == 1
