"""Cross-entropy, and its sums with a ground distance term (specification, section 6).

XE = -sum_j t_j log p_j        R = sum_i p_i^2 (G_ik^omega + mu)
XEMD: L = XE + lambda R        proper form: XE + lambda E_G
"""

import math
from collections.abc import Callable

from emd_ref._formulas.batch import Batch
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._grounds import Ground
from emd_ref._libraries.kinds import Array


def cross_entropy(batch: Batch, ground: Ground | None = None) -> tuple[Array, Callable[[], Array]]:
    """XE = -sum_j t_j log p_j, with 0 log 0 = 0, and its gradient; there is no ground distance in it."""
    xp, ops, t = batch.xp, batch.ops, batch.t
    if batch.logits is None:
        p = xp.where(t == 0, xp.ones_like(batch.p), batch.p)
        return -ops.inner(t, xp.log(p)), lambda: -t / p
    z = batch.logits - ops.largest(batch.logits)
    log_p = z - xp.log(ops.total(xp.exp(z), keepdims=True))
    log_p = xp.where((t == 0) & (z == -math.inf), xp.zeros_like(z), log_p)  # 0 times infinity would be NaN
    return -ops.inner(t, log_p), lambda: batch.p - t


def penalty(batch: Batch, ground: Ground, exponent: float, bias: float) -> tuple[Array, Callable[[], Array]]:
    """R = sum_i p_i^2 (G_ik^omega + mu), and its gradient."""
    p, costs = batch.p, batch.distances(ground) ** exponent + bias
    return batch.ops.inner(p * p, costs), lambda: batch.through_softmax(2.0 * p * costs)


def xemd(
    batch: Batch, ground: Ground, weight: float, exponent: float, bias: float
) -> tuple[Array, Callable[[], Array]]:
    """L = XE + lambda R, and its gradient."""
    return _weighted_sum(cross_entropy(batch), weight, penalty(batch, ground, exponent, bias))


def cross_entropy_and_squared_emd(batch: Batch, ground: Ground, weight: float) -> tuple[Array, Callable[[], Array]]:
    """XE + lambda E_G, and its gradient."""
    return _weighted_sum(cross_entropy(batch), weight, squared_emd(batch, ground))


def _weighted_sum(
    first: tuple[Array, Callable[[], Array]], weight: float, second: tuple[Array, Callable[[], Array]]
) -> tuple[Array, Callable[[], Array]]:
    (a, a_gradient), (b, b_gradient) = first, second
    return a + weight * b, lambda: a_gradient() + weight * b_gradient()
