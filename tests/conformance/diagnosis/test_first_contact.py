"""A loss that raises an error in every call is told what it takes, once that was tried; nothing is said otherwise."""

import emd_conformance
import numpy as np
import pytest
import torch
from torch import nn


class Module(nn.Module):
    def forward(self, p, t):
        return (torch.cumsum(p, -1) - torch.cumsum(t, -1)).pow(2).sum(-1).mean()


class Narrow(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Linear(1, 1, bias=False)

    def forward(self, p, t):
        return self.weight((p - t).cumsum(-1).square().sum(-1, keepdim=True))


def mixture(z, k):
    one_hot = nn.functional.one_hot(k, z.shape[1])
    return nn.functional.cross_entropy(z, k) + (z.softmax(-1) - one_hot).cumsum(-1).square().sum(-1).mean()


def three_arguments(p, t, weights):
    return np.zeros(len(p))


@pytest.mark.parametrize(
    ("loss", "options", "declared", "flags"),
    [
        (Module, {}, "array='torch'", "--array=torch"),
        (Narrow(), {"array": "torch"}, "dtype='float32'", "--dtype=float32"),
        (Narrow(), {}, "array='torch', dtype='float32'", "--array=torch --dtype=float32"),
        (mixture, {}, "array='torch', target='labels'", "--array=torch --target=labels"),
    ],
)
def test_what_the_loss_takes_is_named(loss, options, declared, flags):
    report = emd_conformance.run(loss, classes=(2, 3), **options)
    (found,) = (finding for finding in report.findings if finding.kind != "advice")
    assert found.id == "every-call-fails"
    assert f"with {declared} declared, it returns numbers" in found.message
    assert f"infer TARGET {flags}`" in found.remedy


def test_nothing_is_said_of_a_loss_that_takes_something_else():
    report = emd_conformance.run(three_arguments, classes=(2, 3))
    assert report.findings[0].message == "no call returned an answer"
    assert "infer" in report.findings[0].remedy
