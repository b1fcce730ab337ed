"""Wrong backward passes in PyTorch, by an author who knew the specification alone."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from emd_conformance.defects._register import Array, Loss, wrong

TORCH: dict[str, Any] = {"array": "torch", "grad": "autograd"}
LABELS: dict[str, Any] = {**TORCH, "input": "logits", "target": "labels"}


def cumulative(p: Array, t: Array) -> Array:
    """Return the cumulative sums D_k of p - t."""
    return torch.cumsum(p - t, dim=-1)


def squared_emd(p: Array, t: Array) -> Array:
    """Return E."""
    return cumulative(p, t).square().sum(-1)


def tails(D: Array) -> Array:
    """Return the sums of D_k over k >= j."""
    return D.flip(-1).cumsum(-1).flip(-1)


def of(value: Loss, keep: Loss = cumulative) -> Callable[[Loss], Loss]:
    """Decorate a backward pass, of the gradient from above and of what was kept, to be the loss `value`."""

    def loss_of(backward_pass: Loss) -> Loss:
        class Node(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, *arguments: Array) -> Array:
                ctx.others = len(arguments) - 1
                ctx.save_for_backward(keep(*arguments))
                return value(*arguments)

            @staticmethod
            def backward(ctx: Any, *above: Array) -> Any:
                (up,) = above
                return backward_pass(up, *ctx.saved_tensors), *[None] * ctx.others

        def loss(*arguments: Array) -> Array:
            return Node.apply(*arguments)  # type: ignore[no-untyped-call]

        loss.__name__, loss.__module__ = backward_pass.__name__, backward_pass.__module__
        return loss

    return loss_of


@wrong("gradient-no-2", **TORCH)
@of(squared_emd)
def without_the_two(up: Array, D: Array) -> Array:
    return up.unsqueeze(-1) * tails(D)


@wrong("gradient-upstream-ignored", **TORCH)
@of(squared_emd)
def ignores_what_comes_from_above(up: Array, D: Array) -> Array:
    return 2 * tails(D)


@wrong("gradient-upstream-wrong", **TORCH)
@of(squared_emd)
def averages_what_comes_from_above(up: Array, D: Array) -> Array:
    return up.mean() * 2 * tails(D)


@wrong("gradient-upstream-wrong", **TORCH)
@of(squared_emd)
def magnitude_of_what_comes_from_above(up: Array, D: Array) -> Array:
    return (up**2).sqrt().unsqueeze(-1) * 2 * tails(D)


@wrong("gradient-reduction", reduction="mean", **TORCH)
@of(lambda p, t: squared_emd(p, t).mean())
def not_divided_by_the_batch(up: Array, D: Array) -> Array:
    return up * 2 * tails(D)


@wrong("gradient-prefix", **TORCH)
@of(squared_emd)
def sums_from_the_first_class(up: Array, D: Array) -> Array:
    return up.unsqueeze(-1) * 2 * D.cumsum(-1)


@wrong("gradient-no-tails", **TORCH)
@of(squared_emd)
def with_respect_to_the_cdf(up: Array, D: Array) -> Array:
    return up.unsqueeze(-1) * 2 * D


@wrong("gradient", **TORCH)
@of(squared_emd, keep=lambda p, t: cumulative(p, t).pow_(2))
def keeps_the_squares(up: Array, squares: Array) -> Array:
    return up.unsqueeze(-1) * 2 * tails(squares)


@wrong("gradient-clipped", **TORCH)
@of(squared_emd)
def clipped(up: Array, D: Array) -> Array:
    return up.unsqueeze(-1) * (2 * tails(D)).clamp(-1, 1)


@wrong("gradient", **TORCH)
@of(squared_emd)
def of_length_one(up: Array, D: Array) -> Array:
    g = tails(D)
    return up.unsqueeze(-1) * F.normalize(g - g.mean(-1, keepdim=True), dim=-1)


@wrong("gradient-of-squared", computes="W1", **TORCH)
@of(lambda p, t: cumulative(p, t).abs().sum(-1))
def of_the_squared_emd(up: Array, D: Array) -> Array:
    return up.unsqueeze(-1) * 2 * tails(D)


@wrong("gradient", computes="W1", **TORCH)
@of(lambda p, t: cumulative(p, t).abs().sum(-1))
def signs_from_the_first_class(up: Array, D: Array) -> Array:
    return up.unsqueeze(-1) * D.sign().cumsum(-1)


@wrong("gradient", computes="sqrt(E/C)", **TORCH)
@of(lambda p, t: cumulative(p, t).square().mean(-1).sqrt())
def without_the_root(up: Array, D: Array) -> Array:
    return up.unsqueeze(-1) * 2 * tails(D) / D.shape[-1]


@wrong("gradient-without-weights", ground="positions", **TORCH)
@of(lambda p, t, x: (torch.diff(x) * cumulative(p, t)[..., :-1] ** 2).sum(-1), keep=lambda p, t, x: cumulative(p, t))
def without_the_intervals(up: Array, D: Array) -> Array:
    return up.unsqueeze(-1) * 2 * F.pad(tails(D[..., :-1]), (0, 1))


@wrong("gradient", ground="circle", **TORCH)
@of(lambda p, t: 0.5 * (cumulative(p, t).roll(-(p.shape[-1] // 2), -1) - cumulative(p, t)).square().sum(-1))
def of_the_line(up: Array, D: Array) -> Array:
    return up.unsqueeze(-1) * 2 * tails(D)


@wrong("gradient-no-2", ground="matrix", **TORCH)
@of(lambda p, t, G: -0.5 * (((p - t) @ G) * (p - t)).sum(-1), keep=lambda p, t, G: (p - t) @ G)
def of_a_linear_form(up: Array, G_d: Array) -> Array:
    return -0.5 * up.unsqueeze(-1) * G_d


@wrong("gradient", **LABELS)
@of(
    lambda z, k: squared_emd(torch.softmax(z, -1), F.one_hot(k, z.shape[-1])),
    keep=lambda z, k: torch.softmax(z, -1) - F.one_hot(k, z.shape[-1]),
)
def of_the_cross_entropy(up: Array, d: Array) -> Array:
    return up.unsqueeze(-1) * d
