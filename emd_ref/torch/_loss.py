"""The module that all losses are: labels or distributions in; the mean, the sum or one number per sample out."""

import torch
from torch import Tensor, nn

from emd_ref import _losses
from emd_ref._arguments.options import Options
from emd_ref._evaluate import evaluate
from emd_ref._fast import lent
from emd_ref._fast.cuda import operators
from emd_ref._formulas.batch import Formula
from emd_ref._formulas.emd import emd
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._grounds import Ground, GroundDistance, Ordered
from emd_ref._libraries import torch_namespace as xp
from emd_ref._libraries.tracing import differentiates_forwards, visible_truth
from emd_ref._losses import Reduction
from emd_ref.torch import _plain
from emd_ref.torch._analytic import KEPT, Analytic, PlainStep, Step


class Loss(nn.Module):
    """A loss that is called as `torch.nn.CrossEntropyLoss` is; a subclass adds a formula."""

    labels_only = False

    def __init__(
        self,
        *,
        ground: Ground = Ordered(),
        from_logits: bool = True,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
        check: bool = True,
    ) -> None:
        super().__init__()
        _losses.check_reduction(reduction)
        _losses.check_options(ground, from_logits, ignore_index, check)
        self.from_logits, self.ignore_index, self.check = from_logits, ignore_index, check
        self.reduction: Reduction = reduction
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

    @property
    def formula(self) -> Formula:
        """The formula of the loss of each sample."""
        raise NotImplementedError

    def forward(self, input: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Return the loss.

        Parameters
        ----------
        input : Tensor (N, C, ...), or (C,)
            Logits (-inf for a class of probability 0), or probabilities without `from_logits`.
        target : Tensor (N, ...) of integers, or of the shape of `input`
            Labels, or distributions along the class axis.
        sample_weight : Tensor (N, ...), optional
            Weight of each sample; a mean is divided by their sum.

        Returns
        -------
        Tensor
            In the dtype of `input`; in float32 under autocast, as `cross_entropy` is.
        """
        for name, x in (("input", input), ("target", target), ("sample_weight", sample_weight)):
            if not isinstance(x, Tensor) and (x is not None or name != "sample_weight"):
                raise TypeError(f"`{name}` is of {type(x).__name__}: it must be a tensor, as torch.as_tensor makes")
        if sample_weight is None and (step := self._plain_step(input, target)) is not None:
            return step
        axis = min(1, input.ndim - 1)
        _losses.check_weight_shape(sample_weight, input.shape[:axis] + input.shape[axis + 1 :])
        if self.check:
            _losses.check_weight_values(xp, sample_weight)
        options = Options(self.ground, self.from_logits, axis, self.check, labels_only=self.labels_only, wide=True)
        dtype = _result_dtype(input)
        if self.formula in (squared_emd, emd) and operators.takes(input, target, options):
            return self._on_gpu(input, target, sample_weight, options).to(dtype)
        input, target, weight = self._without_ignored(input, target, sample_weight, axis)
        if not self._has_analytic_gradient(input, target):
            each = evaluate(self.formula, "value", input, target, options)
        elif self._is_plain_step(input, target, weight, options.ground):
            return Step.apply(input, target, weight, self.formula, options, self.reduction, dtype)  # type: ignore[no-any-return, no-untyped-call]
        else:
            each = Analytic.apply(input, target, self.formula, options)[0]  # type: ignore[no-untyped-call]
        loss: Tensor = _losses.reduced(xp, each, weight, self.reduction)
        return loss.to(dtype)

    def _plain_step(self, input: Tensor, target: Tensor) -> Tensor | None:
        """The loss of the most common step, on logits (N, C) and labels; None if there is anything else to it."""
        if not (
            self.from_logits
            and self.distances is None
            and input.dtype in (torch.float32, torch.float64)
            and target.dtype is torch.int64
            and 0 < input.numel() <= KEPT
            and input.ndim == 2
            and target.shape == input.shape[:1]
            and input.requires_grad
            and torch.is_grad_enabled()
            and lent.can_be_lent(input.detach(), target, self._ground)
            and _result_dtype(input) is input.dtype
        ):
            return None
        formula, ground = self.formula, self._ground
        computed = _plain.step(formula, ground, input, target, self.ignore_index, self.reduction)
        if computed is None:
            return None
        options = Options(ground, True, 1, check=False, wide=True)
        return PlainStep.apply(input, target, computed, formula, options, self.reduction)  # type: ignore[no-any-return, no-untyped-call]

    def _on_gpu(self, input: Tensor, target: Tensor, weight: Tensor | None, options: Options) -> Tensor:
        """The loss by one kernel, whose backward pass is another; float16 and bfloat16 are read as float32."""
        x = input.float() if input.dtype in (torch.float16, torch.bfloat16) else input
        ignored = _losses.ignored_samples(xp, target, self.ignore_index)
        ignore_index = None if ignored is None else self.ignore_index
        each: Tensor = operators.evaluate(self.formula, "value", x, target, options, ignore_index=ignore_index)
        if weight is not None:
            weight = weight.double() if ignored is None else torch.where(ignored, 0.0, weight.double())
            each = each * weight
        if self.reduction == "none":
            return each
        total = each.sum(dtype=torch.float64)
        if self.reduction == "sum":
            return total
        if weight is not None:
            return total / weight.sum()
        return total / (each.numel() if ignored is None else (~ignored).sum())

    def _has_analytic_gradient(self, input: Tensor, target: Tensor) -> bool:
        """Whether a gradient is asked for, with respect to the input alone, and none forwards."""
        distances = self.distances
        if differentiates_forwards():
            return False
        learnt = target.requires_grad or (distances is not None and distances.requires_grad)
        return torch.is_grad_enabled() and input.requires_grad and not learnt

    def _is_plain_step(self, input: Tensor, target: Tensor, weight: Tensor | None, ground: Ground) -> bool:
        """Whether NumPy can compute the step, and PyTorch need not see its parts."""
        if not lent.can_be_lent(input.detach(), target, ground):
            return False
        return weight is None or lent.is_plain(weight)

    def _without_ignored(
        self, input: Tensor, target: Tensor, weight: Tensor | None, axis: int
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Valid samples of weight 0 in the place of ignored ones; all as it was if none is known to be ignored."""
        if target.is_floating_point() or self._ignores_none(target):
            return input, target, weight
        ignored = _losses.ignored_samples(xp, target, self.ignore_index)
        if ignored is None or ignored.shape != input.shape[:axis] + input.shape[axis + 1 :]:
            return input, target, weight  # a wrong shape is refused later, by the contract
        return _losses.without_ignored(xp, input, target, weight, ignored, axis)

    def _ignores_none(self, labels: Tensor) -> bool:
        """Whether no label is known to be `ignore_index`."""
        if lent.is_visible(labels):
            return not (lent.as_numpy(labels) == self.ignore_index).any()
        return self.check and visible_truth((labels == self.ignore_index).any()) is False


def _result_dtype(x: Tensor) -> torch.dtype:
    kind = x.device.type
    return torch.float32 if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind) else x.dtype
