"""One linear programme by HiGHS, through SciPy."""

from functools import lru_cache
from typing import Any

import numpy as np

from emd_ref._programme.certificate import Matrix, Vector


def highs(p: Vector, t: Vector, G: Matrix) -> tuple[Matrix, Vector] | str:
    """Flow and target potentials of HiGHS, or its error message."""
    from scipy.optimize import linprog

    C = len(p)
    # One equation is redundant. Without that of the largest mass, the rounding of the sums makes no mass negative.
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
