"""The reference's gradient as PyTorch's backward pass.

It is computed from the inputs, so that it can be differentiated again, mapped by `torch.func` and compiled.
"""

import inspect
from functools import partial
from typing import Any

import torch
from torch import Tensor

from emd_ref._arguments.options import Options
from emd_ref._evaluate import evaluate
from emd_ref._fast import lent
from emd_ref._fast.differentiable import differentiable_gradient
from emd_ref._formulas.batch import Formula
from emd_ref._libraries import torch_namespace as xp
from emd_ref._losses import Reduction, reduced

KEPT = 2**22  # numbers: a gradient of more of them is computed again by the backward pass, and not kept


class Analytic(torch.autograd.Function):
    """The loss of each sample in wide precision, and the reference's gradient beside it for the backward pass."""

    generate_vmap_rule = True

    @staticmethod
    def forward(predicted: Tensor, target: Tensor, formula: Formula, options: Options) -> tuple[Tensor, Tensor]:
        both: tuple[Tensor, Tensor] = evaluate(formula, "both", predicted, target, options)
        return both

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
        predicted, target, ctx.formula, ctx.options = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(predicted, target, output[1])

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None, None, None]:
        predicted, target, g = ctx.saved_tensors
        if torch.is_grad_enabled():  # somebody differentiates again
            g = differentiable_gradient(ctx.formula, predicted, target, ctx.options)
        return (upstream[0].to(g.dtype).unsqueeze(ctx.options.axis) * g).to(predicted.dtype), None, None, None


# PyTorch asks for the signature at every step, and Python would work it out each time.
Analytic.forward.__signature__ = inspect.signature(Analytic.forward)  # type: ignore[attr-defined]


class Step(torch.autograd.Function):
    """The reduced loss of tensors that can be lent to NumPy, as one operation of PyTorch.

    A very large batch keeps no gradient: its backward pass computes it in blocks of rows, whose memory stays in a
    cache.
    """

    @staticmethod
    def forward(
        ctx: Any,
        predicted: Tensor,
        target: Tensor,
        weight: Tensor | None,
        formula: Formula,
        options: Options,
        reduction: Reduction,
        dtype: torch.dtype,
    ) -> Tensor:
        ctx.formula, ctx.options, ctx.reduction = formula, options, reduction
        g = None
        if predicted.numel() > KEPT:
            each = lent.with_numpy(partial(evaluate, formula, "value"), predicted, target, options)
        else:
            each, g = lent.with_numpy(partial(evaluate, formula, "both"), predicted, target, options)
        ctx.save_for_backward(predicted, target, weight, g)
        ctx.count = each.numel()
        loss: Tensor = each.mean() if reduction == "mean" and weight is None else reduced(xp, each, weight, reduction)
        return loss.to(dtype)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        predicted, target, weight, g = ctx.saved_tensors
        scale = _of_each(upstream[0].double(), weight, ctx.reduction, ctx.count)
        options: Options = ctx.options
        if torch.is_grad_enabled():  # somebody differentiates again
            g = differentiable_gradient(ctx.formula, predicted, target, options)
        elif g is None:
            shape = predicted.shape[: options.axis] + predicted.shape[options.axis + 1 :]
            options = options._replace(check=False, wide=False)
            again = evaluate(ctx.formula, "gradient", predicted, target, options, scale.expand(shape))
            return again, *6 * (None,)
        return ((scale.unsqueeze(options.axis) if scale.ndim else scale) * g).to(predicted.dtype), *6 * (None,)


class PlainStep(torch.autograd.Function):
    """The reduced loss of logits and labels, which `_plain.step` has computed with its gradient already."""

    @staticmethod
    def forward(
        ctx: Any,
        logits: Tensor,
        labels: Tensor,
        computed: tuple[Tensor, Tensor],
        formula: Formula,
        options: Options,
        reduction: Reduction,
    ) -> Tensor:
        loss, ctx.gradient = computed
        ctx.formula, ctx.options, ctx.reduction = formula, options, reduction
        ctx.save_for_backward(logits, labels)
        return loss

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        logits, labels = ctx.saved_tensors
        if not torch.is_grad_enabled():
            return ctx.gradient * (upstream[0].unsqueeze(1) if upstream[0].ndim else upstream[0]), *5 * (None,)
        # Somebody differentiates again.
        of_each = _of_each(upstream[0].double(), None, ctx.reduction, len(labels))
        g = differentiable_gradient(ctx.formula, logits, labels, ctx.options)
        return ((of_each.unsqueeze(1) if of_each.ndim else of_each) * g).to(logits.dtype), *5 * (None,)


def _of_each(upstream: Tensor, weight: Tensor | None, reduction: Reduction, count: int) -> Tensor:
    """The derivative with respect to the loss of each sample, of the reduced loss times `upstream`."""
    if reduction == "mean":
        upstream = upstream / (count if weight is None else weight.double().sum())
    return upstream if weight is None else upstream * weight.double()
