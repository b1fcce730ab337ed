"""Print the time of value and gradient with numba, in multiples of np.subtract(p, t, out=).

The calls take turns, and quartiles are printed. np.subtract moves the same bytes, except those of the values. Run as
`python tests/benchmarks/kernels.py [threads]`; the default is one thread per core.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.speed.environment import restart
from benchmarks.speed.timing import interleaved, quartiles

import emd_ref
from emd_ref._fast import compiled
from emd_ref.kernels import numba as kernels

SECONDS = 15.0  # for each shape and dtype


def contestants(p: np.ndarray, t: np.ndarray, labels: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Return the calls to time; "kernel alone" checks the values and writes into existing arrays."""
    weights, slack = np.ones(p.shape[1]), (1e-3, 1e-3)
    E, g, out = np.empty(len(p), p.dtype), np.empty_like(p), np.empty_like(p)
    fused, given = kernels.squared_emd_value_and_grad, (kernels._read_only(p), kernels._read_only(t))
    return {
        "subtract": lambda: np.subtract(p, t, out=out),
        "kernel alone": lambda: compiled.from_probabilities(*given, weights, slack, E, g),
        "fused": lambda: fused(p, t),
        "fused, unchecked": lambda: fused(p, t, check=False),
        "fused, labels": lambda: fused(p, labels),
        "fused, logits and distributions": lambda: fused(p, t, from_logits=True),
        "emd_ref, NumPy": lambda: emd_ref.squared_emd_value_and_grad(p, t),
    }


def main(threads: int) -> None:
    """Time all calls in turn; the first call of each compiles and is not timed."""
    restart(threads)
    for dtype in (np.float64, np.float32):
        for shape in ((1_000_000, 10), (10_000, 1000)):
            rng = np.random.default_rng(0)
            p, t = (x / x.sum(axis=1, keepdims=True) for x in (rng.random(shape), rng.random(shape)))
            calls = contestants(p.astype(dtype), t.astype(dtype), rng.integers(0, shape[1], shape[0]))
            for call in calls.values():
                call()
            times = interleaved(calls, time.monotonic() + SECONDS)
            limit = times["subtract"]
            print(
                f"{np.dtype(dtype)} {shape}: subtract {1e3 * np.median(limit):.1f} ms, {len(limit)} rounds; quartiles"
            )
            for name, x in times.items():
                print("    {:32} {:6.2f} {:6.2f} {:6.2f}".format(name, *quartiles(x / limit)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 1)
