"""What the metrics for torchmetrics share: options, and the samples of a batch."""

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from emd_ref import _losses
from emd_ref._arguments.options import Options
from emd_ref._grounds import Ground, GroundDistance
from emd_ref._libraries import torch_namespace as xp
from emd_ref._libraries.host import to_numpy
from emd_ref._scalars import integer
from emd_ref.metrics._samples import Samples


class SampleMetric(Metric):
    """A metric of samples whose classes are along axis 1; its states are sums in float64."""

    is_differentiable = False
    full_state_update = False

    def __init__(
        self,
        num_classes: int | None,
        ground: Ground,
        from_logits: bool,
        ignore_index: int | None,
        check: bool,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        _losses.check_options(ground, from_logits, -100 if ignore_index is None else ignore_index, check)
        self.num_classes = None if num_classes is None else integer(num_classes, "`num_classes`", 1)
        if isinstance(ground, GroundDistance):
            ground = GroundDistance(to_numpy(ground.distances))  # serves every device
        self.ground, self.from_logits, self.ignore_index, self.check = ground, from_logits, ignore_index, check

    def add_sum(self, name: str, *shape: int) -> None:
        """Add a state that is a sum over samples, and over processes."""
        self.add_state(name, torch.zeros(shape, dtype=torch.float64), dist_reduce_fx="sum")

    def samples(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None) -> Samples:
        """The samples of a batch, where ignored ones have the weight 0."""
        for name, x in (("preds", preds), ("target", target), ("sample_weight", sample_weight)):
            if not isinstance(x, Tensor) and (x is not None or name != "sample_weight"):
                raise TypeError(f"`{name}` is of {type(x).__name__}: it must be a tensor, as torch.as_tensor makes")
        axis = min(1, preds.ndim - 1)
        if preds.ndim and self.num_classes not in (None, preds.shape[axis]):
            raise ValueError(
                f"`preds` has {preds.shape[axis]} classes along axis {axis}, its shape being {tuple(preds.shape)}: "
                f"the metric has num_classes={self.num_classes}"
            )
        preds, target = preds.detach(), target.detach()
        if self.ignore_index is not None and preds.ndim:
            preds, target, sample_weight = _without_ignored(preds, target, sample_weight, axis, self.ignore_index)
        options = Options(self.ground, self.from_logits, axis, self.check, predicted_name="preds")
        return Samples(preds, target, sample_weight, options)


def _without_ignored(
    preds: Tensor, target: Tensor, weight: Tensor | None, axis: int, ignore_index: int
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Valid samples of weight 0 in the place of ignored ones."""
    batch = preds.shape[:axis] + preds.shape[axis + 1 :]
    ignored = _losses.ignored_samples(xp, target, ignore_index)
    if ignored is None or ignored.shape != batch:
        return preds, target, weight  # a wrong shape is refused later
    _losses.check_weight_shape(weight, batch)
    return _losses.without_ignored(xp, preds, target, weight, ignored, axis)
