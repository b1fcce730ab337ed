"""Exact Earth Mover's Distance by linear programming, with a proof of optimality (specification, 3.1).

One problem is solved by HiGHS, through SciPy. Its tolerances are absolute (1e-10 at best), so the problem is scaled to
make them harmless. Samples of few classes are solved together by `_lp_batch`, and by HiGHS where that fails. No answer
leaves this module without its certificate: a flow and potentials, both feasible, of equal cost.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from emd_ref import _lp_batch

Vector: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Matrix: TypeAlias = Vector

GAP = 1e-12  # of certificates, for unit mass and a largest distance of 1
SCALES = (2.0**20, 2.0**10, 1.0)  # of the masses: 2^20 makes an absolute 1e-10 a relative 1e-16


@dataclass(frozen=True, eq=False)
class LPSolution:
    """Optimal value with its proof.

    Attributes
    ----------
    value : float
        EMD_G(p, t).
    plan : array (C, C)
        Flow F >= 0 with row sums p and column sums t, of cost sum_ij F_ij G_ij = value.
    potentials : tuple of two arrays (C,)
        (u, v) with u_i + v_j <= G_ij and <u, p> + <v, t> = value. u is a subgradient of the EMD with respect to p, and
        v with respect to t; of the constant that may be shifted between them, the choice is <v, t> = 0.
    """

    value: float
    plan: Matrix
    potentials: tuple[Vector, Vector]


def solve(p: Vector, t: Vector, G: Matrix) -> LPSolution:
    """EMD_G(p, t) = min sum_ij F_ij G_ij over flows F >= 0 with row sums p and column sums t.

    Parameters
    ----------
    p, t : arrays (C,)
        Non-negative masses. When their sums differ, both are scaled to the mean of the two.
    G : array (C, C)
        Ground distance: finite, non-negative.

    Returns
    -------
    LPSolution
        In float64. Marginals, potentials and duality gap hold to 1e-12 of the mass and of the largest distance.

    Raises
    ------
    ValueError
        If shapes do not fit, or values are negative, not finite, or without mass.
    RuntimeError
        If the solver found no solution that can be proved optimal.

    Notes
    -----
    For a metric G the mass that p and t share stays where it is, so only the difference is solved for; this keeps the
    relative precision when p is near t.

    Examples
    --------
    >>> import numpy as np
    >>> solution = solve(np.asarray([0.5, 0.5]), np.asarray([0.0, 1.0]), np.asarray([[0.0, 3.0], [3.0, 0.0]]))
    >>> round(solution.value, 12)
    1.5
    """
    p, t, G = _float64(p, t, G)
    _check(p, t, G)
    return (_solve_metric if is_metric(G) else _solve)(*_balanced(p, t), G)


def potentials_of_each(p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix]:
    """Potentials u and v, arrays (..., C), of each sample in arrays (..., C)."""
    p, t, G = _float64(p, t, G)
    u, v = np.full((2, *p.shape), np.nan)
    for samples, found in _batches(p, t, G):
        u.reshape(-1, len(G))[samples], v.reshape(-1, len(G))[samples] = found[:2]
    return u, v


def solve_each(p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Potentials u and v, arrays (..., C), and plans (..., C, C), of each sample in arrays (..., C)."""
    p, t, G = _float64(p, t, G)
    u, v = np.full((2, *p.shape), np.nan)
    F = np.full((*p.shape, p.shape[-1]), np.nan)
    for samples, found in _batches(p, t, G):
        for result, x in zip((u, v, F), found, strict=True):
            result.reshape(-1, *x.shape[1:])[samples] = x
    return u, v, F


