"""Value checks that share their sums with the computation: on a line, the mass of p need not be summed for itself.

The formula computes D_C anyway, and the mass of p is the mass of t plus D_C.
"""

from emd_ref._arguments.arguments import Arguments
from emd_ref._formulas.batch import Batch
from emd_ref._grounds import Ordered
from emd_ref._libraries.kinds import Array


def is_possible(arguments: Arguments) -> bool:
    """Whether D_C tells the mass of p well enough, whatever the order of its sum.

    Each d_j is rounded by u |d_j|, and each of C - 1 additions by u, since no sum of some d_j is larger than 1. That
    must be at most half of the tolerance.
    """
    options, C = arguments.options, arguments.scores.shape[-1]
    on_a_line = isinstance(options.ground, Ordered) and not options.from_logits
    return options.check and on_a_line and (C + 1) * 2.0**-53 <= 0.5 * arguments.tolerances[0]


def with_checked_sums(arguments: Arguments, batch: Batch, scores: Array, targets: Array) -> Batch:
    """The batch, with the D_k that show that its values are valid; otherwise the values are checked as elsewhere.

    The other half of the tolerance is left to the rounding of D_C.
    """
    of_predicted, of_target = arguments.tolerances
    d = batch.d  # first: the arrays that are searched next are in the cache then
    excess = 0.0
    if scores.min() >= 0 and (not arguments.soft or targets.min() >= 0):
        if arguments.soft:
            excess = _farthest(1.0, batch.ops.total(batch.t))
        D = arguments.options.ground.sums(batch.ops, d)
        if excess <= of_target and excess + _farthest(0.0, D[..., -1]) <= 0.5 * of_predicted:
            batch.cut_sums = D
            return batch
    arguments.validate_values(batch.p, batch.t)
    return batch


def _farthest(a: float, x: Array) -> float:
    """Largest |x_i - a|, or NaN."""
    return float(max(a - x.item(x.argmin()), x.item(x.argmax()) - a))
