"""Contenders that differentiate: PyTorch, torch.compile, JAX and the losses written for them."""

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.speed.cases import Case
from benchmarks.speed.contenders import Contender

import emd_ref


def torch_eager(c: Case) -> Iterator[Contender]:
    """emd_ref, dlordinal and the naive loss on tensors."""
    import torch
    from dlordinal.losses import EMDLoss

    from emd_ref.torch import SquaredEMDLoss

    p, t, z, k = (torch.from_numpy(x) for x in (c.p, c.t, c.z, c.k))
    own, value = emd_ref.squared_emd_value_and_grad, emd_ref.squared_emd
    yield Contender("emd_ref, PyTorch", "gradient", "ours", lambda: own(p, t, check=False), wide=True)
    yield Contender("emd_ref, PyTorch", "value", "ours", lambda: (value(p, t, check=False), None), wide=True)
    yield Contender("emd_ref, PyTorch", "logits", "ours", lambda: own(z, k, from_logits=True, check=False), wide=True)
    p_leaf, z_leaf = (x.clone().requires_grad_() for x in (p, z))
    loss, logits_loss = (SquaredEMDLoss(from_logits=b, reduction="none", check=False) for b in (False, True))
    name = "emd_ref.torch.SquaredEMDLoss"
    yield Contender(name, "gradient", "ours", _backward(lambda: loss(p_leaf, t), p_leaf), wide=True)
    yield Contender(name, "logits", "ours", _backward(lambda: logits_loss(z_leaf, k), z_leaf), wide=True)
    eager, eager_logits = _naive_torch(c.shape[1])
    yield Contender("PyTorch autograd", "gradient", "peer", _backward(lambda: eager(p_leaf, t), p_leaf))
    yield Contender("PyTorch autograd", "value", "peer", lambda: (eager(p, t), None))
    yield Contender("PyTorch autograd", "logits", "peer", _backward(lambda: eager_logits(z_leaf, k), z_leaf))
    theirs = EMDLoss(num_classes=c.shape[1])
    yield Contender("dlordinal EMDLoss", "logits", "peer", _backward(lambda: theirs(z_leaf, k), z_leaf), mean=True)


def torch_compiled(c: Case) -> Iterator[Contender]:
    """The naive loss, compiled for the shape of the case."""
    import torch

    torch._dynamo.reset()  # torch.compile stops recompiling after several shapes
    eager, eager_logits = (torch.compile(f, dynamic=False) for f in _naive_torch(c.shape[1]))
    p, z = (torch.tensor(x, requires_grad=True) for x in (c.p, c.z))
    t, k = torch.from_numpy(c.t), torch.from_numpy(c.k)
    yield Contender("torch.compile", "gradient", "peer", _backward(lambda: eager(p, t), p))
    yield Contender("torch.compile", "logits", "peer", _backward(lambda: eager_logits(z, k), z))


def _naive_torch(classes: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    import torch

    def loss(p: Any, t: Any) -> Any:
        return ((p.cumsum(1) - t.cumsum(1)) ** 2).sum(1)

    def logits_loss(z: Any, k: Any) -> Any:
        return loss(torch.softmax(z, 1), torch.nn.functional.one_hot(k, classes).to(z.dtype))

    return loss, logits_loss


def _backward(loss: Callable[[], Any], leaf: Any) -> Callable[[], Any]:
    """Return a call that runs the forward and backward pass of the sum."""
    import torch

    def call() -> Any:
        E = loss()
        return E, torch.autograd.grad(E.sum(), leaf)[0]

    return call


def jax_compiled(c: Case) -> Iterator[Contender]:
    """emd_ref and the naive loss under jit; the 64-bit mode is on for float64 only."""
    import jax
    import jax.numpy as jnp

    from emd_ref.jax import squared_emd_loss

    jax.config.update("jax_enable_x64", c.dtype == "float64")
    wide = c.dtype == "float64"
    p, t, z, k = (jnp.asarray(x) for x in (c.p, c.t, c.z, c.k))

    def own(x: Any, y: Any, from_logits: bool = False) -> Any:
        return squared_emd_loss(x, y, from_logits=from_logits, reduction="none", check=False)

    def naive(x: Any, y: Any) -> Any:
        return ((jnp.cumsum(x, 1) - jnp.cumsum(y, 1)) ** 2).sum(1)

    def naive_logits(x: Any, y: Any) -> Any:
        return naive(jax.nn.softmax(x), jax.nn.one_hot(y, c.shape[1], dtype=x.dtype))

    def own_logits(x: Any, y: Any) -> Any:
        return own(x, y, from_logits=True)

    for name, kind, loss, logits_loss in (
        ("emd_ref.jax, jit", "ours", own, own_logits),
        ("JAX jit", "peer", naive, naive_logits),
    ):
        own_wide = wide and kind == "ours"
        yield Contender(name, "gradient", kind, _jitted(_with_gradient(loss), p, t), wide=own_wide)
        yield Contender(name, "value", kind, _jitted(lambda x, y, loss=loss: (loss(x, y), None), p, t), wide=own_wide)
        yield Contender(name, "logits", kind, _jitted(_with_gradient(logits_loss), z, k), wide=own_wide)


def _with_gradient(loss: Callable[..., Any]) -> Callable[..., Any]:
    import jax

    def total(x: Any, y: Any) -> Any:
        E = loss(x, y)
        return E.sum(), E

    def both(x: Any, y: Any) -> Any:
        (_, E), g = jax.value_and_grad(total, has_aux=True)(x, y)
        return E, g

    return both


def _jitted(function: Callable[..., Any], *arrays: Any) -> Callable[[], Any]:
    import jax

    compiled = jax.jit(function)
    return lambda: jax.block_until_ready(compiled(*arrays))
