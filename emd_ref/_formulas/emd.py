"""The exact Earth Mover's Distance, linear in the ground distance (specification, section 3).

    ordered, tree   EMD = sum_S w_S |p(S) - t(S)| over the cuts      g_j = sum_{S: j in S} w_S s_S
    circular        EMD = sum_k |D_k - a|, a a median of D           g_j = sum_{k >= j} s_k
    label k         EMD = sum_i p_i G_ik                             g_j = G_jk
    otherwise       EMD = <u, p> + <v, t>, a linear programme        g = u

Here s is the sign of what stands between the bars. g is a subgradient; where a sign is 0, others exist.
"""

from collections.abc import Callable

from emd_ref._formulas.batch import Batch
from emd_ref._grounds import Circular, Ground, GroundDistance, Ordered, Tree
from emd_ref._libraries.host import on_host
from emd_ref._libraries.kinds import Array, Namespace
from emd_ref._libraries.tracing import constant, tracks_gradient


def emd(batch: Batch, ground: Ground) -> tuple[Array, Callable[[], Array]]:
    """EMD, which the library can differentiate, and its subgradient."""
    if isinstance(ground, Circular):
        return _on_circle(batch)
    if isinstance(ground, GroundDistance):
        return _by_programme(batch, ground) if batch.labels is None else _to_label(batch, ground)
    return _over_cuts(batch, ground)


def _over_cuts(batch: Batch, ground: Ordered | Tree) -> tuple[Array, Callable[[], Array]]:
    xp, q = batch.xp, batch.q(ground)
    s = constant(xp.sign(q))
    if isinstance(ground, Ordered):  # the last cut holds every class: D_C is rounding, and its sign says nothing
        s = xp.concat([s[..., :-1], 0.0 * s[..., -1:]], axis=-1)
    ws = ground.weigh(batch.ops, s)
    return batch.ops.inner(q, ws), lambda: batch.through_softmax(ground.spread(batch.ops, ws, batch.num_classes))


def _on_circle(batch: Batch) -> tuple[Array, Callable[[], Array]]:
    xp, D = batch.xp, batch.ops.cumulative_sum(batch.d)
    a = constant(xp.sort(D, axis=-1)[..., (batch.num_classes - 1) // 2, None])
    s = constant(_balanced_signs(xp, D - a))
    return batch.ops.inner(D - a, s), lambda: batch.through_softmax(batch.ops.suffix_sum(s))


def _balanced_signs(xp: Namespace, x: Array) -> Array:
    """Signs of x, with such a value for its zeros that they sum to 0, as a subgradient at a minimum does."""
    s = xp.sign(x)
    zero = xp.astype(x == 0, x.dtype)
    return s - zero * (xp.sum(s, axis=-1, keepdims=True) / xp.sum(zero, axis=-1, keepdims=True))


def _to_label(batch: Batch, ground: GroundDistance) -> tuple[Array, Callable[[], Array]]:
    distances = batch.distances(ground)
    return batch.ops.inner(batch.p, distances), lambda: batch.through_softmax(distances)


def _by_programme(batch: Batch, ground: GroundDistance) -> tuple[Array, Callable[[], Array]]:
    from emd_ref._programme import batches  # only who solves a programme waits for its import

    p, t, G = batch.p, batch.t, batch.matrix(ground)
    if tracks_gradient(ground.distances):
        u, v, F = on_host(batches.solve_each, (p.shape, p.shape, (*p.shape, batch.num_classes)), p, t, G)
        EMD = _dual_value(batch, u, v) + batch.xp.sum(F * (G - constant(G)), axis=(-2, -1))  # dEMD/dG = F
    else:
        u, v = on_host(batches.potentials_of_each, (p.shape, p.shape), p, t, G)
        EMD = _dual_value(batch, u, v)
    return EMD, lambda: batch.through_softmax(u)


def _dual_value(batch: Batch, u: Array, v: Array) -> Array:
    """<u, p> + <v, t>, without cancellation where p is near t: for a metric u + v is exactly 0."""
    return batch.ops.inner(u, batch.d) + batch.ops.inner(u + v, batch.t)
