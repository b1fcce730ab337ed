"""A training step on plain logits and labels, where the general way spends more time in Python than in arithmetic.

It serves NumPy arrays of logits (N, C) and labels (N,) that are seen to be valid at once. For anything else, invalid or
ignored labels included, it returns None, and the general way computes or raises the errors.
"""

from typing import Any

import numpy as np

from emd_ref._fast.operations import NUMPY
from emd_ref._formulas.batch import Batch, Formula
from emd_ref._formulas.gradients import softmax
from emd_ref._grounds import Ground
from emd_ref._libraries.kinds import Array
from emd_ref._quiet import QUIET

_FLOAT64 = np.dtype(np.float64)


def value_and_gradient(
    formula: Formula, ground: Ground, logits: Array, labels: Array, ignore_index: int, mean: bool
) -> tuple[Array, Array] | None:
    """The loss of each sample in float64, and the gradient of their sum or mean in the dtype of the logits.

    None unless all logits and labels are valid and count.
    """
    num_classes, least, greatest = logits.shape[1], labels.item(labels.argmin()), labels.item(labels.argmax())
    if least < 0 or greatest >= num_classes or least <= ignore_index <= greatest:
        return None
    computed: tuple[Array, Array] | None = QUIET.copy().run(_evaluated, formula, ground, logits, labels, mean)
    return computed


def _evaluated(formula: Formula, ground: Ground, logits: Array, labels: Array, mean: bool) -> Any:
    z = NUMPY.cast(logits, _FLOAT64)
    if not NUMPY.are_logits(z):
        return None
    batch = Batch(NUMPY, softmax(NUMPY, z), NUMPY.one_hot(labels, z, labels_checked=True), labels, z)
    E, gradient = formula(batch, ground)
    g = gradient()
    if mean:
        g /= len(E)
    return E, NUMPY.cast(g, logits.dtype)
