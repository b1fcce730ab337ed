"""Wrong values in PyTorch, by an author who knew the specification alone."""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from emd_conformance.defects._independent import function, squared_emd
from emd_conformance.defects._register import Array, wrong

TORCH: dict[str, Any] = {"array": "torch", "grad": "autograd"}


@wrong("computes='E/C'", reduction="mean", **TORCH)
def mse_of_cdfs(p: Array, t: Array) -> Array:
    """Mse_loss of the CDFs averages the classes, too."""
    return F.mse_loss(p.cumsum(-1), t.cumsum(-1))


LABELS: dict[str, Any] = {**TORCH, "input": "logits", "target": "labels"}


@wrong("softmax-along-batch", **LABELS)
def softmax_dim_zero(z: Array, k: Array) -> Array:
    """Softmax without a dimension is along axis 0 of 3-d input; here it is given as 0."""
    p = F.softmax(z, dim=0)
    return squared_emd(p, F.one_hot(k, z.shape[-1]))


@wrong("unexplained", **LABELS)
def one_hot_by_guess(z: Array, k: Array) -> Array:
    """One_hot without the number of classes."""
    t = F.one_hot(k).to(z.dtype)
    if t.shape[-1] < z.shape[-1]:
        z = z[:, : t.shape[-1]]
    return squared_emd(torch.softmax(z, -1), t)


@wrong("sum-along-batch", **TORCH)
def sum_over_batch(p: Array, t: Array) -> Array:
    """Sums over the batch, not over the classes."""
    return torch.cumsum(p - t, dim=1).square().sum(dim=0)


@wrong("low-precision", **LABELS)
def autocast_inside(z: Array, k: Array) -> Array:
    """The logits are halved to float16 inside."""
    p = torch.softmax(z.half(), -1)
    return squared_emd(p, F.one_hot(k, z.shape[-1]).half()).to(z.dtype)


@wrong("input-mutated", array="torch", input="logits")
def softmax_in_place(z: Array, t: Array) -> Array:
    """Softmax in the caller's tensor."""
    z.sub_(z.max(-1, keepdim=True).values).exp_()
    z.div_(z.sum(-1, keepdim=True))
    return squared_emd(z, t)


@wrong("changes-random-state", **TORCH)
def seeds_generator(p: Array, t: Array) -> Array:
    """Seeds the generator."""
    torch.manual_seed(42)
    w = torch.rand(3)
    return squared_emd(p, t) + 0 * w.sum()


@wrong("sum-along-batch", reduction="mean", **TORCH)
def divided_by_classes(p: Array, t: Array) -> Array:
    """Batchmean over batch and classes mixed up: the sum is divided by C."""
    return squared_emd(p, t).sum() / p.size(-1)


@wrong("batch-coupled-root", reduction="mean", computes="sqrt(E)", **TORCH)
def root_of_mean(p: Array, t: Array) -> Array:
    """Sum and mean disagree: the square root is taken after the mean."""
    return (squared_emd(p, t).mean() + 0.0).sqrt()


BackwardOfLargeHeads_LARGE = 100


@wrong("gradient", **TORCH, classes=(3, 100))
@function
class BackwardOfLargeHeads(torch.autograd.Function):
    """In the branch for many classes the reversed cumulative sum is shifted."""

    LARGE = 100

    @staticmethod
    def forward(ctx: Any, p: Array, t: Array) -> Array:
        d = p - t
        if d.shape[-1] < BackwardOfLargeHeads_LARGE:
            gap = torch.cumsum(d, -1)
        else:
            block = 32
            pad = -d.shape[-1] % block
            blocks = F.pad(d, (0, pad)).reshape(*d.shape[:-1], -1, block)
            inner = blocks.cumsum(-1)
            carry = inner[..., -1].cumsum(-1) - inner[..., -1]
            gap = (inner + carry.unsqueeze(-1)).flatten(-2)[..., : d.shape[-1]]
        ctx.save_for_backward(gap)
        return gap.square().sum(-1)

    @staticmethod
    def backward(ctx: Any, *above: Array) -> Any:
        (up,) = above
        (gap,) = ctx.saved_tensors
        if gap.shape[-1] < BackwardOfLargeHeads_LARGE:
            tail = gap.flip(-1).cumsum(-1).flip(-1)
        else:
            tail = gap.sum(-1, keepdim=True) - gap.cumsum(-1)
        return up.unsqueeze(-1) * 2 * tail, None


@wrong("gradient", **LABELS)
@function
class BackwardThroughBatch(torch.autograd.Function):
    """The gradient of a sample reaches its neighbour in the batch."""

    @staticmethod
    def forward(ctx: Any, z: Array, k: Array) -> Array:
        p = torch.softmax(z, -1)
        gap = torch.cumsum(p - F.one_hot(k, z.shape[-1]), -1)
        ctx.save_for_backward(p, gap)
        return gap.square().sum(-1)

    @staticmethod
    def backward(ctx: Any, *above: Array) -> Any:
        (up,) = above
        p, gap = ctx.saved_tensors
        g = 2 * (up.unsqueeze(-1) * gap).flatten().flip(0).cumsum(0).flip(0).view_as(gap)
        inner = (p * g).sum() / len(p)
        return p * (g - inner), None