def _batches(p: Matrix, t: Matrix, G: Matrix) -> Iterator[tuple[Any, tuple[Matrix, Matrix, Matrix]]]:
    """Places of samples, counted through, with their potentials u and v and their plans.

    Samples that hold NaN are left out: a compiler may hide a label that does not exist, and its result is NaN.
    """
    C = len(G)
    p, t, metric = p.reshape(-1, C), t.reshape(-1, C), is_metric(G)
    known = np.flatnonzero(~(np.isnan(p) | np.isnan(t)).any(axis=-1))
    step = max(1, _lp_batch.NUMBERS // C**2)
    for samples in (known[i : i + step] for i in range(0, len(known), step)):
        yield samples, _solve_batch(p[samples], t[samples], G, metric)


def _solve_batch(p: Matrix, t: Matrix, G: Matrix, metric: bool) -> tuple[Matrix, Matrix, Matrix]:
    """Potentials u, v and plans of samples (N, C); what is not proved together is solved alone."""
    N, C = p.shape
    u, v, F, proved = np.zeros((N, C)), np.zeros((N, C)), np.zeros((N, C, C)), np.zeros(N, dtype=bool)
    if C <= _lp_batch.FEW_CLASSES:
        fit = np.flatnonzero(_lp_batch.has_mass(p) & _lp_batch.has_mass(t))
        together = _metric_together if metric else _together
        u[fit], v[fit], F[fit], gap = together(*_balanced(p[fit], t[fit]), G)
        proved[fit] = gap <= GAP
    for i in np.flatnonzero(~proved):
        solution = (_solve_metric if metric else _solve)(*_balanced(p[i], t[i]), G)
        (u[i], v[i]), F[i] = solution.potentials, solution.plan
    return u, v, F


def _metric_together(p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix, Matrix, Vector]:
    """`_together` for the mass that has to move, as in `_solve_metric`."""
    stays = np.minimum(p, t)
    u, F, gap = np.zeros(p.shape), stays[:, :, None] * np.eye(len(G)), np.zeros(len(p))
    moves = np.flatnonzero((p > stays).any(axis=1) & (t > stays).any(axis=1))
    _, v, moved, gap[moves] = _together(p[moves] - stays[moves], t[moves] - stays[moves], G)
    u[moves] = _metric_potential(v, t[moves], G)
    F[moves] += moved
    return u, -u, F, gap


def _together(p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix, Matrix, Vector]:
    """Potentials u, v, plans and gaps of samples (N, C) by pivots on all of them."""
    mass_p, mass_t, largest = p.sum(axis=1)[:, None], t.sum(axis=1)[:, None], G.max() or 1.0
    p, t, G, mass = p / mass_p, t / mass_t, G / largest, (mass_p + mass_t)[:, :, None] / 2
    F, v = _lp_batch.plans_and_potentials(p, t, G)
    u, v, gap = _certificate(F, v, p, t, G)
    return u * largest, v * largest, F * mass, gap


def _float64(*arrays: Matrix) -> Iterator[Matrix]:
    return (np.asarray(x, dtype=np.float64) for x in arrays)


def _balanced(p: Matrix, t: Matrix) -> tuple[Matrix, Matrix]:
    """Arrays (..., C) with the mean of their masses each; unchanged, to the last bit, where the masses are equal."""
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


def _check(p: Vector, t: Vector, G: Matrix) -> None:
    C = len(p) if p.ndim == 1 else 0
    if C == 0 or t.shape != (C,) or G.shape != (C, C):
        raise ValueError(f"`p`, `t`, `G` have shapes {p.shape}, {t.shape}, {G.shape}: wanted (C,), (C,) and (C, C)")
    for name, x in (("p", p), ("t", t), ("G", G)):
        if not (np.isfinite(x) & (x >= 0)).all():
            raise ValueError(f"`{name}` must hold finite, non-negative numbers")
    if not (p.sum() > 0 and t.sum() > 0):
        raise ValueError("`p` and `t` must have mass")


def _solve_metric(p: Vector, t: Vector, G: Matrix) -> LPSolution:
    """Solve for the mass that has to move: what p and t share stays, at no cost, because G is a metric."""
    stays = np.minimum(p, t)
    C = len(p)
    if not ((p > stays).any() and (t > stays).any()):
        return LPSolution(0.0, np.diag(stays), (np.zeros(C), np.zeros(C)))
    moved = _solve(p - stays, t - stays, G)
    u = _metric_potential(moved.potentials[1], t, G)
    return LPSolution(moved.value, np.diag(stays) + moved.plan, (u, -u))


def _metric_potential(v: Matrix, t: Matrix, G: Matrix) -> Matrix:
    """Potential u with |u_i - u_j| <= G_ij, so that (u, -u) is feasible, and <u, t> = 0; for arrays (..., C)."""
    u = np.min(G - v[..., None, :], axis=-1)
    u -= np.sum(u * t, axis=-1, keepdims=True) / np.sum(t, axis=-1, keepdims=True)
    return np.asarray(u)


def _solve(p: Vector, t: Vector, G: Matrix) -> LPSolution:
    mass, largest = (p.sum() + t.sum()) / 2, G.max() or 1.0
    p, t, G = p / p.sum(), t / t.sum(), G / largest
    message = ""
    for scale in SCALES:
        found = _highs(p * scale, t * scale, G)
        if isinstance(found, str):
            message = found
            continue
        plan = np.maximum(found[0] / scale, 0.0)
        u, v, gap = _certificate(plan, found[1], p, t, G)
        if gap <= GAP:
            return LPSolution(float(np.sum(plan * G) * mass * largest), plan * mass, (u * largest, v * largest))
        message = f"the certificate is open by {gap:.1e}"
    raise RuntimeError(f"the linear programme of {len(p)} classes was not solved: {message}")


def _certificate(F: Matrix, v: Matrix, p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix, Any]:
    """Feasible potentials from v, and how far they are from proving F; for plans (..., C, C) and arrays (..., C)."""
    u = np.min(G - v[..., None, :], axis=-1)
    v = np.min(G - u[..., :, None], axis=-2)
    constant = np.sum(v * t, axis=-1, keepdims=True)
    u, v = u + constant, v - constant
    gap = np.abs(np.sum(F * G, axis=(-2, -1)) - np.sum(u * p, axis=-1))
    of_p, of_t = np.abs(F.sum(axis=-1) - p).max(axis=-1), np.abs(F.sum(axis=-2) - t).max(axis=-1)
    return u, v, np.maximum.reduce([gap, of_p, of_t])


def _highs(p: Vector, t: Vector, G: Matrix) -> tuple[Matrix, Vector] | str:
    """Plan and target potentials of HiGHS, or its message."""
    from scipy.optimize import linprog

    C = len(p)
    # One equation is redundant. That of the largest mass can take the rounding of the sums without turning negative.
    kept = np.delete(np.arange(2 * C), C + int(np.argmax(t)))
    result = linprog(
        G.ravel(),
        A_eq=_marginals(C)[kept],
        b_eq=np.concatenate([p, t])[kept],
        method="highs",
        options={"presolve": False, "primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if result.status != 0:
        return str(result.message)
    dual = np.zeros(2 * C)
    dual[kept] = result.eqlin.marginals
    return result.x.reshape(C, C), dual[C:]


@lru_cache(maxsize=4)
def _marginals(C: int) -> Any:
    """The 2C equations: row sums, then column sums, of a flattened C x C flow."""
    from scipy import sparse

    one = np.ones((1, C))
    return sparse.vstack([sparse.kron(sparse.eye(C), one), sparse.kron(one, sparse.eye(C))]).tocsr()
