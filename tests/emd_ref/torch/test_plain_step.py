"""The most common training step has a short way: what takes it, and that the result is that of the general way."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from emd_conformance import assert_right
from support.torch_losses import C, batch, losses
from torch import Tensor

from emd_ref.torch import SquaredEMDLoss, _unrecorded


def is_plain(loss: Tensor) -> bool:
    return type(loss.grad_fn).__name__ == "PlainStepBackward"


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(("dtype", "eps"), [(torch.float64, 2**-52), (torch.float32, 2**-23)], ids=str)
@pytest.mark.parametrize("name", ["ordered", "positions", "circular", "tree"])
@pytest.mark.parametrize("N", [8, 1000, 30_001], ids=["by NumPy", "by PyTorch", "in blocks"])
def test_it_is_the_general_way(
    N: int, name: str, dtype: torch.dtype, eps: float, reduction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    z, labels = batch(N, dtype)
    z[0, 1] = -torch.inf  # labels are 0 .. C-1 in turn, and the label of the first sample is not 1
    for loss in losses(name):
        loss.reduction = reduction
        results = []
        for plain in (True, False):
            if not plain:
                monkeypatch.setattr(loss, "_plain_step", lambda input, target: None)
            scores = z.clone().requires_grad_()
            value = loss(scores, labels)
            assert is_plain(value) == plain
            value.backward(torch.full_like(value, 3.0))
            results.append((value.detach(), scores.grad))
        for got, expected in zip(*results, strict=True):
            torch.testing.assert_close(got, expected, rtol=64 * eps, atol=64 * eps * float(expected.abs().max()))


@pytest.mark.parametrize("middle", [0.0, 690.0, 710.0, 1000.0, -690.0, -740.0, -1000.0])
@pytest.mark.parametrize("spread", [1.0, 200.0])
@pytest.mark.parametrize("by_numpy", [True, False], ids=["powers by NumPy", "powers by PyTorch"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_steps_are_right_whatever_the_powers_of_logits_are(
    dtype: torch.dtype, by_numpy: bool, spread: float, middle: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_unrecorded, "AVX512", by_numpy)
    z, labels = batch(1000, dtype)
    z = (z * spread + middle).requires_grad_()
    with np.errstate(all="raise"):
        value = SquaredEMDLoss(reduction="none")(z, labels)
        value.sum().backward()
    assert is_plain(value)
    asked = slice(None, None, 41)  # exact arithmetic takes time, and each sample has its own answer
    assert_right(value[asked], z[asked], labels[asked], gradient=z.grad[asked], from_logits=True)


def test_sums_of_the_last_are_right_but_for_a_constant() -> None:
    _unrecorded.WORKSPACE.begin()
    x = torch.tensor([[1.0, 2.0, 4.0], [0.5, 0.0, -1.0]], dtype=torch.float64)
    sums = _unrecorded.UNRECORDED.suffix_sum(x, times=2.0)
    assert (sums + 2.0 * x.sum(-1, keepdim=True)).tolist() == [[14.0, 12.0, 8.0], [-1.0, -2.0, -2.0]]


def logits(dtype: torch.dtype = torch.float32) -> Tensor:
    return batch(dtype=dtype)[0].requires_grad_()


LABELS = batch()[1]


@pytest.mark.parametrize(
    "ask",
    [
        lambda: SquaredEMDLoss()(logits(torch.float16), LABELS),
        lambda: SquaredEMDLoss()(logits(torch.bfloat16), LABELS),
        lambda: SquaredEMDLoss()(logits(), LABELS.int()),
        lambda: SquaredEMDLoss()(logits(), torch.full((8, C), 1 / C)),
        lambda: SquaredEMDLoss()(logits(), LABELS, torch.ones(8)),
        lambda: SquaredEMDLoss()(logits().detach(), LABELS),
        lambda: SquaredEMDLoss()(logits()[0], LABELS[0]),
        lambda: SquaredEMDLoss()(logits()[..., None].expand(8, C, 2), LABELS[:, None].expand(8, 2)),
        lambda: SquaredEMDLoss()(logits(), LABELS.where(LABELS > 0, -100)),
        lambda: SquaredEMDLoss(ignore_index=2)(logits(), LABELS),
        lambda: SquaredEMDLoss(from_logits=False)(logits().softmax(1), LABELS),
    ],
)
def test_other_steps_go_the_general_way(ask: Callable[[], Tensor]) -> None:
    loss = ask()
    assert torch.isfinite(loss)
    assert not is_plain(loss)


def test_modes_of_pytorch_go_the_general_way() -> None:
    with torch.no_grad():
        assert not is_plain(SquaredEMDLoss()(logits(), LABELS))
    with torch.autocast("cpu"):  # the result is float32
        assert not is_plain(SquaredEMDLoss()(logits(torch.float64), LABELS))


@pytest.mark.parametrize(
    ("place", "what", "said"),
    [((3, 2), torch.nan, "nan"), ((3, 2), torch.inf, "inf"), ((3, slice(None)), -torch.inf, "inf")],
)
def test_invalid_logits_are_refused_in_words(place: Any, what: float, said: str) -> None:
    z = logits().detach()
    z[place] = what
    with pytest.raises(ValueError, match=rf"`input`\[3.*{said}"):
        SquaredEMDLoss()(z.requires_grad_(), LABELS)


@pytest.mark.parametrize("label", [-1, C, 2**40, -(2**63)])
def test_invalid_labels_are_refused_in_words(label: int) -> None:
    labels = LABELS.clone()
    labels[5] = label
    with pytest.raises(ValueError, match=rf"`target`\[5\].*{label}"):
        SquaredEMDLoss()(logits(), labels)


def test_a_second_backward_pass_finds_what_the_first_one_found() -> None:
    z = logits()
    loss = SquaredEMDLoss()(z, LABELS)
    loss.backward(retain_graph=True)
    assert z.grad is not None
    first = z.grad.clone()
    loss.backward()
    torch.testing.assert_close(z.grad, 2 * first, rtol=0, atol=0)


def test_gradients_can_be_differentiated() -> None:
    z = logits(torch.float64)
    assert is_plain(SquaredEMDLoss()(z, LABELS))
    for reduction in ("mean", "sum", "none"):
        loss = SquaredEMDLoss(reduction=reduction)
        assert torch.autograd.gradcheck(lambda x, loss=loss: loss(x, LABELS), z)
        assert torch.autograd.gradgradcheck(lambda x, loss=loss: loss(x, LABELS), z)
