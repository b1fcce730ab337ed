"""CPU tensors lent to NumPy: which ones, and the cases in which PyTorch must compute itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from support import draw
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

import emd_ref
from emd_ref._fast.lent import can_be_lent, is_plain
from emd_ref.torch import SquaredEMDLoss

C = 6


def pair(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    p, t = (torch.tensor(x[:4], dtype=dtype) for x in draw.pairs(C))
    return p, t


class Marked(torch.Tensor):
    """A subclass, as libraries of units or of distributed tensors have."""


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.uint8, torch.int64])
def test_plain_tensors_are_lent(dtype: torch.dtype) -> None:
    assert is_plain(torch.zeros(3, dtype=dtype))
    assert is_plain(torch.nn.Parameter(torch.zeros(3), requires_grad=False))


@pytest.mark.parametrize(
    "x",
    [
        np.zeros(3),
        torch.zeros(3, dtype=torch.bfloat16),
        torch.zeros(3, requires_grad=True),
        torch.zeros(3, device="meta"),
        torch.zeros(3).as_subclass(Marked),
    ],
    ids=["NumPy", "bfloat16", "recorded", "no memory", "subclass"],
)
def test_other_arrays_are_not_lent(x: Tensor) -> None:
    assert not is_plain(x)


def test_without_recording_a_parameter_is_plain() -> None:
    with torch.no_grad():
        assert is_plain(torch.zeros(3, requires_grad=True))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("function", [emd_ref.squared_emd_value_and_grad, emd_ref.emd_value_and_grad])
def test_results_are_tensors_like_any_other(function: Callable, axis: int, dtype: torch.dtype) -> None:
    p, t = (x.movedim(-1, axis) for x in pair(dtype))
    before = p.clone(), t.clone()
    for x in function(p, t, axis=axis):
        assert (type(x), x.dtype, x.requires_grad) == (Tensor, dtype, False)
        x += 1.0  # it belongs to the caller
    assert torch.equal(p, before[0])
    assert torch.equal(t, before[1])
    (value,) = emd_ref.squared_emd(p.movedim(axis, 0)[:, :1], 0 * t.long()[0, :1], axis=0)
    assert value.shape == ()


def test_a_negated_view_is_lent_with_its_own_numbers() -> None:
    p = torch.complex(torch.zeros(C).double(), -pair()[0][0]).conj().imag
    assert p.is_neg()
    assert torch.equal(emd_ref.squared_emd(p, 0), emd_ref.squared_emd(p.clone(), 0))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
def test_a_traced_function_computes_with_its_own_arguments() -> None:
    p, t = pair()
    traced = torch.jit.trace(lambda p, t: emd_ref.squared_emd(p, t, check=False), (p, t))
    torch.testing.assert_close(traced(p, p.roll(1, 0)), emd_ref.squared_emd(p, p.roll(1, 0)), rtol=1e-13, atol=0)


def test_nothing_is_lent_to_a_compiled_function() -> None:
    p, t = pair()
    torch._dynamo.reset()
    asked = torch.compile(can_be_lent, fullgraph=True, backend="eager")
    assert asked(p, t, emd_ref.Ordered()) is False
    compiled = torch.compile(emd_ref.squared_emd, fullgraph=True, backend="eager")(p, t)
    torch.testing.assert_close(compiled, emd_ref.squared_emd(p, t), rtol=1e-13, atol=0)


def test_nothing_is_lent_inside_vmap() -> None:
    p, t = pair()
    assert torch.func.vmap(lambda x: x if is_plain(x) else -x)(p).lt(0).any()
    mapped = torch.func.vmap(emd_ref.squared_emd)(p, t)
    torch.testing.assert_close(mapped, emd_ref.squared_emd(p, t), rtol=1e-13, atol=0)


def test_a_graph_of_operations_holds_those_of_pytorch() -> None:
    p, t = pair()
    graph = make_fx(lambda p, t: emd_ref.squared_emd(p, t, check=False))(p, t)
    assert any("cumsum" in str(node.target) for node in graph.graph.nodes)
    torch.testing.assert_close(graph(p, p.roll(1, 0)), emd_ref.squared_emd(p, p.roll(1, 0)), rtol=1e-13, atol=0)


def test_dispatch_modes_see_the_operations() -> None:
    p, t = pair()
    ground = emd_ref.GroundDistance(draw.metric_matrix(C))
    with FlopCounterMode(display=False) as counter:
        emd_ref.squared_emd(p, t, ground=ground, check=False)
    assert counter.get_total_flops() == 2 * len(p) * C * C
    with FakeTensorMode() as mode:
        fake = emd_ref.squared_emd(mode.from_tensor(p), mode.from_tensor(t), check=False)
    assert fake.shape == p.shape[:1]


def test_a_loss_can_be_made_a_graph_and_run_on_fake_tensors() -> None:
    z, labels = pair()[0], torch.arange(len(pair()[0])) % C
    loss = SquaredEMDLoss(check=False)
    graph = make_fx(lambda z, k: loss(z, k))(z, labels)
    kept = labels.clone()
    kept[::2] = -100
    torch.testing.assert_close(graph(z, kept), loss(z, kept), rtol=1e-13, atol=0)
    with FakeTensorMode() as mode:
        assert loss(mode.from_tensor(z), mode.from_tensor(labels)).shape == ()


def test_forward_mode_derivatives_go_through_pytorch() -> None:
    p, t = pair()
    v = torch.tensor(np.random.default_rng(0).normal(size=p.shape))
    g = emd_ref.squared_emd_grad(p, t)
    with torch.autograd.forward_ad.dual_level():
        dual = emd_ref.squared_emd(torch.autograd.forward_ad.make_dual(p, v), t)
        tangent = torch.autograd.forward_ad.unpack_dual(dual).tangent
    torch.testing.assert_close(tangent, (g * v).sum(-1), rtol=1e-12, atol=1e-15)
    torch.testing.assert_close(
        torch.func.jvp(lambda p: emd_ref.squared_emd(p, t), (p,), (v,))[1], tangent, rtol=1e-12, atol=1e-15
    )


class Counter(TorchFunctionMode):
    """A mode that sees every function of PyTorch that is called."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(self, function: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(getattr(function, "__name__", repr(function)))
        return function(*args, **(kwargs or {}))


