"""Steps of training: as one operation that NumPy computes, in blocks of rows, and beside another loss."""

import numpy as np
import pytest
import torch
from support.grounds import NAMES
from support.torch_losses import C, batch, losses

from emd_ref.torch import SquaredEMDLoss


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("name", NAMES)
def test_a_step_by_numpy_is_the_step_by_pytorch(
    name: str, weighted: bool, reduction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same loss as one operation that NumPy computes, and as operations that PyTorch records."""
    z, labels = batch()
    weight = torch.linspace(0.5, 2.0, len(z), dtype=torch.float64) if weighted else None
    upstream = torch.linspace(1.0, 3.0, len(z), dtype=torch.float64) if reduction == "none" else torch.tensor(2.0)
    for loss in losses(name):
        loss.reduction = reduction
        results = []
        for by_numpy in (True, False):
            scores = z.clone().requires_grad_()
            with monkeypatch.context() as patch:
                if not by_numpy:
                    patch.setattr("emd_ref._fast.lent.can_be_lent", lambda *arguments: False)
                value = loss(scores, labels, weight)
            assert (type(value.grad_fn).__name__ in ("StepBackward", "PlainStepBackward")) == by_numpy
            value.backward(upstream.to(value.dtype))
            results.append((value.detach(), scores.grad))
        for got, expected in zip(*results, strict=True):
            torch.testing.assert_close(got, expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("kept", [0, 2**22], ids=["computed again", "kept"])
@pytest.mark.parametrize("weighted", [False, True])
def test_large_batches_go_in_blocks_to_the_same_result(
    weighted: bool, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several blocks of rows; sums of 6 in another order differ by a few roundings."""
    monkeypatch.setattr("emd_ref._fast.blocks.BLOCK", 2**14)
    monkeypatch.setattr("emd_ref._evaluate.BLOCK", 2**14)
    monkeypatch.setattr("emd_ref.torch._analytic.KEPT", kept)
    monkeypatch.setattr("emd_ref.torch._loss.KEPT", 0)  # no short way
    rng = np.random.default_rng(0)
    z, labels = torch.tensor(rng.normal(0, 2, (10_001, C))), torch.tensor(rng.integers(0, C, 10_001))
    weight = torch.tensor(rng.random(10_001)) if weighted else None
    for loss in losses("positions"):
        a, b = z.clone().requires_grad_(), z.clone().requires_grad_()
        value = loss(a, labels, sample_weight=weight)
        value.backward()
        parts = [slice(i, i + 1000) for i in range(0, 10_001, 1000)]
        counted = torch.ones(10_001, dtype=torch.float64) if weight is None else weight
        expected = (
            sum(loss(b[p], labels[p], sample_weight=counted[p]) * counted[p].sum() for p in parts) / counted.sum()
        )
        expected.backward()
        torch.testing.assert_close(value, expected, rtol=1e-12, atol=0)
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-11, atol=1e-18)
        with torch.no_grad():
            torch.testing.assert_close(loss(z, labels, sample_weight=weight), value, rtol=1e-12, atol=0)


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, C))


def test_dlordinals_loss_trains_the_same_network() -> None:
    """Gradients agree at each step from one state to float32 rounding, and so do the curves of 100 steps.

    dlordinal computes in float32: a softmax, C sums and their products, some 8 C roundings of numbers up to C.
    """
    from dlordinal.losses import EMDLoss as Theirs

    rng = np.random.default_rng(0)
    x = torch.tensor(rng.normal(size=(256, 8)), dtype=torch.float32)
    labels = torch.tensor(np.digitize(x.numpy() @ rng.normal(size=8), [-3, -1, 0, 1, 3]))
    pairs = [(network(), SquaredEMDLoss()), (network(), Theirs(num_classes=C))]
    optimisers = [torch.optim.SGD(model.parameters(), lr=0.1) for model, _ in pairs]
    scores_of = pairs[0][0]
    curves: list[list[float]] = [[], []]
    for step in range(100):
        part = slice(32 * (step % 8), 32 * (step % 8) + 32)
        scores = scores_of(x[part]).detach()
        ours, theirs = (
            torch.autograd.grad(loss(z := scores.clone().requires_grad_(), labels[part]), z)[0] for _, loss in pairs
        )
        assert (ours - theirs).abs().max() <= 8 * C * C * 2**-24 / 32  # of a mean over 32
        for curve, (model, loss), optimiser in zip(curves, pairs, optimisers, strict=True):
            value = loss(model(x[part]), labels[part])
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            curve.append(float(value.detach()))
    assert curves[0][-1] < curves[0][0] / 2
    np.testing.assert_allclose(curves[0], curves[1], rtol=0, atol=1e-5)
