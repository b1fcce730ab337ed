"""The squared Earth Mover's Distance, the loss of the paper (specification, sections 4 and 5).

A ground distance G is factored as -G/2 = L^T W L on the differences d = p - t, which sum to zero (see `_grounds`). Then

    q = L d,        E = -1/2 d^T G d = q^T W q,        g = dE/dp = 2 L^T W q

On ordered classes q_k = d_1 + ... + d_k is D_k, the difference of the cumulative distributions, and W = 1.
"""

from collections.abc import Callable

from emd_ref._formulas.batch import Batch
from emd_ref._grounds import Ground
from emd_ref._libraries.kinds import Array


def squared_emd(batch: Batch, ground: Ground) -> tuple[Array, Callable[[], Array]]:
    """E = q^T W q, and g = 2 L^T W q."""
    ops = batch.ops
    q = batch.q(ground)
    Wq = ground.weigh(ops, q)
    return ops.inner(q, Wq), lambda: batch.through_softmax(ground.spread(ops, Wq, batch.num_classes, times=2.0))
