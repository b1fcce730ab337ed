"""The module that all losses are: labels or distributions in; the mean, the sum or one number per sample out."""

from functools import partial

import torch
from torch import Tensor, nn

from emd_ref import _class_options, _losses
from emd_ref._arguments import contract
from emd_ref._arguments.options import Options
from emd_ref._evaluate import evaluate
from emd_ref._fast import lent
from emd_ref._fast.cuda import operators
from emd_ref._formulas.batch import Formula
from emd_ref._formulas.emd import emd
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._grounds import Ground, GroundDistance, Ordered
from emd_ref._libraries import torch_namespace as xp
from emd_ref._libraries.namespaces import wide_dtype
from emd_ref._libraries.tracing import differentiates_forwards, visible_truth
from emd_ref._losses import Reduction
from emd_ref.torch import _plain
from emd_ref.torch._analytic import KEPT, Analytic, PlainStep, Step


class Loss(nn.Module):
    """A loss that is called as `torch.nn.CrossEntropyLoss` is; a subclass adds a formula."""

    labels_only = False
    has_emd_weight = False  # whether a ground distance term has a factor of its own
    predicted_name, target_name = "input", "target"
    axis = 1  # of the classes, or 0 for one sample
    weight: Tensor | None

    def __init__(
        self,
        *,
        ground: Ground = Ordered(),
        from_logits: bool = True,
        weight: Tensor | None = None,
        label_smoothing: float = 0.0,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
        check: bool = True,
    ) -> None:
        super().__init__()
        _losses.check_reduction(reduction)
        _losses.check_options(ground, from_logits, check)
        _losses.check_ignored(ignore_index)
        self.from_logits, self.ignore_index, self.check = from_logits, ignore_index, check
        self.label_smoothing = _class_options.smoothing(label_smoothing)
        self.reduction: Reduction = reduction
        self.register_buffer("weight", self._checked(weight))
        self._ground = ground
        distances = ground.distances if isinstance(ground, GroundDistance) else None
        if isinstance(distances, nn.Parameter):
            self.distances: Tensor | None = distances
        else:
            self.register_buffer("distances", None if distances is None else torch.as_tensor(distances))

    def _checked(self, weight: Tensor | None) -> Tensor | None:
        """The class weights, after their validation."""
        if weight is None:
            return None
        if not isinstance(weight, Tensor):
            raise _class_options.no_class_weight(weight, "a tensor", self.has_emd_weight)
        if weight.requires_grad:
            raise ValueError("`weight` requires a gradient, but class weights are constants: pass weight.detach()")
        _class_options.check_class_weight(xp, weight, self.has_emd_weight)
        return weight

    @property
    def ground(self) -> Ground:
        """The ground distance; its matrix moves with the module."""
        return self._ground if self.distances is None else GroundDistance(self.distances)

    @property
    def formula(self) -> Formula:
        """The formula of the loss of each sample, without class weights and label smoothing."""
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
        self._check_tensors(input, target, sample_weight)
        if sample_weight is None and (step := self._plain_step(input, target)) is not None:
            return step
        options, dtype, formula = self._options(input), _result_dtype(input), self._formula_for(target)
        axis = options.axis
        if self.weight is not None:
            self._check_class_weight(self.weight, input, target, options)
        _losses.check_weight_shape(sample_weight, input.shape[:axis] + input.shape[axis + 1 :])
        if self.check:
            _losses.check_weight_values(xp, sample_weight)
        if (formula is squared_emd or formula is emd) and operators.takes(input, target, options):
            weight, reduction = self._weights(input, target, sample_weight)
            return self._on_gpu(input, target, weight, reduction, options).to(dtype)
        input, target, weight = self._without_ignored(input, target, sample_weight, axis)
        weight, reduction = self._weights(input, target, weight)
        if not self._has_analytic_gradient(input, target):
            each = evaluate(formula, "value", input, target, options)
        elif self._is_plain_step(input, target, weight, options.ground):
            return Step.apply(input, target, weight, formula, options, reduction, dtype)  # type: ignore[no-any-return, no-untyped-call]
        else:
            each = Analytic.apply(input, target, formula, options)[0]  # type: ignore[no-untyped-call]
        loss: Tensor = _losses.reduced(xp, each, weight, reduction)
        return loss.to(dtype)

    def _check_tensors(self, input: Tensor, target: Tensor, sample_weight: Tensor | None) -> None:
        given = ((self.predicted_name, input), (self.target_name, target), ("sample_weight", sample_weight))
        for name, x in given:
            if not isinstance(x, Tensor) and (x is not None or name != "sample_weight"):
                raise TypeError(f"`{name}` is of {type(x).__name__}: it must be a tensor, as torch.as_tensor makes")

    def _options(self, input: Tensor) -> Options:
        return Options(
            self.ground,
            self.from_logits,
            min(self.axis, input.ndim - 1),
            self.check,
            target_name=self.target_name,
            labels_only=self.labels_only,
            wide=True,
            predicted_name=self.predicted_name,
            has_mass_tolerance=False,
        )

    def _check_class_weight(self, weight: Tensor, input: Tensor, target: Tensor, options: Options) -> None:
        """Validate shapes and devices, before class weights are taken by labels."""
        _, axis = contract.validate(input, target, options)
        _class_options.check_class_count(weight, input.shape[axis])
        contract.same_place(input, weight, self.predicted_name, "weight")

    def _formula_for(self, target: Tensor) -> Formula:
        """The formula with label smoothing, and with the class weights unless they are weights of the samples."""
        if self.label_smoothing == 0.0 and (self.weight is None or contract.are_labels(xp, target)):
            return self.formula
        weight = self.weight
        if weight is not None and lent.is_visible(weight):
            weight = lent.as_numpy(weight)
        formula = _class_options.taking_classes(self.formula)
        return partial(formula, class_weight=weight, label_smoothing=self.label_smoothing)

    def _weights(self, input: Tensor, target: Tensor, sample_weight: Tensor | None) -> tuple[Tensor | None, Reduction]:
        """Weights of the samples and a reduction with the part of the class weights that is not in the formula."""
        if self.weight is None or not contract.are_labels(xp, target):
            return sample_weight, self.reduction
        wide = wide_dtype(xp, input)
        return _class_options.weights_of_labels(
            xp, target, self.weight, sample_weight, self.label_smoothing, self.reduction, wide
        )

    def _plain_step(self, input: Tensor, target: Tensor) -> Tensor | None:
        """The loss of the most common step, on logits (N, C) and labels; None if there is anything else to it."""
        if not (
            self.from_logits
            and self.axis == 1
            and self.weight is None
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
        formula = self.formula if self.label_smoothing == 0.0 else self._formula_for(target)
        ground = self._ground
        ground.check_classes(input.shape[1])
        computed = _plain.step(formula, ground, input, target, self.ignore_index, self.reduction)
        if computed is None:
            return None
        options = Options(ground, True, 1, check=False, wide=True)
        return PlainStep.apply(input, target, computed, formula, options, self.reduction)  # type: ignore[no-any-return, no-untyped-call]

    def _on_gpu(
        self, input: Tensor, target: Tensor, weight: Tensor | None, reduction: Reduction, options: Options
    ) -> Tensor:
        """The loss by one kernel, whose backward pass is another; float16 and bfloat16 are read as float32."""
        x = input.float() if input.dtype in (torch.float16, torch.bfloat16) else input
        ignored = _losses.ignored_samples(xp, target, self.ignore_index)
        ignore_index = None if ignored is None else self.ignore_index
        each: Tensor = operators.evaluate(self.formula, "value", x, target, options, ignore_index=ignore_index)
        if weight is not None:
            weight = weight.double() if ignored is None else torch.where(ignored, 0.0, weight.double())
            each = each * weight
        if reduction == "none":
            return each
        total = each.sum(dtype=torch.float64)
        if reduction == "sum":
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
    has_autocast = kind in ("cpu", "cuda") or torch.amp.is_autocast_available(kind)  # which PyTorch 2.4 cannot trace
    return torch.float32 if has_autocast and torch.is_autocast_enabled(kind) else x.dtype
