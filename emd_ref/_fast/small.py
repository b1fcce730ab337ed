"""A short way into the formulas for small NumPy arrays, where validation takes longer than arithmetic.

It recognises the most common valid call: two distributions, of float64 or float32, classes last. Anything else, invalid
input included, goes through `Arguments`, which raises the errors.
"""

import numpy as np

from emd_ref._arguments.options import Options
from emd_ref._arguments.values import default_mass_tolerance
from emd_ref._fast.operations import NUMPY, NumPyOperations
from emd_ref._fast.products import MANY_NUMBERS, SHORT_AXIS
from emd_ref._formulas.batch import Batch
from emd_ref._grounds import Ordered
from emd_ref._libraries.kinds import Array

_DOUBLE, _SINGLE = np.dtype(np.float64), np.dtype(np.float32)
# float64 holds the sums of float32 probabilities of at least 2^-28 exactly, and others far beyond float32: there the
# order of addition does not show, and products are faster than scans of any length.
_FROM_FLOAT32 = NumPyOperations(np, products_from=1)


def small_batch(predicted: Array, target: Array, options: Options) -> Batch | None:
    """The batch of these arguments if they are small, ordinary and valid."""
    ground, from_logits, axis, check, mass_tolerance, _, labels_only, _ = options
    if not (
        type(target) is np.ndarray
        and 0 < predicted.size < MANY_NUMBERS
        and predicted.shape == target.shape != ()
        and ((dtype := predicted.dtype) is _DOUBLE or dtype is _SINGLE)
        and dtype is target.dtype
        and type(ground) is Ordered
        and ground.positions is None
        and axis == -1
        and not (from_logits or labels_only)
        and mass_tolerance is None
    ):
        return None
    ops, p, t = NUMPY, predicted, target
    if dtype is _SINGLE:
        p, t = p.astype(_DOUBLE), t.astype(_DOUBLE)
        ops = _FROM_FLOAT32 if p.shape[-1] <= SHORT_AXIS else NUMPY
    if check:
        tolerance = default_mass_tolerance(np, dtype, p.shape[-1])
        if not (ops.are_probabilities(p, tolerance) and ops.are_probabilities(t, tolerance)):
            return None
    return Batch(ops, p, t)
