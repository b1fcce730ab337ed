"""Optimal transport problems, and how far a solution is from being proved optimal."""

import numpy as np

from emd_ref import lp
from support import draw


def open_by(solution: lp.LPSolution, p: np.ndarray, t: np.ndarray, G: np.ndarray) -> float:
    """The largest violation of optimality: marginals, signs, potentials, slackness and gap, in units of G."""
    (u, v), F, largest = solution.potentials, solution.plan, G.max() or 1.0
    slack = G - u[:, None] - v
    return max(
        float(np.abs(F.sum(axis=1) - p).max()),
        float(np.abs(F.sum(axis=0) - t).max()),
        float(-F.min()),
        float(-slack.min()) / largest,
        float(np.sum(F * slack)) / largest,
        abs(float(u @ p + v @ t) - solution.value) / largest,
        abs(float(np.sum(F * G)) - solution.value) / largest,
    )


def matrix_of(kind: str, C: int) -> np.ndarray:
    return draw.metric_matrix(C, seed=3) if kind == "metric" else draw.ground_matrix(C, seed=3)
