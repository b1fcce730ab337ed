"""The skill against a climatology as a metric for torchmetrics.

The climatology may be the mean of all targets, which is known only at the end. So the states are sums from which the
score R of any constant distribution c follows:

    E(c, t) = sum_j t_j E(c, e_j) - 1/2 t^T G t,        R_i = sum_j pairs_ij E(c, e_j) - spread_i

for class i, with pairs_ij = sum w t_i t_j and spread_i = sum w t_i (1/2 t^T G t) over the samples of weight w. For
labels, `pairs` is the diagonal matrix of the weights of the classes, and `spread` is 0.
"""

from typing import Any

import torch
from torch import Tensor

from emd_ref._arguments import contract, values
from emd_ref._arguments.options import Options
from emd_ref._evaluate import evaluate
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._grounds import Ground, Ordered
from emd_ref._libraries import torch_namespace as xp
from emd_ref._libraries.host import beside
from emd_ref._scalars import integer
from emd_ref.metrics._samples import Average, averaged, check_reduction, quotient
from emd_ref.metrics._torchmetrics_base import SampleMetric


class RankedProbabilitySkillScore(SampleMetric):
    """Ranked probability skill score of all batches, 1 - mean(RPS) / mean(RPS of the climatology).

    `ranked_probability_skill_score` describes it, and `RankedProbabilityScore` what is not said here.

    Parameters
    ----------
    num_classes : int
        C.
    climatology : Tensor (C,), optional
        A distribution, such as the frequencies of the classes in the training data. By default it is the frequencies of
        the classes in the targets of all batches.
    reduction : "mean" or "per-class"
        One skill for all samples, or one for the samples of each true class.
    ground, from_logits, ignore_index, check, **options
        As of `RankedProbabilityScore`.

    Notes
    -----
    `compute` returns a float64 tensor () or (C,), which is NaN where the score of the climatology is 0. One state is a
    C x C matrix. With labels its result is that of the function; with distributions as targets, these are normalised,
    and the score of the climatology is a difference, which loses digits if the targets hardly differ.

    Examples
    --------
    >>> import torch
    >>> from emd_ref.metrics import RankedProbabilitySkillScore
    >>> metric = RankedProbabilitySkillScore(num_classes=3)
    >>> metric.update(torch.tensor([[0.5, 0.5, 0.0], [0.25, 0.5, 0.25]]), torch.tensor([0, 1]))
    >>> metric.update(torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([2]))
    >>> metric.compute()
    tensor(0.7188, dtype=torch.float64)
    """

    higher_is_better = True
    score: Tensor
    pairs: Tensor
    spread: Tensor

    def __init__(
        self,
        num_classes: int,
        *,
        climatology: Tensor | None = None,
        ground: Ground = Ordered(),
        reduction: Average = "mean",
        from_logits: bool = False,
        ignore_index: int | None = None,
        check: bool = True,
        **options: Any,
    ) -> None:
        num_classes = integer(num_classes, "`num_classes`", 1)
        super().__init__(num_classes, ground, from_logits, ignore_index, check, **options)
        check_reduction(reduction, Average)
        self.reduction: Average = reduction
        self.climatology = None if climatology is None else _checked(climatology, num_classes)
        self.add_sum("score", num_classes)
        self.add_sum("pairs", num_classes, num_classes)
        self.add_sum("spread", num_classes)

    def update(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> None:
        """Add a batch."""
        samples = self.samples(preds, target, sample_weight)
        t = samples.memberships().reshape(-1, len(self.score)).to(self.score.dtype)
        t = t / t.sum(-1, keepdim=True)
        weights = samples.weight.reshape(-1, 1).to(t.dtype) * t
        self.score = self.score + samples.scores.reshape(-1).to(t.dtype) @ weights
        if not target.is_floating_point():
            self.pairs = self.pairs + weights.sum(0).diag()
            return
        G = beside(xp, self.ground.matrix(len(self.score)), t)
        self.pairs = self.pairs + weights.T @ t
        self.spread = self.spread + (0.5 * (t @ G) * t).sum(-1) @ weights

    def compute(self) -> Tensor:
        """Return the skill in all batches."""
        C = len(self.score)
        counts = self.pairs.sum(1)
        c = counts / counts.sum() if self.climatology is None else self.climatology.to(self.score)
        from_each = evaluate(
            squared_emd, "value", c.expand(C, C), torch.arange(C, device=c.device), Options(self.ground, check=False)
        )
        score, reference = self.score, self.pairs @ from_each - self.spread
        if self.reduction == "mean":
            score, reference = score.sum()[None], reference.sum()[None]
        skill: Tensor = averaged(self.reduction, 1.0 - quotient(xp, score, reference))
        return skill


def _checked(climatology: Tensor, num_classes: int) -> Tensor:
    """The climatology in float64, after its validation."""
    contract.floating_array(climatology, "climatology")
    if not isinstance(climatology, Tensor):
        raise TypeError(f"`climatology` is of {type(climatology).__name__}: it must be a tensor")
    if tuple(climatology.shape) != (num_classes,):
        raise ValueError(f"`climatology` has shape {tuple(climatology.shape)}: it must have shape {(num_classes,)}")
    c = climatology.detach()
    values.probabilities(xp, c, "climatology", 0, values.mass_tolerance(xp, c, 0, None))
    return c.to(torch.float64)