def test_a_torch_function_mode_sees_the_operations() -> None:
    p, t = pair()
    with Counter() as counter:
        assert not can_be_lent(p, t, emd_ref.Ordered())
        E = emd_ref.squared_emd(p, t)
    assert "cumsum" in counter.names
    torch.testing.assert_close(E, emd_ref.squared_emd(p, t), rtol=1e-13, atol=0)


def test_a_pytorch_that_does_not_tell_its_dispatch_modes_lends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    p, t = pair()
    expected = emd_ref.squared_emd(p, t)
    assert can_be_lent(p, t, emd_ref.Ordered())
    monkeypatch.delattr(torch._C, "_len_torch_dispatch_stack")
    assert not can_be_lent(p, t, emd_ref.Ordered())
    torch.testing.assert_close(emd_ref.squared_emd(p, t), expected, rtol=1e-13, atol=0)


def test_a_pytorch_that_does_not_tell_of_tracing_computes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    p, t = pair()
    recorded = p.clone().requires_grad_()
    expected = emd_ref.squared_emd_value_and_grad(p, t)
    monkeypatch.delattr("torch.jit.is_tracing")
    for given in (p, recorded):
        for got, right in zip(emd_ref.squared_emd_value_and_grad(given, t), expected, strict=True):
            torch.testing.assert_close(got.detach(), right, rtol=1e-13, atol=0)
    with pytest.raises(ValueError, match="`predicted`"):
        emd_ref.squared_emd(2 * recorded, t)
