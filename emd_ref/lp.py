"""Exact Earth Mover's Distance by linear programming, with a proof of optimality (specification, 3.1)."""

from emd_ref._programme.certificate import Matrix, Vector
from emd_ref._programme.solve import LPSolution, solve_one

__all__ = ["LPSolution", "solve"]


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
    TypeError
        If an argument holds no real numbers of at most 64 bits, or is masked.
    ValueError
        If shapes do not fit, or values are negative, not finite, without mass, or of a sum beyond float64.
    RuntimeError
        If the solver found no solution that can be proved optimal.

    Notes
    -----
    For a metric G, the mass that p and t share stays where it is, and only the difference is solved for. This keeps the
    relative precision if p is near t.

    Examples
    --------
    >>> import numpy as np
    >>> solution = solve(np.asarray([0.5, 0.5]), np.asarray([0.0, 1.0]), np.asarray([[0.0, 3.0], [3.0, 0.0]]))
    >>> round(solution.value, 12)
    1.5
    """
    return solve_one(p, t, G)
