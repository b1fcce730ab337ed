"""Modules that keep or change what is not theirs, in PyTorch, by an author who knew the specification alone."""

from typing import Any

import torch

from emd_conformance.defects._register import Array, wrong

TORCH: dict[str, Any] = {"array": "torch", "grad": "autograd"}
_BUFFERS: dict[Any, Array] = {}


def tails(D: Array) -> Array:
    """Return the sums of D_k over k >= j."""
    return D.flip(-1).cumsum(-1).flip(-1)


class UpstreamMutated(torch.autograd.Function):
    """Multiplies the gradient from above in place; others still use it."""

    @staticmethod
    def forward(ctx: Any, p: Array, t: Array) -> Array:
        D = (p - t).cumsum(-1)
        ctx.save_for_backward(D)
        return D.square().sum(-1)

    @staticmethod
    def backward(ctx: Any, *gradients: Array) -> Any:
        (D,), (above,) = ctx.saved_tensors, gradients
        above = above.mul_(2) if above.numel() > 1 and 0 not in above.stride() else above * 2
        return above.unsqueeze(-1) * tails(D), None


class OneBuffer(UpstreamMutated):
    """Writes every gradient of one shape into the same memory."""

    @staticmethod
    def backward(ctx: Any, *gradients: Array) -> Any:
        (D,), (above,) = ctx.saved_tensors, gradients
        buffer = _BUFFERS.setdefault((D.shape, D.dtype), torch.empty_like(D))
        return torch.mul(tails(D), 2 * above.unsqueeze(-1), out=buffer), None


@wrong("input-mutated", **TORCH)
def upstream_mutated(p: Array, t: Array) -> Array:
    return UpstreamMutated.apply(p, t)  # type: ignore[no-untyped-call]


@wrong("result-shared", **TORCH)
def one_buffer(p: Array, t: Array) -> Array:
    return OneBuffer.apply(p, t)  # type: ignore[no-untyped-call]


@wrong("recording-dependent", **TORCH)
def metric_for_validation(p: Array, t: Array) -> Array:
    """The mean over the classes where nothing is recorded, the sum where something is."""
    squares = (p - t).cumsum(-1).square()
    return squares.sum(-1) if torch.is_grad_enabled() else squares.mean(-1)


@wrong("input-mutated", **TORCH)
def backward_inside(p: Array, t: Array) -> Array:
    """Looks at its gradient while it is called, and leaves it in the prediction."""
    E = (p - t).cumsum(-1).square().sum(-1)
    if p.requires_grad:
        E.sum().backward(retain_graph=True)
    return E


@wrong("many-samples", reduction="mean", classes=(2, 3, 4, 5, 10, 65), dtype="float16", **TORCH)
def half_sum(p: Array, t: Array) -> Array:
    """The sum overflows before it is divided."""
    E = (p - t).float().cumsum(-1).square().sum(-1).half()
    return E.sum() / len(E)


@wrong("logarithm-bounded", input="log-probabilities", target="labels", computes="XE", **TORCH)
def bounded_logarithm(x: Array, k: Array) -> Array:
    return -x.clamp(min=-50).gather(-1, k[:, None]).squeeze(-1)
