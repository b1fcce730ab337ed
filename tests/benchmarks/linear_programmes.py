"""Time exact EMDs of many samples: all together, one by one, and by POT's exact solver.

Run as `python tests/benchmarks/linear_programmes.py [rounds] [samples]`, with OMP_NUM_THREADS=1. It prints a table,
then JSON. The methods take turns on the same samples, and their medians over the rounds are compared. The loop solves
only 50 of the samples. `open` is the largest violation of optimality among the samples, relative to their mass and to
the largest distance.
"""

import datetime
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import ot

from emd_ref import lp

CLASSES = (2, 5, 10, 20, 30, 50)
IN_LOOP = 50


def grounds(C: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the distances of random points, and a symmetric matrix that is not a metric."""
    points, upper = rng.random((C, 3)), np.triu(rng.random((C, C)), 1)
    return {"metric": np.linalg.norm(points[:, None] - points, axis=-1), "matrix": upper + upper.T}


def by_pot(p: np.ndarray, t: np.ndarray, G: np.ndarray) -> list[float]:
    """EMD of each sample by POT."""
    return [ot.emd2(a, b, G, numItermax=10_000_000) for a, b in zip(p, t, strict=True)]


def by_loop(p: np.ndarray, t: np.ndarray, G: np.ndarray) -> list[float]:
    """EMD of each sample by HiGHS, which solves one programme per sample."""
    return [lp.solve(a, b, G).value for a, b in zip(p, t, strict=True)]


def open_by(p: np.ndarray, t: np.ndarray, G: np.ndarray) -> float:
    """Return the largest violation of marginals, signs, dual feasibility and equality of primal and dual cost."""
    u, v, F = lp.solve_each(p, t, G)
    cost, largest = np.sum(F * G, axis=(1, 2)), float(G.max())
    dual = np.sum(u * p + v * t, axis=1)
    marginals = max(np.abs(F.sum(axis=2) - p).max(), np.abs(F.sum(axis=1) - t).max(), -F.min())
    potentials = (u[:, :, None] + v[:, None, :] - G).max() / largest
    return float(max(marginals, potentials, np.abs(cost - dual).max() / largest))


def seconds(function: Callable[..., Any], *args: Any) -> float:
    """Time of one call."""
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def measured(C: int, kind: str, rounds: int, samples: int) -> dict[str, Any]:
    """Return the microseconds per problem of each method, and the largest violation of optimality."""
    rng = np.random.default_rng(C)
    G = grounds(C, rng)[kind]
    p, t = (rng.dirichlet(np.ones(C), samples) for _ in "pt")
    methods: dict[str, tuple[Callable[..., Any], int]] = {
        "together": (lp.potentials_of_each, samples),
        "pot": (by_pot, samples),
        "loop": (by_loop, min(IN_LOOP, samples)),
    }
    for function, _ in methods.values():
        function(p[:2], t[:2], G)  # imports modules and fills caches
    times: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(rounds):
        for name, (function, count) in methods.items():
            times[name].append(1e6 * seconds(function, p[:count], t[:count], G) / count)
    medians = {f"{name}_us": round(statistics.median(times[name]), 2) for name in methods}
    ratio = statistics.median(a / b for a, b in zip(times["together"], times["pot"], strict=True))
    return {"C": C, "ground": kind, **medians, "together_over_pot": round(ratio, 3), "open": open_by(p, t, G)}


def main(rounds: int, samples: int) -> None:
    """Print one line for each number of classes and kind of ground distance, then all results as JSON."""
    print("  C ground   together      POT     loop   us a problem; together/POT; open")
    results = []
    for C in CLASSES:
        for kind in ("metric", "matrix"):
            row = measured(C, kind, rounds, samples)
            results.append(row)
            figures = "".join(f"{row[name]:9.1f}" for name in ("together_us", "pot_us", "loop_us"))
            print(f"{C:3} {kind:7} {figures}   {row['together_over_pot']:.3f}   {row['open']:.1e}", flush=True)
    versions = {name: version(name) for name in ("numpy", "scipy", "pot")}
    where = {"date": datetime.date.today().isoformat(), "machine": platform.machine(), "versions": versions}
    print(json.dumps({**where, "rounds": rounds, "samples": samples, "results": results}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7, int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
