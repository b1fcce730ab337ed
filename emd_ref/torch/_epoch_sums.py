"""What a self-guided loss adds up during an epoch: class features, and moments of its ground distance term.

All are sums in float64, so that those of batches, workers and devices can be added.
"""

from typing import Any, Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor, distributed

from emd_ref._centroids import ClassCentroids
from emd_ref._formulas.batch import Batch
from emd_ref._formulas.classes import smoothed, weighted_target
from emd_ref._formulas.xemd import cross_entropy
from emd_ref._libraries.kinds import Array

Term: TypeAlias = Literal["penalty", "squared-emd"]


class Sample(NamedTuple):
    """What the loss of a sample is: its term, class weights, label smoothing; and whether values are validated."""

    term: Term
    class_weight: Array | None
    label_smoothing: float
    check: bool


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

    def plus(self, s: Batch, target: Tensor, features: Tensor, weight: Tensor | None, of: Sample) -> "EpochSums":
        """Add a batch (N, C) with its targets, in their own precision, and features (N, F)."""
        used = torch.ones_like(s.p[:, 0]) if weight is None else weight.to(s.p.dtype)
        if weight is not None:
            features, target = features[weight > 0], target[weight > 0]
        centroids = self.centroids.update(features, target, check=of.check)
        t = smoothed(s, of.label_smoothing)
        XE = cross_entropy(s, None, of.class_weight, of.label_smoothing)[0]
        v = 1.0 if of.class_weight is None else weighted_target(s, of.class_weight).sum(-1)
        left, right = (t.p * t.p, t.t) if of.term == "penalty" else (t.d, t.d)
        return EpochSums(
            centroids.sums,
            centroids.counts,
            self.samples + used.sum().double(),
            self.cross_entropy + (used * XE).sum().double(),
            self.moments + (((used * v)[:, None] * left).T @ right).double(),
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
