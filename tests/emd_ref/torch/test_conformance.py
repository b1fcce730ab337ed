"""The losses of emd_ref.torch pass the conformance suite, value and gradient."""

import emd_conformance
import pytest
import torch
from support.thorough import published_cases

from emd_ref import GroundDistance
from emd_ref.torch import EMDLoss, SelfGuidedXEMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss


@pytest.mark.parametrize("input", ["logits", "probabilities"])
@pytest.mark.parametrize("target", ["labels", "distribution"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_squared_emd_loss_conforms(input: str, target: str, reduction: str) -> None:
    report = emd_conformance.run(
        SquaredEMDLoss(from_logits=input == "logits", reduction=reduction),
        input=input,
        target=target,
        reduction=reduction,
        array="torch",
        grad="autograd",
        validates=True,
        cases=published_cases(),
    )
    assert report.verdict == "conforms", str(report)


def test_emd_loss_conforms() -> None:
    loss = EMDLoss(from_logits=False)
    report = emd_conformance.run(loss, computes="W1", reduction="mean", array="torch", grad="autograd", validates=True)
    assert report.verdict == "conforms", str(report)


MIXED = pytest.mark.parametrize(
    ("input", "reduction"), [("logits", "mean"), ("probabilities", "none"), ("probabilities", "sum")]
)


def mixed_conforms(loss, input: str, reduction: str, computes: str) -> None:
    """Examine a loss with the cases' own ground distances, weights and powers."""
    options = {"ground": "matrix", "target": "labels", "array": "torch", "grad": "autograd", "cases": published_cases()}
    report = emd_conformance.run(
        loss, call="p, k, G, weight, exponent, bias", input=input, reduction=reduction, computes=computes, **options
    )
    assert report.verdict == "conforms", str(report)
    assert {result.quantity for result in report.examined} == {"value", "gradient"}


@pytest.mark.costly
@MIXED
def test_xemd_loss_conforms(input: str, reduction: str) -> None:
    def loss(p, k, G, weight, exponent, bias):
        options = {"emd_weight": weight, "exponent": exponent, "bias": bias, "reduction": reduction}
        return XEMDLoss(ground=GroundDistance(G), from_logits=input == "logits", **options)(p, k)

    mixed_conforms(loss, input, reduction, "XE + weight*R")


@pytest.mark.costly
@MIXED
def test_xe_squared_emd_loss_conforms(input: str, reduction: str) -> None:
    def loss(p, k, G, weight, exponent, bias):
        options = {"emd_weight": weight, "reduction": reduction, "from_logits": input == "logits"}
        return XESquaredEMDLoss(ground=GroundDistance(G), **options)(p, k)

    mixed_conforms(loss, input, reduction, "XE + weight*E")


@pytest.mark.parametrize(("term", "computes"), [("penalty", "XE + weight*R"), ("squared-emd", "XE + weight*E")])
def test_self_guided_loss_conforms_once_it_has_learnt_a_matrix(term: str, computes: str) -> None:
    def loss(z, k, G, weight, exponent, bias):
        guided = SelfGuidedXEMDLoss(z.shape[1], term=term, exponent=exponent, bias=bias, reduction="none").eval()
        guided.distances.copy_(G)
        guided.emd_weight = weight
        return guided(z, k, torch.ones(len(z), 1))

    mixed_conforms(loss, "logits", "none", computes)
