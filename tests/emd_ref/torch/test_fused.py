"""emd_ref.torch.FusedSquaredEMDLoss: the kernels inside PyTorch's passes, on a CPU, and on a GPU where there is one."""

import sys
from types import SimpleNamespace
from typing import Any

import emd_conformance
import pytest
import torch
from support import draw

from emd_ref import Circular, Ordered
from emd_ref.kernels import cupy as cupy_kernels
from emd_ref.torch import FusedSquaredEMDLoss, SquaredEMDLoss
from emd_ref.torch._fused import _kernel

numba_kernels = pytest.importorskip(
    "emd_ref.kernels.numba", reason="numba is not installed: pip install 'emd-ref[numba]'"
)
C = 6


@pytest.fixture(params=["cpu", "cuda"])
def device(request: pytest.FixtureRequest) -> str:
    if request.param == "cuda":
        pytest.importorskip("cupy", reason="CuPy is not installed: these tests need a GPU")
    return request.param


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls of a kernel."""
    seen: list[str] = []
    for name, module in (("numba", numba_kernels), ("cupy", cupy_kernels)):
        own = module.squared_emd_value_and_grad

        def counted(*arrays: Any, name: str = name, own: Any = own, **options: Any) -> Any:
            seen.append(name)
            return own(*arrays, **options)

        monkeypatch.setattr(module, "squared_emd_value_and_grad", counted)
    return seen


def batch(device: str = "cpu", dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    z = 2 * torch.randn(8, C, dtype=torch.float64, generator=generator)
    return z.to(dtype).to(device).requires_grad_(), (torch.arange(8) % C).to(device)


@pytest.mark.parametrize("input", ["logits", "probabilities"])
@pytest.mark.parametrize("target", ["labels", "distribution"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_it_conforms(device: str, input: str, target: str, reduction: str) -> None:
    """Every third case: the kernel itself is examined with all of them."""
    loss = FusedSquaredEMDLoss(from_logits=input == "logits", reduction=reduction)

    def there(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return loss(p.to(device), t.to(device)).cpu()

    options = {"input": input, "target": target, "reduction": reduction, "array": "torch", "grad": "autograd"}
    report = emd_conformance.run(there, validates=True, cases=emd_conformance.vectors()[::3], **options)
    assert report.verdict == "conforms", str(report)


def test_a_step_is_one_call_of_the_kernel_of_its_device(device: str, steps: list[str]) -> None:
    z, labels = batch(device)
    loss = FusedSquaredEMDLoss()
    value = loss(z, labels)
    value.backward()
    assert steps == [{"cpu": "numba", "cuda": "cupy"}[device]]
    with torch.no_grad():
        assert loss(z, labels) == SquaredEMDLoss()(z, labels)
    assert len(steps) == 1


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("ground", [Ordered(), Ordered([0, 1, 1.5, 4, 5, 9])], ids=["unit", "positions"])
def test_options_work_as_in_the_loss_without_a_kernel(device: str, ground: Ordered, dtype: torch.dtype) -> None:
    """Maps, weights, ignored labels: they differ by some roundings of the dtype, as each pass may round twice."""
    z, labels = batch(device, dtype)
    maps, targets = (x.detach().reshape(2, 4, *x.shape[1:]).movedim(1, -1) for x in (z, labels))
    targets = targets.clone()
    targets[0, 1] = -100
    weight = torch.linspace(0.5, 2.0, 8, device=device).reshape(2, 4)
    results = []
    for kind in (FusedSquaredEMDLoss, SquaredEMDLoss):
        leaf = maps.clone().requires_grad_()
        value = kind(ground=ground)(leaf, targets, weight)
        value.backward()
        results.append((value.detach(), leaf.grad))
    (value, g), (wanted, wanted_g) = results
    eps = torch.finfo(dtype).eps
    assert (value.dtype, g.dtype, g.shape) == (dtype, dtype, maps.shape)
    torch.testing.assert_close(value, wanted, rtol=4 * eps, atol=0)
    torch.testing.assert_close(g, wanted_g, rtol=4 * eps, atol=4 * eps * float(wanted_g.abs().max()))
    assert not g[0, :, 1].any()


def test_one_sample_may_be_a_vector(device: str) -> None:
    z = torch.tensor([0.25, 0.25, 0.5], device=device, requires_grad=True)
    value = FusedSquaredEMDLoss(from_logits=False)(z, torch.tensor(0, device=device))
    value.backward()
    assert (value.item(), value.dtype, z.grad.tolist()) == (0.8125, torch.float32, [-2.5, -1.0, 0.0])


def test_it_can_be_differentiated_twice(device: str) -> None:
    z, labels = batch(device)
    loss = FusedSquaredEMDLoss()
    assert torch.autograd.gradcheck(lambda x: loss(x, labels), (z,))
    assert torch.autograd.gradgradcheck(lambda x: loss(x, labels), (z,))


def test_arguments_that_the_kernels_do_not_take_are_refused() -> None:
    z, labels = batch(dtype=torch.bfloat16)
    with pytest.raises(ValueError, match=r"`ground` is Circular.*use SquaredEMDLoss"):
        FusedSquaredEMDLoss(ground=Circular())
    with pytest.raises(TypeError, match=r"`input` has dtype torch.bfloat16: cast it to float32"):
        FusedSquaredEMDLoss()(z, labels)
    with pytest.raises(ValueError, match=r"`input` is on device mps"):
        _kernel(SimpleNamespace(dtype=torch.float32, device=torch.device("mps")))
    with pytest.raises(ValueError, match=r"`target`\[0\] is 6: it must be a label from 0 to 5"):
        FusedSquaredEMDLoss()(z.detach().float().requires_grad_(), labels + 6)


def test_a_gpu_is_reached_through_dlpack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a GPU, the test sees which kernel is chosen, and that CuPy gets the tensor without its gradient."""
    seen: list[Any] = []
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(from_dlpack=seen.append))
    kernel, lent, given_back = _kernel(SimpleNamespace(dtype=torch.float32, device=torch.device("cuda")))
    lent(torch.ones(2, requires_grad=True))
    assert kernel is cupy_kernels.squared_emd_value_and_grad
    assert (seen[0].requires_grad, seen[0].tolist()) == (False, [1.0, 1.0])
    assert given_back(draw.pairs(3)[0]).tolist() == draw.pairs(3)[0].tolist()


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # PyTorch warns behind any graph break
def test_torch_compile_breaks_its_graph_and_vmap_is_refused() -> None:
    z, labels = batch()
    loss = FusedSquaredEMDLoss(reduction="none")
    compiled = torch.compile(lambda x: 2 * loss(2 * x, labels), backend="eager")
    (got,) = torch.autograd.grad(compiled(z).sum(), z)
    (wanted,) = torch.autograd.grad(2 * loss(2 * z, labels).sum(), z)
    assert torch.equal(got, wanted)
    with pytest.raises(RuntimeError, match="vmap"):
        torch.func.vmap(torch.func.grad(lambda x, k: loss(x, k).sum()))(z.detach(), labels)
