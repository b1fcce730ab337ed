"""Print what value and gradient cost with numba, in multiples of np.subtract(p, t, out=): interleaved, medians.

np.subtract moves the same bytes, except the values. Run as `python tests/benchmarks/kernels.py [rounds]`.
"""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import emd_ref
from emd_ref.kernels import numba as kernels


def contestants(p: np.ndarray, t: np.ndarray, labels: np.ndarray) -> dict[str, Callable[[], Any]]:
    """What is timed; the kernel alone has its memory and its checks, but allocates nothing."""
    weights, slack = np.ones(p.shape[1]), (1e-3, 1e-3)
    E, g, out = np.empty(len(p), p.dtype), np.empty_like(p), np.empty_like(p)
    fused = kernels.squared_emd_value_and_grad
    return {
        "subtract": lambda: np.subtract(p, t, out=out),
        "kernel alone": lambda: kernels._from_probabilities(p, t, weights, slack, E, g),
        "fused": lambda: fused(p, t),
        "fused, unchecked": lambda: fused(p, t, check=False),
        "fused, labels": lambda: fused(p, labels),
        "fused, logits": lambda: fused(p, t, from_logits=True),
        "array API": lambda: emd_ref.squared_emd_value_and_grad(p, t),
    }


def main(rounds: int) -> None:
    """Time all in turn; the first round compiles and does not count."""
    for dtype in (np.float64, np.float32):
        for shape in ((1_000_000, 10), (10_000, 1000)):
            rng = np.random.default_rng(0)
            p, t = (x / x.sum(axis=1, keepdims=True) for x in (rng.random(shape), rng.random(shape)))
            calls = contestants(p.astype(dtype), t.astype(dtype), rng.integers(0, shape[1], shape[0]))
            times: dict[str, list[float]] = {name: [] for name in calls}
            for turn in range(rounds + 1):
                for name, call in calls.items():
                    start = time.perf_counter()
                    call()
                    if turn:
                        times[name].append(time.perf_counter() - start)
            print(f"{np.dtype(dtype)} {shape}: subtract {1e3 * statistics.median(times['subtract']):.1f} ms")
            for name, x in times.items():
                print(
                    f"    {name:18} {statistics.median(a / b for a, b in zip(x, times['subtract'], strict=True)):6.2f}"
                )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
