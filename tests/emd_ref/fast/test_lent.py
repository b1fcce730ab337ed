"""NumPy computes with the tensors of a CPU, and nobody sees it: what PyTorch must do itself, it does."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from support import draw
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
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
def test_others_are_not(x: Tensor) -> None:
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


def test_a_number_negated_in_a_view_is_read_as_it_is() -> None:
    p = torch.complex(torch.zeros(C).double(), -pair()[0][0]).conj().imag
    assert p.is_neg()
    assert torch.equal(emd_ref.squared_emd(p, 0), emd_ref.squared_emd(p.clone(), 0))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
def test_a_traced_function_computes_with_what_it_is_given() -> None:
    p, t = pair()
    traced = torch.jit.trace(lambda p, t: emd_ref.squared_emd(p, t, check=False), (p, t))
    torch.testing.assert_close(traced(p, p.roll(1, 0)), emd_ref.squared_emd(p, p.roll(1, 0)), rtol=1e-13, atol=0)


def test_a_compiler_is_not_told_to_lend() -> None:
    p, t = pair()
    torch._dynamo.reset()
    asked = torch.compile(can_be_lent, fullgraph=True, backend="eager")
    assert asked(p, t, emd_ref.Ordered()) is False
    compiled = torch.compile(emd_ref.squared_emd, fullgraph=True, backend="eager")(p, t)
    torch.testing.assert_close(compiled, emd_ref.squared_emd(p, t), rtol=1e-13, atol=0)


def test_every_sample_of_a_map_is_computed() -> None:
    p, t = pair()
    assert torch.func.vmap(lambda x: x if is_plain(x) else -x)(p).lt(0).any()
    mapped = torch.func.vmap(emd_ref.squared_emd)(p, t)
    torch.testing.assert_close(mapped, emd_ref.squared_emd(p, t), rtol=1e-13, atol=0)


def test_a_graph_of_operations_can_be_made() -> None:
    p, t = pair()
    graph = make_fx(lambda p, t: emd_ref.squared_emd(p, t, check=False))(p, t)
    assert any("cumsum" in str(node.target) for node in graph.graph.nodes)
    torch.testing.assert_close(graph(p, p.roll(1, 0)), emd_ref.squared_emd(p, p.roll(1, 0)), rtol=1e-13, atol=0)


def test_operations_can_be_counted_and_faked() -> None:
    p, t = pair()
    ground = emd_ref.GroundDistance(draw.metric_matrix(C))
    with FlopCounterMode(display=False) as counter:
        emd_ref.squared_emd(p, t, ground=ground, check=False)
    assert counter.get_total_flops() == 2 * len(p) * C * C
    with FakeTensorMode() as mode:
        fake = emd_ref.squared_emd(mode.from_tensor(p), mode.from_tensor(t), check=False)
    assert fake.shape == p.shape[:1]


def test_a_loss_can_be_made_a_graph_and_faked() -> None:
    z, labels = pair()[0], torch.arange(len(pair()[0])) % C
    loss = SquaredEMDLoss(check=False)
    graph = make_fx(lambda z, k: loss(z, k))(z, labels)
    kept = labels.clone()
    kept[::2] = -100
    torch.testing.assert_close(graph(z, kept), loss(z, kept), rtol=1e-13, atol=0)
    with FakeTensorMode() as mode:
        assert loss(mode.from_tensor(z), mode.from_tensor(labels)).shape == ()


@pytest.mark.filterwarnings("ignore:`torch.jit.script`:DeprecationWarning")  # by PyTorch itself
def test_a_directional_derivative_goes_through() -> None:
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
