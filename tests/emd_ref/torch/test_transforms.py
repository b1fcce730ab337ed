"""The losses of emd_ref.torch inside PyTorch's transforms: compile, trace, vmap, tensors without memory."""

import pytest
import torch
from support.torch_losses import C, batch, losses

from emd_ref.torch import SquaredEMDLoss


@pytest.mark.costly
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # by PyTorch's own compiler
@pytest.mark.parametrize("name", ["ordered", "positions", "circular", "metric"])
def test_compiled_losses_are_the_same_and_have_no_graph_breaks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emd_ref._fast.lent.can_be_lent", lambda *arguments: False)  # the same sums, by PyTorch
    z, labels = batch()
    for loss in losses(name):
        torch._dynamo.reset()
        compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
        a, b = z.clone().requires_grad_(), z.clone().requires_grad_()
        compiled(a, labels).backward()
        loss(b, labels).backward()
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-14, atol=0)


def test_per_sample_gradients_by_vmap() -> None:
    z, labels = batch()
    for loss in losses("ordered"):
        per_sample = torch.func.vmap(torch.func.grad(lambda x, k, f=loss: f(x, k)))(z, labels)
        scores = z.clone().requires_grad_()
        loss(scores, labels).backward()
        torch.testing.assert_close(per_sample / len(z), scores.grad, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::DeprecationWarning")
def test_a_traced_loss_ignores_other_labels_than_those_it_was_traced_with(check: bool) -> None:
    z, labels = batch()
    loss = SquaredEMDLoss(check=check)
    traced = torch.jit.trace(lambda z, k: loss(z, k), (z, labels))
    expected = loss(z[2:], labels[2:])
    labels[:2] = -100
    torch.testing.assert_close(traced(z, labels), expected, rtol=1e-14, atol=0)
    labels[2] = C  # a trace has no checks, and what is asked of it has no answer
    assert traced(z, labels).isnan()


def test_tensors_without_memory_give_the_shape_of_the_loss() -> None:
    z = torch.zeros(4, C, device="meta")
    assert SquaredEMDLoss(reduction="none")(z, torch.zeros(4, dtype=torch.int64, device="meta")).shape == (4,)


def test_torch_func_may_leave_the_labels_outside() -> None:
    z, labels = batch()
    z, loss = z.detach(), SquaredEMDLoss()
    leaf = z.clone().requires_grad_()
    (wanted,) = torch.autograd.grad(loss(leaf, labels), leaf)
    torch.testing.assert_close(torch.func.grad(lambda x: loss(x, labels))(z), wanted)
    _, slope = torch.func.jvp(lambda x: loss(x, labels), (z,), (wanted,))
    torch.testing.assert_close(slope, (wanted * wanted).sum())
    hessian = torch.func.hessian(lambda x: loss(x, labels))(z)
    torch.testing.assert_close(hessian, torch.autograd.functional.hessian(lambda x: loss(x, labels), z))
