"""Exact Earth Mover's Distance by linear programming, with a proof of optimality (specification, 3.1).

The solver is HiGHS, through SciPy. Its tolerances are absolute (1e-10 at best), so the problem is scaled to make them
harmless, and no answer leaves this module without its certificate: a flow and potentials, both feasible, of equal cost.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

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
    return _solver(G)(*_balanced(p, t), G)


def potentials_of_each(p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix]:
    """Potentials u and v, arrays (..., C), of each sample in arrays (..., C)."""
    p, t, G = _float64(p, t, G)
    u, v, solver = np.full(p.shape, np.nan), np.full(p.shape, np.nan), _solver(G)
    for sample in _known_samples(p, t):
        u[sample], v[sample] = solver(*_balanced(p[sample], t[sample]), G).potentials
    return u, v


def solve_each(p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Potentials u and v, arrays (..., C), and plans (..., C, C), of each sample in arrays (..., C)."""
    p, t, G = _float64(p, t, G)
    u, v, F = np.full(p.shape, np.nan), np.full(p.shape, np.nan), np.full((*p.shape, p.shape[-1]), np.nan)
    solver = _solver(G)
    for sample in _known_samples(p, t):
        solution = solver(*_balanced(p[sample], t[sample]), G)
        (u[sample], v[sample]), F[sample] = solution.potentials, solution.plan
    return u, v, F


def _float64(*arrays: Matrix) -> Iterator[Matrix]:
    return (np.asarray(x, dtype=np.float64) for x in arrays)


def _known_samples(p: Matrix, t: Matrix) -> Iterator[tuple[int, ...]]:
    """Samples without NaN: a compiler may hide a label that does not exist, and its result is NaN."""
    return (i for i in np.ndindex(p.shape[:-1]) if not np.isnan(p[i]).any() and not np.isnan(t[i]).any())


def _balanced(p: Vector, t: Vector) -> tuple[Vector, Vector]:
    """p and t with the mean of their masses each; unchanged, to the last bit, where the masses are equal."""
    mass_p, mass_t = math.fsum(p), math.fsum(t)
    if mass_p == mass_t:
        return p, t
    mean = (mass_p + mass_t) / 2
    return p * (mean / mass_p), t * (mean / mass_t)


def _solver(G: Matrix) -> Callable[[Vector, Vector, Matrix], LPSolution]:
    """The method for a matrix, which takes a look at all its triangles."""
    return _solve_metric if is_metric(G) else _solve


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
    u = np.min(G - moved.potentials[1], axis=1)  # |u_i - u_j| <= G_ij, so that (u, -u) is feasible
    u -= u @ t / t.sum()
    return LPSolution(moved.value, np.diag(stays) + moved.plan, (u, -u))


def _solve(p: Vector, t: Vector, G: Matrix) -> LPSolution:
    mass, largest = (p.sum() + t.sum()) / 2, G.max() or 1.0
    p, t, G = p / p.sum(), t / t.sum(), G / largest
    message = ""
    for scale in SCALES:
        found = _highs(p * scale, t * scale, G)
        if isinstance(found, str):
            message = found
            continue
        plan, v = np.maximum(found[0] / scale, 0.0), found[1]
        u = np.min(G - v, axis=1)
        v = np.min(G - u[:, None], axis=0)
        u, v = u + v @ t, v - v @ t
        gap = max(abs(np.sum(plan * G) - u @ p), *_errors(plan, p, t))
        if gap <= GAP:
            return LPSolution(float(np.sum(plan * G) * mass * largest), plan * mass, (u * largest, v * largest))
        message = f"the certificate is open by {gap:.1e}"
    raise RuntimeError(f"the linear programme of {len(p)} classes was not solved: {message}")


def _errors(plan: Matrix, p: Vector, t: Vector) -> tuple[float, float]:
    return float(np.abs(plan.sum(axis=1) - p).max()), float(np.abs(plan.sum(axis=0) - t).max())


def _highs(p: Vector, t: Vector, G: Matrix) -> tuple[Matrix, Vector] | str:
    """Plan and target potentials of HiGHS, or its message."""
    from scipy.optimize import linprog

    C = len(p)
    # One equation follows from the others. Dropping that of the largest mass leaves the rounding of the sums where it
    # cannot make a tiny mass negative.
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
