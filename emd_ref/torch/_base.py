"""What the losses share: reading (N, C, ...) maps, weights, reductions, and an analytic backward pass.

The backward pass computes the reference's gradient from the inputs, so that it can be differentiated again, mapped by
`torch.func` and compiled.
"""

import inspect
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn

from emd_ref._arrays import is_lent, known
from emd_ref._evaluate import Core, are_lent, evaluate
from emd_ref._samples import Samples, samples
from emd_ref.ground import Ground, GroundDistance

Reduction: TypeAlias = Literal["none", "mean", "sum"]


KEPT = 2**22  # numbers: to keep more of them in float64 costs more than to compute them again in blocks


class Analytic(torch.autograd.Function):
    """The loss of each sample, in wide precision, and the reference's gradient beside it for the backward pass.

    A very large batch keeps no gradient: its backward pass computes it in blocks of rows, whose memory stays in a
    cache. A second derivative computes it again too, from all rows at once.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(
        predicted: Tensor, target: Tensor, core: Core, ground: Ground, options: dict[str, Any]
    ) -> tuple[Tensor, Tensor]:
        if predicted.numel() > KEPT and are_lent(predicted, target, ground):
            return evaluate("value", core, predicted, target, ground=ground, **options), predicted.new_empty(0)
        both: tuple[Tensor, Tensor] = evaluate("both", core, predicted, target, ground=ground, **options)
        return both

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
        predicted, target, ctx.core, ctx.ground, ctx.options = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(predicted, target, output[1])

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None, None, None, None]:
        predicted, target, g = ctx.saved_tensors
        options = {**ctx.options, "check": False}
        if torch.is_grad_enabled():  # somebody differentiates again
            s = samples(predicted, target, ground=ctx.ground, **options)
            g = s.gradient(ctx.core(s, ctx.ground)[1]())
        elif not g.numel():
            options["wide"] = False
            again = evaluate(
                "gradient", ctx.core, predicted, target, ground=ctx.ground, upstream=upstream[0], **options
            )
            return again, None, None, None, None
        return (upstream[0].to(g.dtype).unsqueeze(options["axis"]) * g).to(predicted.dtype), None, None, None, None


# PyTorch asks for the signature at every step, and Python would work it out each time.
Analytic.forward.__signature__ = inspect.signature(Analytic.forward)  # type: ignore[attr-defined]


class Loss(nn.Module):
    """What the losses share: labels or distributions in, the mean, the sum or one number a sample out."""

    analytic: type[Analytic] = Analytic

    def __init__(
        self, *, ground: Ground, from_logits: bool, reduction: Reduction, ignore_index: int, check: bool
    ) -> None:
        super().__init__()
        if reduction not in ("none", "mean", "sum"):
            raise ValueError(f"`reduction` is {reduction!r}: wanted 'none', 'mean' or 'sum'")
        self.from_logits, self.reduction, self.ignore_index, self.check = from_logits, reduction, ignore_index, check
        self._ground = ground
        distances = ground.distances if isinstance(ground, GroundDistance) else None
        if isinstance(distances, nn.Parameter):
            self.distances: Tensor | None = distances
        else:
            self.register_buffer("distances", None if distances is None else torch.as_tensor(distances))

    @property
    def ground(self) -> Ground:
        """The ground distance; its matrix moves with the module."""
        return self._ground if self.distances is None else GroundDistance(self.distances)

    def core(self, s: Samples, ground: Ground) -> tuple[Tensor, Callable[[], Tensor]]:
        """Value and gradient of each sample."""
        raise NotImplementedError

    def forward(self, input: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Return the loss.

        Parameters
        ----------
        input : Tensor (N, C, ...), or (C,)
            Logits, or probabilities without `from_logits`.
        target : Tensor (N, ...) of integers, or of the shape of `input`
            Labels, or distributions along the class axis.
        sample_weight : Tensor (N, ...), optional
            Weight of each sample; a mean is divided by their sum.

        Returns
        -------
        Tensor
            In the dtype of `input`; in float32 under autocast, as of `cross_entropy`.
        """
        for name, x in (("input", input), ("target", target)):
            if not isinstance(x, Tensor):
                raise TypeError(f"`{name}` is of {type(x).__name__}: wanted a tensor, such as torch.as_tensor gives")
        axis = min(1, input.ndim - 1)
        batch = input.shape[:axis] + input.shape[axis + 1 :]
        if sample_weight is not None and sample_weight.shape != batch:
            raise ValueError(f"`sample_weight` has shape {tuple(sample_weight.shape)}: wanted {tuple(batch)}")
        input, target, weight = self._kept(input, target, sample_weight, axis)
        options = {"from_logits": self.from_logits, "axis": axis, "check": self.check, "wide": True}
        learnt = target.requires_grad or (self.distances is not None and self.distances.requires_grad)
        analytic: Any = self.analytic
        if torch.is_grad_enabled() and input.requires_grad and not learnt:
            each = analytic.apply(input, target, self.core, self.ground, options)[0]
        else:
            each = evaluate("value", self.core, input, target, ground=self.ground, **options)
        return self._reduced(each, weight).to(_result_dtype(input))

    def _kept(
        self, input: Tensor, target: Tensor, weight: Tensor | None, axis: int
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Valid samples of weight 0 in the place of those to be ignored, whose values may be anything."""
        if target.is_floating_point():
            return input, target, weight
        ignored = target.long() == self.ignore_index  # a uint8 of 156 would equal -100
        if (self.check or is_lent(target)) and known(ignored.any()) is False:
            return input, target, weight
        ones = torch.ones_like(ignored, dtype=torch.float32) if weight is None else weight
        # Without check, shapes are looked at later, by those who have the words for it.
        fits = ignored.shape == input.shape[:axis] + input.shape[axis + 1 :]
        input = torch.where(ignored.unsqueeze(axis), 1.0 / input.shape[axis], input) if fits else input
        return input, torch.where(ignored, 0, target), torch.where(ignored, 0.0, ones)

    def _reduced(self, each: Tensor, weight: Tensor | None) -> Tensor:
        if weight is not None:
            weight = weight.to(each.dtype)
            each = each * weight
        if self.reduction == "none":
            return each
        total = each.sum()
        if self.reduction == "sum":
            return total
        return total / (each.numel() if weight is None else weight.sum())


def _result_dtype(x: Tensor) -> torch.dtype:
    kind = x.device.type
    return torch.float32 if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind) else x.dtype
