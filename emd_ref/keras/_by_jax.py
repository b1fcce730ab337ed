"""The loss of each sample by emd_ref.jax, under the names of Keras."""

import jax

from emd_ref._arguments.options import Options
from emd_ref._formulas.batch import Formula
from emd_ref._grounds import Ground
from emd_ref.jax._reduced import Means, loss_of_batch


def each(
    formula: Formula,
    y_pred: jax.Array,
    target: jax.Array,
    axis: int,
    labels_only: bool,
    *,
    ground: Ground,
    from_logits: bool,
    label_smoothing: float,
    ignore_index: int,
    check: bool,
) -> jax.Array:
    """The loss of each sample."""
    options = Options(
        ground,
        from_logits,
        axis,
        check,
        target_name="y_true",
        labels_only=labels_only,
        predicted_name="y_pred",
        has_mass_tolerance=False,
    )
    means = Means("none", None, None, ignore_index, None, label_smoothing)
    return loss_of_batch(formula, {}, y_pred, target, options, means)
