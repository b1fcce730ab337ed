"""Wrong gradients in PyTorch, by an author who knew the specification alone."""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from emd_conformance.defects._independent import function, squared_emd
from emd_conformance.defects._register import Array, wrong

TORCH: dict[str, Any] = {"array": "torch", "grad": "autograd"}


LABELS: dict[str, Any] = {**TORCH, "input": "logits", "target": "labels"}


@wrong("gradient-wrong-softmax", **LABELS)
@function
class BackwardOfSoftmaxShort(torch.autograd.Function):
    """Softmax's backward pass without the term of the sum."""

    @staticmethod
    def forward(ctx: Any, z: Array, k: Array) -> Array:
        p = torch.softmax(z, -1)
        gap = torch.cumsum(p - F.one_hot(k, z.shape[-1]), -1)
        ctx.save_for_backward(p, gap)
        return (gap * gap).sum(-1)

    @staticmethod
    def backward(ctx: Any, *above: Array) -> Any:
        (up,) = above
        p, gap = ctx.saved_tensors
        g = 2 * gap.flip(-1).cumsum(-1).flip(-1)
        return up.unsqueeze(-1) * p * g, None


@wrong("root-gradient-nan", computes="sqrt(E/C)", **TORCH)
def root_without_care(p: Array, t: Array) -> Array:
    """The root has a gradient of NaN at 0."""
    return torch.sqrt(torch.cumsum(p - t, -1).square().mean(-1))


@wrong("gradient-fails", **TORCH)
def detached(p: Array, t: Array) -> Array:
    """The CDF is detached."""
    return squared_emd(p.detach(), t)


@wrong("gradient-fails", reduction="mean", **TORCH)
def made_anew(p: Array, t: Array) -> Array:
    """The result is made anew from numbers."""
    return torch.tensor(squared_emd(p, t).mean().item(), dtype=p.dtype)


@wrong("gradient-no-2", **TORCH)
def half_detached(p: Array, t: Array) -> Array:
    """One factor of the square is detached."""
    gap = torch.cumsum(p - t, -1)
    return (gap * gap.detach()).sum(-1)


@wrong("gradient-twice-2", **TORCH)
def doubled_by_hook(p: Array, t: Array) -> Array:
    """A hook doubles the gradient."""
    q = p * 1
    if q.requires_grad:
        q.register_hook(lambda g: g * 2)
    return squared_emd(q, t)


@wrong("gradient-wrong-softmax", input="logits", **TORCH)
def constant_denominator(z: Array, t: Array) -> Array:
    """The second path to the logits is detached."""
    e = torch.exp(z - z.max(-1, keepdim=True).values.detach())
    return squared_emd(e / e.sum(-1, keepdim=True).detach(), t)


@wrong("gradient-fails", **TORCH)
@torch.no_grad()
def without_graph(p: Array, t: Array) -> Array:
    """Switches gradients off in evaluation style."""
    return squared_emd(p, t)


@wrong("gradient-of-l1", **TORCH)
def straight_through(p: Array, t: Array) -> Array:
    """Straight-through: the forward value of E, the gradient of the EMD."""
    gap = torch.cumsum(p - t, -1)
    soft = gap.abs().sum(-1)
    return soft + (gap.square().sum(-1) - soft).detach()


@wrong("input-mutated", **TORCH)
def asks_for_gradients(p: Array, t: Array) -> Array:
    """Asks for gradients of the caller's tensor."""
    if p.is_leaf:
        p.requires_grad_(True)
    return squared_emd(p, t)
