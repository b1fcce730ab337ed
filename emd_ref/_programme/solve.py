"""One optimal transport problem, solved by HiGHS and proved optimal.

The tolerances of HiGHS are absolute (1e-10 at best), so the problem is scaled until they are harmless.
"""

import math
from collections.abc import Iterator

import numpy as np

from emd_ref._immutable import Immutable
from emd_ref._programme.certificate import GAP, Matrix, Vector, certificate, metric_potential
from emd_ref._programme.highs import highs
from emd_ref._quiet import QUIET

SCALES = (2.0**20, 2.0**10, 1.0)  # of the masses: 2^20 makes an absolute 1e-10 a relative 1e-16


class LPSolution(Immutable):
    """Optimal value with its proof.

    Attributes
    ----------
    value : float
        EMD_G(p, t); infinite where that is beyond float64.
    plan : array (C, C)
        Flow F >= 0 with row sums p and column sums t, of cost sum_ij F_ij G_ij = value.
    potentials : tuple of two arrays (C,)
        (u, v) with u_i + v_j <= G_ij and <u, p> + <v, t> = value. u is a subgradient of the EMD with respect to p, and
        v with respect to t; of the constant that may be shifted between them, the choice is <v, t> = 0.
    """

    value: float
    plan: Matrix
    potentials: tuple[Vector, Vector]

    def __init__(self, value: float, plan: Matrix, potentials: tuple[Vector, Vector]) -> None:
        vars(self).update(value=value, plan=plan, potentials=potentials)


def solve_one(p: Vector, t: Vector, G: Matrix) -> LPSolution:
    """Validate the arguments of `emd_ref.lp.solve`, and solve."""
    for name, x in (("p", p), ("t", t), ("G", G)):
        _check_type(name, x)
    return QUIET.copy().run(_solve_valid, *float64(p, t, G))


def _solve_valid(p: Vector, t: Vector, G: Matrix) -> LPSolution:
    _check(p, t, G)
    return solve_balanced(*balanced(p, t), G, metric=is_metric(G))


def solve_balanced(p: Vector, t: Vector, G: Matrix, metric: bool) -> LPSolution:
    """Solve for masses p and t of equal sums."""
    return (_solve_metric if metric else _solve)(p, t, G)


def float64(*arrays: Matrix) -> Iterator[Matrix]:
    """The arrays as NumPy arrays of float64."""
    return (np.asarray(x, dtype=np.float64) for x in arrays)


def balanced(p: Matrix, t: Matrix) -> tuple[Matrix, Matrix]:
    """Arrays (..., C), both scaled to the mean of their masses; not changed at all where the masses are equal."""
    sums = ([math.fsum(row) for row in x.reshape(-1, x.shape[-1]).tolist()] for x in (p, t))
    mass_p, mass_t = (np.reshape(mass, (*p.shape[:-1], 1)) for mass in sums)
    differ, mean = mass_p != mass_t, (mass_p + mass_t) / 2
    if not differ.any():
        return p, t
    return np.where(differ, p * (mean / mass_p), p), np.where(differ, t * (mean / mass_t), t)


def is_metric(G: Matrix) -> bool:
    """Whether G_ij <= G_ik + G_kj for all i, j, k, to rounding, and G_ii = 0."""
    slack = 4 * np.finfo(np.float64).eps * G.max()
    through = (G[:, k, None] + G[None, k, :] for k in range(len(G)))
    return not G.diagonal().any() and all((G <= path + slack).all() for path in through)


def _check_type(name: str, x: object) -> None:
    """Raise TypeError unless `x` is an array of real numbers, or a list of them."""
    dtype = np.asarray(x).dtype
    if isinstance(x, np.ma.MaskedArray) or dtype.kind not in "fiu" or dtype.itemsize > 8:
        kind = "a masked array" if isinstance(x, np.ma.MaskedArray) else f"of dtype {dtype}"
        raise TypeError(f"`{name}` is {kind}: it must hold real numbers, such as float64")


def _check(p: Vector, t: Vector, G: Matrix) -> None:
    C = len(p) if p.ndim == 1 else 0
    if C == 0 or t.shape != (C,) or G.shape != (C, C):
        raise ValueError(
            f"`p`, `t`, `G` have shapes {p.shape}, {t.shape}, {G.shape}: they must have shapes (C,), (C,) and (C, C)"
        )
    for name, x in (("p", p), ("t", t), ("G", G)):
        if not (np.isfinite(x) & (x >= 0)).all():
            raise ValueError(f"`{name}` must hold finite, non-negative numbers")
    if not (p.sum() > 0 and t.sum() > 0):
        raise ValueError("`p` and `t` must have mass")
    for name, x in (("p", p), ("t", t), ("G", 2 * G)):
        if not np.isfinite(x.sum() if name != "G" else x.max()):
            raise ValueError(f"`{name}` holds numbers whose sum is beyond float64: scale it first")


def _solve_metric(p: Vector, t: Vector, G: Matrix) -> LPSolution:
    """Solve for the mass that has to move. What p and t share stays at no cost, since G is a metric."""
    stays = np.minimum(p, t)
    C = len(p)
    if not ((p > stays).any() and (t > stays).any()):
        return LPSolution(0.0, np.diag(stays), (np.zeros(C), np.zeros(C)))
    moved = _solve(p - stays, t - stays, G)
    u = metric_potential(moved.potentials[1], t, G)
    return LPSolution(moved.value, np.diag(stays) + moved.plan, (u, -u))


def _solve(p: Vector, t: Vector, G: Matrix) -> LPSolution:
    mass, largest = (p.sum() + t.sum()) / 2, G.max() or 1.0
    p, t, G = p / p.sum(), t / t.sum(), G / largest
    message = ""
    for scale in SCALES:
        found = highs(p * scale, t * scale, G)
        if isinstance(found, str):
            message = found
            continue
        plan = np.maximum(found[0] / scale, 0.0)
        u, v, gap = certificate(plan, found[1], p, t, G)
        if gap <= GAP:
            return LPSolution(float(np.sum(plan * G) * mass * largest), plan * mass, (u * largest, v * largest))
        message = f"the certificate is open by {gap:.1e}"
    raise RuntimeError(f"the linear programme of {len(p)} classes was not solved: {message}")
