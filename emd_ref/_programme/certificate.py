"""The proof that a flow is optimal: potentials that are feasible and have its cost."""

from typing import Any, TypeAlias

import numpy as np

Vector: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[np.float64]]
Matrix: TypeAlias = Vector

GAP = 1e-12  # how far a certificate may be open, for masses of 1 and a largest distance of 1


def certificate(F: Matrix, v: Matrix, p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix, Any]:
    """Feasible potentials made from v, and how far they are from proving the flow F; for arrays (..., C, C)."""
    u = np.min(G - v[..., None, :], axis=-1)
    v = np.min(G - u[..., :, None], axis=-2)
    constant = np.sum(v * t, axis=-1, keepdims=True)
    u, v = u + constant, v - constant
    gap = np.abs(np.sum(F * G, axis=(-2, -1)) - np.sum(u * p, axis=-1))
    of_p, of_t = np.abs(F.sum(axis=-1) - p).max(axis=-1), np.abs(F.sum(axis=-2) - t).max(axis=-1)
    return u, v, np.maximum.reduce([gap, of_p, of_t])


def metric_potential(v: Matrix, t: Matrix, G: Matrix) -> Matrix:
    """Potential u with |u_i - u_j| <= G_ij, so that (u, -u) is feasible, and <u, t> = 0; for arrays (..., C)."""
    u = np.min(G - v[..., None, :], axis=-1)
    u -= np.sum(u * t, axis=-1, keepdims=True) / np.sum(t, axis=-1, keepdims=True)
    return np.asarray(u)
