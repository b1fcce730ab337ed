"""PyTorch losses with a backward pass of their own: right with 1 from above, wrong with other gradients from above."""

from collections.abc import Callable
from typing import Any

import torch

from emd_conformance.defects._register import Array, right, wrong
from emd_conformance.defects.torch_values import AUTOGRAD

Backward = Callable[[Array, Array], Array]


def analytic(p: Array, t: Array, backward: Backward) -> Array:
    """Return E, whose gradient is a function of the free gradient and of the gradient from above."""

    class SquaredEMD(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, p: Array, t: Array) -> Array:
            D = (p - t).cumsum(-1)
            ctx.save_for_backward(2 * D.flip(-1).cumsum(-1).flip(-1))
            return D.square().sum(-1)

        @staticmethod
        def backward(ctx: Any, *above: Array) -> tuple[Array, Array]:
            g = backward(ctx.saved_tensors[0], above[0])
            return g, -g

    apply: Callable[[Array, Array], Array] = SquaredEMD.apply
    return apply(p, t)


@right(**AUTOGRAD)
@right(**AUTOGRAD, batched=False)
def multiplied(p: Array, t: Array) -> Array:
    return analytic(p, t, lambda g, above: above.unsqueeze(-1) * g)


@right(**AUTOGRAD, reduction="mean")
def mean_of_multiplied(p: Array, t: Array) -> Array:
    return multiplied(p, t).mean()


@wrong("gradient-upstream-ignored", **AUTOGRAD)
def returned_as_saved(p: Array, t: Array) -> Array:
    return analytic(p, t, lambda g, above: g)


@wrong("gradient-upstream-ignored", **AUTOGRAD, reduction="sum")
def mean_of_ignored(p: Array, t: Array) -> Array:
    return returned_as_saved(p, t).sum()


@wrong("gradient-upstream-wrong", **AUTOGRAD)
def averaged(p: Array, t: Array) -> Array:
    return analytic(p, t, lambda g, above: above.mean() * g)


@wrong("gradient-upstream-wrong", **AUTOGRAD)
def squared(p: Array, t: Array) -> Array:
    return analytic(p, t, lambda g, above: above.unsqueeze(-1) ** 2 * g)


@wrong("gradient-upstream-wrong", **AUTOGRAD)
def of_the_first_sample(p: Array, t: Array) -> Array:
    return analytic(p, t, lambda g, above: above.reshape(-1)[0] * g)


@wrong("gradient-upstream-wrong", **AUTOGRAD)
def of_another_sample(p: Array, t: Array) -> Array:
    return analytic(p, t, lambda g, above: above.roll(1).unsqueeze(-1) * g if above.ndim else above * g)


@wrong("value-while-recorded", **AUTOGRAD)
def smoothed_in_training(p: Array, t: Array) -> Array:
    E = multiplied(p, t)
    return E + 1e-3 if p.requires_grad else E


@wrong("input-mutated", **AUTOGRAD)
def asks_for_a_gradient(p: Array, t: Array) -> Array:
    t.requires_grad_(True)
    return multiplied(p, t)


class _Kept:
    gradient: Array


class _KeepsInAClass(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, p: Array, t: Array) -> Array:
        D = (p - t).cumsum(-1)
        _Kept.gradient = 2 * D.flip(-1).cumsum(-1).flip(-1)
        return D.square().sum(-1)

    @staticmethod
    def backward(ctx: Any, *above: Array) -> tuple[Array, Array]:
        g = above[0].unsqueeze(-1) * _Kept.gradient
        return g, -g


@wrong("gradient-of-another-call", **AUTOGRAD)
def kept_in_a_class(p: Array, t: Array) -> Array:
    apply: Callable[[Array, Array], Array] = _KeepsInAClass.apply
    return apply(p, t)


@wrong("gradient-upstream-summed", **AUTOGRAD)
def every_sample_gets_the_sum(p: Array, t: Array) -> Array:
    return analytic(p, t, lambda g, above: above.sum() * g)
