"""The label that a predicted distribution stands for."""

from functools import partial
from typing import Any

from emd_ref._arguments import contract, values
from emd_ref._fast.operations import operations
from emd_ref._formulas.gradients import softmax
from emd_ref._lazy import decode_blocks
from emd_ref._libraries.arrays import move_axis
from emd_ref._libraries.kinds import AnyArray, Array, is_dask
from emd_ref._libraries.namespaces import namespace, wide_dtype
from emd_ref._libraries.tracing import detach, quietly
from emd_ref._scalars import flag


def median_decode(
    predicted: AnyArray,
    /,
    *,
    axis: int = -1,
    from_logits: bool = False,
    check: bool = True,
    mass_tolerance: float | None = None,
) -> Any:
    """Median of each predicted distribution: the first class k with P_k >= P_C / 2, where P_k = p_1 + ... + p_k.

    No label has a smaller expected absolute distance sum_j p_j |x_j - x_k| from a class drawn from p, whatever the
    positions x_1 < ... < x_C: of all labels, it minimises the expected absolute error, as the most probable class
    minimises the expected number of errors.

    Parameters
    ----------
    predicted : array (..., C) of a real floating dtype
        Predicted distributions, or logits if `from_logits`.
    axis : int
        The class axis.
    from_logits : bool
        Whether `predicted` holds logits.
    check, mass_tolerance
        As of `emd_ref.squared_emd`.

    Returns
    -------
    array (...) of integers
        Labels 0 .. C-1, in the library and on the device of `predicted`, in the library's default integer dtype.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid; the message names the argument and the place.

    Notes
    -----
    If P_k is exactly half, every class from k to the next one of positive probability is a median: all of them have the
    same expected distance, and the first of them is returned. The sums P_k are rounded, in float64. Where P_k is
    within rounding of half, the label may therefore be that of the other side; its expected distance is then the
    smallest one up to rounding. P_C / 2 stands for 1/2, as the numbers of a row need not sum to 1 exactly.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref.metrics import median_decode
    >>> median_decode(np.asarray([[0.4, 0.3, 0.3], [0.5, 0.0, 0.5], [0.0, 0.1, 0.9]]))
    array([1, 0, 2])
    """
    xp = contract.floating_array(predicted, "predicted")
    axis = contract.class_axis(predicted, axis, "predicted")
    flag(from_logits, "`from_logits`")
    flag(check, "`check`")
    if is_dask(predicted):
        decode = partial(median_decode, axis=axis, from_logits=from_logits, check=check, mass_tolerance=mass_tolerance)
        return decode_blocks(decode, predicted, axis)
    x = detach(predicted)
    if check and from_logits:
        values.logits(xp, x, "predicted", axis)
    elif check:
        values.probabilities(xp, x, "predicted", axis, values.mass_tolerance(xp, x, axis, mass_tolerance))
    return quietly(x, partial(_medians, move_axis(xp, x, axis, x.ndim - 1), from_logits))


def _medians(x: Array, from_logits: bool) -> Array:
    """The number of classes below the median, which is its label."""
    xp = namespace(x)
    ops = operations(xp, x)
    x = ops.cast(x, wide_dtype(xp, x))
    P = ops.cumulative_sum(softmax(ops, x) if from_logits else x)
    index = xp.arange(0).dtype
    return xp.sum(xp.astype(P < 0.5 * P[..., -1:], index), axis=-1, dtype=index)
