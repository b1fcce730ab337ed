"""Many optimal transport problems under one ground distance: together where classes are few, else one by one."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from emd_ref._programme import simplex
from emd_ref._programme.certificate import GAP, Matrix, Vector, certificate, metric_potential
from emd_ref._programme.solve import balanced, float64, is_metric, solve_balanced


def potentials_of_each(p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix]:
    """Potentials u and v, arrays (..., C), of each sample in arrays (..., C)."""
    p, t, G = float64(p, t, G)
    u, v = np.full((2, *p.shape), np.nan)
    for samples, found in _batches(p, t, G):
        u.reshape(-1, len(G))[samples], v.reshape(-1, len(G))[samples] = found[:2]
    return u, v


def solve_each(p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Potentials u and v, arrays (..., C), and plans (..., C, C), of each sample in arrays (..., C)."""
    p, t, G = float64(p, t, G)
    u, v = np.full((2, *p.shape), np.nan)
    F = np.full((*p.shape, p.shape[-1]), np.nan)
    for samples, found in _batches(p, t, G):
        for result, x in zip((u, v, F), found, strict=True):
            result.reshape(-1, *x.shape[1:])[samples] = x
    return u, v, F


def _batches(p: Matrix, t: Matrix, G: Matrix) -> Iterator[tuple[Any, tuple[Matrix, Matrix, Matrix]]]:
    """Indices of samples, with their potentials u and v and their plans.

    Samples that hold NaN are left out: they stand for labels outside 0 .. C-1 that a compiler hid, and give NaN.
    """
    C = len(G)
    p, t, metric = p.reshape(-1, C), t.reshape(-1, C), is_metric(G)
    known = np.flatnonzero(~(np.isnan(p) | np.isnan(t)).any(axis=-1))
    step = max(1, simplex.NUMBERS // C**2)
    for samples in (known[i : i + step] for i in range(0, len(known), step)):
        yield samples, _solve_batch(p[samples], t[samples], G, metric)


def _solve_batch(p: Matrix, t: Matrix, G: Matrix, metric: bool) -> tuple[Matrix, Matrix, Matrix]:
    """Potentials u, v and plans of samples (N, C); a sample without a proof is solved again, alone."""
    N, C = p.shape
    u, v, F, proved = np.zeros((N, C)), np.zeros((N, C)), np.zeros((N, C, C)), np.zeros(N, dtype=bool)
    if C <= simplex.FEW_CLASSES:
        fit = np.flatnonzero(simplex.has_mass(p) & simplex.has_mass(t))
        together = _metric_together if metric else _together
        u[fit], v[fit], F[fit], gap = together(*balanced(p[fit], t[fit]), G)
        proved[fit] = gap <= GAP
    for i in np.flatnonzero(~proved):
        solution = solve_balanced(*balanced(p[i], t[i]), G, metric)
        (u[i], v[i]), F[i] = solution.potentials, solution.plan
    return u, v, F


def _metric_together(p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix, Matrix, Vector]:
    """`_together` for the mass that has to move; what p and t share stays, since G is a metric."""
    stays = np.minimum(p, t)
    u, F, gap = np.zeros(p.shape), stays[:, :, None] * np.eye(len(G)), np.zeros(len(p))
    moves = np.flatnonzero((p > stays).any(axis=1) & (t > stays).any(axis=1))
    _, v, moved, gap[moves] = _together(p[moves] - stays[moves], t[moves] - stays[moves], G)
    u[moves] = metric_potential(v, t[moves], G)
    F[moves] += moved
    return u, -u, F, gap


def _together(p: Matrix, t: Matrix, G: Matrix) -> tuple[Matrix, Matrix, Matrix, Vector]:
    """Potentials u, v, plans and gaps of samples (N, C) by pivots on all of them."""
    mass_p, mass_t, largest = p.sum(axis=1)[:, None], t.sum(axis=1)[:, None], G.max() or 1.0
    p, t, G, mass = p / mass_p, t / mass_t, G / largest, (mass_p + mass_t)[:, :, None] / 2
    F, v = simplex.plans_and_potentials(p, t, G)
    u, v, gap = certificate(F, v, p, t, G)
    return u * largest, v * largest, F * mass, gap
