"""The ranked probability score as a metric for torchmetrics."""

from typing import Any

from torch import Tensor

from emd_ref._grounds import Ground, Ordered
from emd_ref._libraries import torch_namespace as xp
from emd_ref._scalars import flag
from emd_ref.metrics._normalise import normalised
from emd_ref.metrics._samples import Average, averaged, check_reduction, over_samples, quotient
from emd_ref.metrics._torchmetrics_base import SampleMetric


class RankedProbabilityScore(SampleMetric):
    """Ranked probability score of all batches, as `ranked_probability_score` computes it (specification, 4.1).

    `update(preds, target, sample_weight=None)` takes predicted distributions (N, C, ...), or logits, and labels
    (N, ...) or distributions of the shape of `preds`, as `emd_ref.torch.SquaredEMDLoss` does.

    Parameters
    ----------
    num_classes : int, optional
        C; needed for `reduction="per-class"`.
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes.
    reduction : "mean" or "per-class"
        One score for all samples, or one for the samples of each true class.
    normalize : bool
        Whether to divide by the largest distance between two classes, C - 1 for classes one apart.
    from_logits : bool
        Whether `preds` holds logits.
    ignore_index : int, optional
        Label of samples that do not count.
    check : bool
        Whether to validate values, which waits for a GPU to finish.
    **options
        Those of `torchmetrics.Metric`, such as `dist_sync_on_step`.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid, here or in `update`; the message names the argument and the place.

    Notes
    -----
    `compute` returns a float64 tensor () or (C,), which is NaN for no samples, and for a class without samples. The
    states are sums in float64 that are added over processes, so the result does not depend on how samples are split,
    up to the rounding of these sums. For a device without float64, call `set_dtype(torch.float32)` before moving the
    metric. No gradient is recorded: to train, use `emd_ref.torch.SquaredEMDLoss`.

    A MetricCollection lets metrics share states that are equal after the first batch. If two of its metrics differ in
    their options alone, pass it `compute_groups=False`.

    Examples
    --------
    >>> import torch
    >>> from emd_ref.metrics import RankedProbabilityScore
    >>> metric = RankedProbabilityScore(num_classes=3, reduction="per-class")
    >>> metric.update(torch.tensor([[0.5, 0.5, 0.0], [0.25, 0.5, 0.25]]), torch.tensor([0, 0]))
    >>> metric.update(torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([2]))
    >>> metric.compute()
    tensor([0.4375,    nan, 0.0000], dtype=torch.float64)
    """

    higher_is_better = False
    total: Tensor
    weight: Tensor

    def __init__(
        self,
        num_classes: int | None = None,
        *,
        ground: Ground = Ordered(),
        reduction: Average = "mean",
        normalize: bool = False,
        from_logits: bool = False,
        ignore_index: int | None = None,
        check: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(num_classes, ground, from_logits, ignore_index, check, **options)
        check_reduction(reduction, Average)
        flag(normalize, "`normalize`")
        self.reduction: Average = reduction
        self.normalize = normalize
        if reduction == "per-class" and self.num_classes is None:
            raise ValueError("`num_classes` is None: it must be given for reduction='per-class'")
        size = 1 if reduction == "mean" or self.num_classes is None else self.num_classes
        self.add_sum("total", size)
        self.add_sum("weight", size)

    def update(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> None:
        """Add a batch."""
        samples = self.samples(preds, target, sample_weight)
        scores, weights = samples.scores, samples.weights(self.reduction)
        if self.normalize:
            scores = normalised(xp, scores, self.ground, preds.shape[min(1, preds.ndim - 1)])
        self.total = self.total + over_samples(xp, scores[..., None] * weights).to(self.total.dtype)
        self.weight = self.weight + over_samples(xp, weights).to(self.weight.dtype)

    def compute(self) -> Tensor:
        """Return the score of all batches."""
        score: Tensor = averaged(self.reduction, quotient(xp, self.total, self.weight))
        return score
