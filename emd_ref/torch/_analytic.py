"""The reference's gradient as PyTorch's backward pass.

It is computed from the inputs, so that it can be differentiated again, mapped by `torch.func` and compiled.
"""

import inspect
from typing import Any

import torch
from torch import Tensor

from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Options
from emd_ref._evaluate import evaluate
from emd_ref._fast.lent import can_be_lent
from emd_ref._fast.operations import operations
from emd_ref._formulas.batch import Formula

KEPT = 2**22  # numbers: to keep more of them in float64 costs more than to compute them again in blocks


class Analytic(torch.autograd.Function):
    """The loss of each sample in wide precision, and the reference's gradient beside it for the backward pass.

    A very large batch keeps no gradient: its backward pass computes it in blocks of rows, whose memory stays in a
    cache. A second derivative computes the gradient again too, from all rows at once.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(predicted: Tensor, target: Tensor, formula: Formula, options: Options) -> tuple[Tensor, Tensor]:
        if predicted.numel() > KEPT and can_be_lent(predicted, target, options.ground):
            return evaluate(formula, "value", predicted, target, options), predicted.new_empty(0)
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
        options = ctx.options._replace(check=False)
        if torch.is_grad_enabled():  # somebody differentiates again
            arguments = Arguments(predicted, target, options)
            ops = operations(arguments.xp, predicted)
            batch = arguments.batch(ops, arguments.scores, arguments.targets, check=False)
            g = ctx.formula(batch, options.ground)[1]().movedim(-1, arguments.axis)
        elif not g.numel():
            options = options._replace(wide=False)
            again = evaluate(ctx.formula, "gradient", predicted, target, options, upstream[0])
            return again, None, None, None
        return (upstream[0].to(g.dtype).unsqueeze(options.axis) * g).to(predicted.dtype), None, None, None


# PyTorch asks for the signature at every step, and Python would work it out each time.
Analytic.forward.__signature__ = inspect.signature(Analytic.forward)  # type: ignore[attr-defined]
