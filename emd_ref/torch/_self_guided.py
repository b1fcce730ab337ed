"""Cross-entropy with a ground distance that the network's own features provide (specification, 6.6).

During an epoch of training, the loss adds up the features of each class, and moments that give the mean of its ground
distance term for any matrix. `epoch_end` turns these sums into the ground distance and the weight of the next epoch.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from emd_ref import _class_options, _losses
from emd_ref._arguments.arguments import Arguments
from emd_ref._centroids import ClassCentroids
from emd_ref._fast.operations import operations
from emd_ref._formulas.batch import Formula
from emd_ref._formulas.xemd import cross_entropy, cross_entropy_and_squared_emd, xemd
from emd_ref._libraries import torch_namespace as xp
from emd_ref._losses import Reduction
from emd_ref._scalars import integer, real_number
from emd_ref.torch._epoch_sums import EpochSums, Sample, Term
from emd_ref.torch._loss import Loss


class SelfGuidedXEMDLoss(Loss):
    """XEMD whose ground distance is learnt from the features of the network while it is trained, as in the paper.

    The first `head_start` epochs are cross-entropy alone. `epoch_end` ranks the distances between the class centroids
    of the epoch's features (see `ClassCentroids`) into the ground distance of the next epoch. At the end of the head
    start it sets the weight lambda such that the term is cross-entropy / `ratio`, on the average of that epoch.

    Parameters
    ----------
    num_classes : int
        C.
    term : "penalty" or "squared-emd"
        The term that is added to the cross-entropy: the paper's lambda sum_i p_i^2 (G_ik^omega + mu), for labels; or
        lambda E_G(p, t), for labels and distributions, which is a proper score if G is of negative type.
    exponent, bias : float
        omega and mu of the penalty.
    head_start : int
        Number of first epochs with cross-entropy alone, at least 1: the first features give the first ground distance.
    ratio : float
        Cross-entropy divided by the weighted term at the end of the head start; 3.5 in the paper.
    weight, label_smoothing : Tensor (C,), float
        As of `XEMDLoss` and `XESquaredEMDLoss`, also when lambda is set. The class centroids do not depend on them.
    reduction, ignore_index, check
        As of `SquaredEMDLoss`. The input holds logits.

    Attributes
    ----------
    emd_weight : float
        lambda; 0 during the head start.

    Notes
    -----
    The mean of the penalty can be 0 or negative when mu < 0, and so can that of E_G when G is not of negative type: the
    weight is set from the mean of p_i^2 |G_ik^omega + mu|, or from |E_G|; it is 0 if that is 0.

    `state_dict` holds the whole state, also in the middle of an epoch. With `torch.distributed`, every process must
    call `epoch_end`, which adds up the sums of all processes. In `eval` mode the loss adds nothing to the sums.

    Examples
    --------
    >>> import torch
    >>> from emd_ref.torch import SelfGuidedXEMDLoss
    >>> loss = SelfGuidedXEMDLoss(3, head_start=1)
    >>> logits, features = torch.zeros(3, 3), torch.tensor([[9.0, 1.0], [4.0, 1.0], [0.0, 2.0]])
    >>> round(float(loss(logits, torch.arange(3), features)), 4)  # cross-entropy
    1.0986
    >>> loss.epoch_end()
    >>> loss.distances[0]
    tensor([0.0000, 0.5000, 1.0000], dtype=torch.float64)
    >>> round(float(loss(logits, torch.arange(3), features)), 4)  # 1 + 1/3.5 of it
    1.4125
    """

    distances: Tensor  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(
        self,
        num_classes: int,
        *,
        term: Term = "penalty",
        exponent: float = 1.0,
        bias: float = 0.0,
        head_start: int = 3,
        ratio: float = 3.5,
        weight: Tensor | None = None,
        label_smoothing: float = 0.0,
        reduction: Reduction = "mean",
        ignore_index: int = -100,
        check: bool = True,
    ) -> None:
        if term not in ("penalty", "squared-emd"):
            raise ValueError(f"`term` is {term!r}: it must be 'penalty' or 'squared-emd'")
        head_start = integer(head_start, "`head_start`", 1)  # an epoch's features give the ground distance
        ratio = real_number(ratio, "`ratio`", positive=True, constant=True)
        exponent = real_number(exponent, "`exponent`", positive=True, constant=True)
        bias = real_number(bias, "`bias`", constant=True)
        uniform = ClassCentroids(num_classes).ground_distance()
        super().__init__(
            ground=uniform,
            weight=weight,
            label_smoothing=label_smoothing,
            reduction=reduction,
            ignore_index=ignore_index,
            check=check,
        )
        if weight is not None:
            _class_options.check_class_count(weight, num_classes)
        self.num_classes, self.exponent, self.bias = num_classes, exponent, bias
        self.term: Term = term
        self.labels_only = term == "penalty"
        self.head_start, self.ratio, self.epoch, self.emd_weight = head_start, ratio, 0, 0.0
        self._sums = EpochSums.nothing(num_classes)

    @property
    def formula(self) -> Formula:
        """The formula of the loss of each sample."""
        if self.emd_weight == 0.0:
            return cross_entropy
        if self.term == "penalty":
            return partial(xemd, emd_weight=self.emd_weight, exponent=self.exponent, bias=self.bias)
        return partial(cross_entropy_and_squared_emd, emd_weight=self.emd_weight)

    def forward(  # type: ignore[override]
        self, input: Tensor, target: Tensor, features: Tensor, sample_weight: Tensor | None = None
    ) -> Tensor:
        """Return the loss; in training mode, add the batch to the sums of the epoch.

        Parameters
        ----------
        input : Tensor (N, C)
            Logits.
        target : Tensor (N,) of integers, or (N, C)
            Labels, or distributions for `term="squared-emd"`.
        features : Tensor (N, F)
            The input of the last layer, non-negative, as after a ReLU. The loss sends no gradient into it.
        sample_weight : Tensor (N,), optional
            Weight of each sample; a mean is divided by their sum.
        """
        self._check_tensors(input, target, sample_weight)
        self._check_features(input, features)
        _losses.check_weight_shape(sample_weight, input.shape[:1])
        if self.check:
            _losses.check_weight_values(xp, sample_weight)
        if self.training:
            self._observe(input.detach(), target.detach(), features.detach(), sample_weight)
        return super().forward(input, target, sample_weight)

    def _check_features(self, input: Tensor, features: Tensor) -> None:
        if not isinstance(features, Tensor):
            raise TypeError(
                f"`features` is of {type(features).__name__}: it must be a tensor, as torch.as_tensor makes"
            )
        if input.ndim != 2 or input.shape[1] != self.num_classes:
            raise ValueError(
                f"`input` has shape {tuple(input.shape)}: it must have shape (N, {self.num_classes}), since "
                f"`num_classes` is {self.num_classes}"
            )
        if features.ndim != 2 or features.shape[0] != input.shape[0]:
            raise ValueError(f"`features` has shape {tuple(features.shape)}: it must have shape ({input.shape[0]}, F)")

    @torch.no_grad()
    def _observe(self, input: Tensor, target: Tensor, features: Tensor, sample_weight: Tensor | None) -> None:
        input, target, weight = self._without_ignored(input, target, sample_weight, axis=1)
        options = self._options(input)
        batch = Arguments(input, target, options, operations).batch()
        of = Sample(self.term, self.weight, self.label_smoothing, self.check)
        self._sums = self._sums.on(input.device).plus(batch, target, features, weight, of)

    @torch.no_grad()
    def epoch_end(self) -> None:
        """Learn the ground distance from the epoch's features; at the end of the head start, set the weight."""
        sums = self._sums.on(self.distances.device).reduced()
        self.epoch += 1
        self.distances.copy_(torch.as_tensor(sums.centroids.ground_distance().distances))
        if self.epoch == self.head_start:
            term = float(self._size(sums))
            self.emd_weight = float(sums.cross_entropy) / (self.ratio * term) if term > 0 else 0.0
        self._sums = EpochSums.nothing(self.num_classes, self.distances.device)

    def _size(self, sums: EpochSums) -> Tensor:
        """The term of the whole epoch under the new ground distance, as a sum of absolute values."""
        if self.term == "penalty":
            return (sums.moments * (self.distances**self.exponent + self.bias).abs()).sum()
        return (sums.moments * self.distances).sum().abs() / 2

    def get_extra_state(self) -> dict[str, Any]:
        """Return the epoch, lambda, and the sums of an epoch that has not ended."""
        return {"epoch": self.epoch, "emd_weight": self.emd_weight, "sums": list(self._sums)}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_extra_state` returned."""
        self.epoch, self.emd_weight = state["epoch"], state["emd_weight"]
        self._sums = EpochSums(*state["sums"])
