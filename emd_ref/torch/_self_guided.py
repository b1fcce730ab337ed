"""Cross-entropy with a ground distance that the network's own features provide (specification, 6.6).

During an epoch of training, the loss adds up the features of each class, and moments that give the mean of its ground
distance term for any matrix. `epoch_end` turns these sums into the ground distance and the weight of the next epoch.
All are sums in float64, so that those of batches, workers and devices can be added.
"""

from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor, distributed

from emd_ref import _losses
from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Options
from emd_ref._centroids import ClassCentroids
from emd_ref._fast.operations import operations
from emd_ref._formulas.batch import Batch, Formula
from emd_ref._formulas.xemd import cross_entropy, cross_entropy_and_squared_emd, xemd
from emd_ref._libraries import torch_namespace as xp
from emd_ref._losses import Reduction
from emd_ref._scalars import integer, real_number
from emd_ref.torch._loss import Loss

Term: TypeAlias = Literal["penalty", "squared-emd"]


class EpochSums(NamedTuple):
    """The sums of an epoch: features and samples by class, number of samples, cross-entropy, and moments of the term.

    The mean of the term is linear in the matrix of distances. For the penalty sum_i p_i^2 (G_ik^omega + mu) the moment
    A_ik is the sum of p_i^2 t_k; for the squared EMD -1/2 d^T G d it is the sum of d_i d_k.
    """

    features: Tensor | None
    members: Tensor | None
    samples: Tensor
    cross_entropy: Tensor
    moments: Tensor

    @staticmethod
    def nothing(num_classes: int, device: Any = None) -> "EpochSums":
        """No samples yet."""
        zeros = torch.zeros((num_classes, num_classes), dtype=torch.float64, device=device)
        return EpochSums(None, None, zeros[0, 0], zeros[0, 0], zeros)

    @property
    def centroids(self) -> ClassCentroids:
        """The class centroids of the features."""
        return ClassCentroids(len(self.moments), self.features, self.members)

    def on(self, device: torch.device) -> "EpochSums":
        """The sums on a device."""
        return EpochSums(*(None if x is None else x.to(device) for x in self))  # type: ignore[arg-type]

    def plus(
        self, s: Batch, target: Tensor, features: Tensor, weight: Tensor | None, term: Term, check: bool
    ) -> "EpochSums":
        """Add a batch (N, C) with its targets, in their own precision, and features (N, F)."""
        used = torch.ones_like(s.p[:, 0]) if weight is None else weight.to(s.p.dtype)
        if weight is not None:
            features, target = features[weight > 0], target[weight > 0]
        centroids = self.centroids.update(features, target, check=check)
        left, right = (s.p * s.p, s.t) if term == "penalty" else (s.d, s.d)
        return EpochSums(
            centroids.sums,
            centroids.counts,
            self.samples + used.sum().double(),
            self.cross_entropy + (used * cross_entropy(s)[0]).sum().double(),
            self.moments + ((used[:, None] * left).T @ right).double(),
        )

    def reduced(self) -> "EpochSums":
        """The sums over all processes of `torch.distributed`, if there are several."""
        if not (distributed.is_available() and distributed.is_initialized()):
            return self
        width = torch.tensor(0 if self.features is None else self.features.shape[1], device=self.moments.device)
        distributed.all_reduce(width, distributed.ReduceOp.MAX)  # a process without samples does not know it
        none = self.moments.new_zeros(len(self.moments), int(width))
        parts = [none if self.features is None else self.features, none[:, 0] if self.members is None else self.members]
        parts += self[2:]
        flat = torch.cat([part.reshape(-1).double() for part in parts])
        distributed.all_reduce(flat)
        split = torch.split(flat, [part.numel() for part in parts])
        return EpochSums(*(x.reshape(part.shape) for x, part in zip(split, parts, strict=True)))


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
    reduction, ignore_index, check
        As of `SquaredEMDLoss`. The input holds logits.

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
        reduction: Reduction = "mean",
        ignore_index: int = -100,
        check: bool = True,
    ) -> None:
        if term not in ("penalty", "squared-emd"):
            raise ValueError(f"`term` is {term!r}: it must be 'penalty' or 'squared-emd'")
        head_start = integer(head_start, "`head_start`", 1)  # an epoch's features give the ground distance
        ratio = real_number(ratio, "`ratio`", positive=True)
        exponent, bias = real_number(exponent, "`exponent`", positive=True), real_number(bias, "`bias`")
        uniform = ClassCentroids(num_classes).ground_distance()
        super().__init__(ground=uniform, from_logits=True, reduction=reduction, ignore_index=ignore_index, check=check)
        self.num_classes, self.exponent, self.bias = num_classes, exponent, bias
        self.term: Term = term
        self.labels_only = term == "penalty"
        self.head_start, self.ratio, self.epoch, self.weight = head_start, ratio, 0, 0.0
        self._sums = EpochSums.nothing(num_classes)

    @property
    def formula(self) -> Formula:
        """The formula of the loss of each sample."""
        if self.weight == 0.0:
            return cross_entropy
        if self.term == "penalty":
            return partial(xemd, weight=self.weight, exponent=self.exponent, bias=self.bias)
        return partial(cross_entropy_and_squared_emd, weight=self.weight)

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
        if not isinstance(features, Tensor):
            raise TypeError(
                f"`features` is of {type(features).__name__}: it must be a tensor, as torch.as_tensor makes"
            )
        if features.ndim != 2 or features.shape[0] != input.shape[0]:
            raise ValueError(f"`features` has shape {tuple(features.shape)}: it must have shape ({input.shape[0]}, F)")
        _losses.check_weight_shape(sample_weight, input.shape[:1])
        if self.check:
            _losses.check_weight_values(xp, sample_weight)
        if self.training:
            self._observe(input.detach(), target.detach(), features.detach(), sample_weight)
        return super().forward(input, target, sample_weight)

    @torch.no_grad()
    def _observe(self, input: Tensor, target: Tensor, features: Tensor, sample_weight: Tensor | None) -> None:
        input, target, weight = self._without_ignored(input, target, sample_weight, axis=1)
        options = Options(self.ground, True, 1, self.check, labels_only=self.labels_only)
        batch = Arguments(input, target, options, operations).batch()
        self._sums = self._sums.on(input.device).plus(batch, target, features, weight, self.term, self.check)

    @torch.no_grad()
    def epoch_end(self) -> None:
        """Learn the ground distance from the epoch's features; at the end of the head start, set the weight."""
        sums = self._sums.on(self.distances.device).reduced()
        self.epoch += 1
        self.distances.copy_(torch.as_tensor(sums.centroids.ground_distance().distances))
        if self.epoch == self.head_start:
            term = float(self._size(sums))
            self.weight = float(sums.cross_entropy) / (self.ratio * term) if term > 0 else 0.0
        self._sums = EpochSums.nothing(self.num_classes, self.distances.device)

    def _size(self, sums: EpochSums) -> Tensor:
        """The term of the whole epoch under the new ground distance, as a sum of absolute values."""
        if self.term == "penalty":
            return (sums.moments * (self.distances**self.exponent + self.bias).abs()).sum()
        return (sums.moments * self.distances).sum().abs() / 2

    def get_extra_state(self) -> dict[str, Any]:
        """Return the epoch, the weight, and the sums of an epoch that has not ended."""
        return {"epoch": self.epoch, "weight": self.weight, "sums": list(self._sums)}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_extra_state` returned."""
        self.epoch, self.weight, self._sums = state["epoch"], state["weight"], EpochSums(*state["sums"])
