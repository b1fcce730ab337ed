"""Cross-entropy, and its sums with a ground distance term (specification, section 6).

XE = -sum_j t_j log p_j        R = sum_i p_i^2 (G_ik^omega + mu)
XEMD: L = XE + lambda R        proper form: XE + lambda E_G

Class weights and label smoothing act on each of them as `classes` says.
"""

import math
from collections.abc import Callable
from functools import partial

from emd_ref._formulas.batch import Batch
from emd_ref._formulas.classes import smoothed, weighted_target, with_classes
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._grounds import Ground
from emd_ref._libraries.kinds import Array


def cross_entropy(
    batch: Batch, ground: Ground | None = None, class_weight: Array | None = None, label_smoothing: float = 0.0
) -> tuple[Array, Callable[[], Array]]:
    """XE = -sum_j t_j log p_j, with 0 log 0 = 0, and its gradient; there is no ground distance in it."""
    xp, ops, batch = batch.xp, batch.ops, smoothed(batch, label_smoothing)
    t = batch.t if class_weight is None else weighted_target(batch, class_weight)
    if batch.logits is None:
        p = xp.where(t == 0, xp.ones_like(batch.p), batch.p)
        return -ops.inner(t, xp.log(p)), lambda: -t / p
    z = batch.logits - ops.largest(batch.logits)
    log_p = z - xp.log(ops.total(xp.exp(z), keepdims=True))
    log_p = xp.where((t == 0) & (z == -math.inf), xp.zeros_like(z), log_p)  # 0 times infinity would be NaN
    if class_weight is None:
        return -ops.inner(t, log_p), lambda: batch.p - t
    return -ops.inner(t, log_p), lambda: ops.total(t, keepdims=True) * batch.p - t


def penalty(batch: Batch, ground: Ground, exponent: float, bias: float) -> tuple[Array, Callable[[], Array]]:
    """R = sum_i p_i^2 (G_ik^omega + mu), or its mean over the classes k of a distribution, and its gradient."""
    p = batch.p
    if batch.labels is None:
        costs = batch.ops.product(batch.t, batch.matrix(ground).T ** exponent) + bias
    else:
        costs = batch.distances(ground) ** exponent + bias
    return batch.ops.inner(p * p, costs), lambda: batch.through_softmax(2.0 * p * costs)


def xemd(
    batch: Batch,
    ground: Ground,
    emd_weight: float,
    exponent: float,
    bias: float,
    class_weight: Array | None = None,
    label_smoothing: float = 0.0,
) -> tuple[Array, Callable[[], Array]]:
    """L = XE + lambda R, and its gradient."""
    XE = cross_entropy(batch, ground, class_weight, label_smoothing)
    R = with_classes(batch, ground, partial(penalty, exponent=exponent, bias=bias), class_weight, label_smoothing)
    return _weighted_sum(XE, emd_weight, R)


def cross_entropy_and_squared_emd(
    batch: Batch, ground: Ground, emd_weight: float, class_weight: Array | None = None, label_smoothing: float = 0.0
) -> tuple[Array, Callable[[], Array]]:
    """XE + lambda E_G, and its gradient."""
    XE = cross_entropy(batch, ground, class_weight, label_smoothing)
    E = with_classes(batch, ground, squared_emd, class_weight, label_smoothing)
    return _weighted_sum(XE, emd_weight, E)


def _weighted_sum(
    first: tuple[Array, Callable[[], Array]], emd_weight: float, second: tuple[Array, Callable[[], Array]]
) -> tuple[Array, Callable[[], Array]]:
    (a, a_gradient), (b, b_gradient) = first, second
    return a + emd_weight * b, lambda: a_gradient() + emd_weight * b_gradient()
