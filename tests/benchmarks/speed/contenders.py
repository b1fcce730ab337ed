"""The contenders: the implementations that are timed, each with its name, its quantity and the call.

The quantity "gradient" is value and gradient from distributions p and t, "value" is the value alone, and "logits" is
value and gradient from logits and labels. Unless a contender declares otherwise, it returns one value per sample and
the gradient of their sum.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from benchmarks.speed.cases import Case

import emd_ref

QUANTITIES = ("gradient", "value", "logits")


@dataclass(frozen=True)
class Contender:
    """One implementation, ready to be called on a case.

    `wide`: it computes in float64 for every input dtype. `mean`: it returns the mean of all samples. `rows`: it handles
    only this many rows, and its time is scaled. `emd`: it computes the EMD, not the squared EMD.
    """

    name: str
    quantity: str
    kind: str
    call: Callable[[], Any]
    wide: bool = False
    mean: bool = False
    rows: int | None = None
    emd: bool = False


def reference(c: Case) -> Iterator[Contender]:
    """emd_ref on NumPy arrays."""
    both, value = emd_ref.squared_emd_value_and_grad, emd_ref.squared_emd
    for check in (False, True):
        name = "emd_ref, NumPy, checked" if check else "emd_ref, NumPy"
        yield Contender(name, "gradient", "ours", partial(both, c.p, c.t, check=check), wide=True)
        yield Contender(name, "value", "ours", lambda check=check: (value(c.p, c.t, check=check), None), wide=True)
        yield Contender(name, "logits", "ours", partial(both, c.z, c.k, from_logits=True, check=check), wide=True)


def fused(c: Case) -> Iterator[Contender]:
    """emd_ref's kernel for numba."""
    from emd_ref.kernels.numba import squared_emd_value_and_grad as both

    for check in (False, True):
        name = "emd_ref.kernels.numba, checked" if check else "emd_ref.kernels.numba"
        yield Contender(name, "gradient", "ours", partial(both, c.p, c.t, check=check), wide=True)
        yield Contender(name, "logits", "ours", partial(both, c.z, c.k, from_logits=True, check=check), wide=True)


def naive_numpy(c: Case) -> Iterator[Contender]:
    """The formula, written directly in NumPy, in the precision of its input."""

    def value(p: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        D = np.cumsum(p, axis=1) - np.cumsum(t, axis=1)
        return (D**2).sum(axis=1), D

    def gradient(p: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        E, D = value(p, t)
        return E, 2 * np.cumsum(D[:, ::-1], axis=1)[:, ::-1]

    def logits() -> tuple[np.ndarray, np.ndarray]:
        e = np.exp(c.z - c.z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        one_hot = (np.arange(c.shape[1]) == c.k[:, None]).astype(p.dtype)
        E, g = gradient(p, one_hot)
        return E, p * (g - (p * g).sum(axis=1, keepdims=True))

    yield Contender("naive NumPy", "gradient", "naive", lambda: gradient(c.p, c.t))
    yield Contender("naive NumPy", "value", "naive", lambda: (value(c.p, c.t)[0], None))
    yield Contender("naive NumPy", "logits", "naive", logits)


def scoring(c: Case) -> Iterator[Contender]:
    """scoringrules, which takes labels from 1."""
    from scoringrules import rps_score

    labels = c.k + 1
    yield Contender("scoringrules rps_score, labels", "value", "peer", lambda: (rps_score(labels, c.p), None))


FEW = 16  # rows that a Python loop handles; every further row would take the same time


def loops(c: Case) -> Iterator[Contender]:
    """The EMD of POT and SciPy, row by row; large shapes are left out."""
    if c.shape[1] > 1000 or c.shape[0] * c.shape[1] > 1_000_000:
        return
    from ot import wasserstein_1d
    from scipy.stats import wasserstein_distance

    x, rows = np.arange(c.shape[1], dtype=c.dtype), min(FEW, c.shape[0])

    def each(distance: Callable[..., Any]) -> Callable[[], Any]:
        return lambda: (np.asarray([distance(x, x, c.p[i], c.t[i]) for i in range(rows)]), None)

    yield Contender("POT wasserstein_1d (EMD)", "value", "loop", each(wasserstein_1d), rows=rows, emd=True)
    yield Contender(
        "SciPy wasserstein_distance (EMD)", "value", "loop", each(wasserstein_distance), rows=rows, emd=True
    )
