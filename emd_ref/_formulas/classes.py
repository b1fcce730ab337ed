"""Class weights w and label smoothing s, as those of torch.nn.CrossEntropyLoss, for every formula.

    t'_c = (1 - s) t_c + s/C        v = sum_c w_c t_c, which is w_k for the label k

A cross-entropy becomes -sum_c w_c t'_c log p_c, and any other term f(p, t) becomes v f(p, t').
"""

from collections.abc import Callable

from emd_ref._formulas.batch import Batch, Formula
from emd_ref._grounds import Ground
from emd_ref._libraries.host import beside
from emd_ref._libraries.kinds import Array


def smoothed(batch: Batch, label_smoothing: float) -> Batch:
    """The batch with t' in the place of t."""
    if label_smoothing == 0.0:
        return batch
    t = (1.0 - label_smoothing) * batch.t + label_smoothing / batch.num_classes
    return Batch(batch.ops, batch.p, t, None, batch.logits)


def weighted_target(batch: Batch, class_weight: Array) -> Array:
    """w_c t_c."""
    return batch.t * beside(batch.xp, class_weight, batch.p)


def with_classes(
    batch: Batch, ground: Ground, formula: Formula, class_weight: Array | None = None, label_smoothing: float = 0.0
) -> tuple[Array, Callable[[], Array]]:
    """v f(p, t') for the formula f, and its gradient."""
    value, gradient = formula(smoothed(batch, label_smoothing), ground)
    if class_weight is None:
        return value, gradient
    v = batch.ops.total(weighted_target(batch, class_weight))
    return v * value, lambda: v[..., None] * gradient()
