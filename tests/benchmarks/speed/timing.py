"""Time calls that take turns: a disturbance of the machine affects all of them, and ratios are taken within a round."""

import gc
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

SHORTEST = 5e-4  # seconds; a shorter call is repeated, because the clock has a limited resolution
MOST_ROUNDS, LEAST_ROUNDS = 101, 3


def once(call: Callable[[], Any], times: int = 1) -> float:
    """Return the seconds per call, averaged over `times` calls."""
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def enough(call: Callable[[], Any]) -> int:
    """Return how many calls take at least SHORTEST; the faster of two readings counts, as the first one may be cold."""
    times = 1
    while times * min(once(call, times), once(call, times)) < SHORTEST:
        times *= 2
    return times


def interleaved(
    calls: Mapping[str, Callable[[], Any]], until: float, least: int = LEAST_ROUNDS, most: int = MOST_ROUNDS
) -> dict[str, np.ndarray]:
    """Return the seconds per call of every round, for each call; every round calls in a new order.

    A round that would end after time.monotonic() reaches `until` is not begun, except for the first `least` rounds.
    Before the first round, every call has already been made.
    """
    times = {name: enough(call) for name, call in calls.items()}
    found: dict[str, list[float]] = {name: [] for name in calls}
    names, rng, longest = list(calls), np.random.default_rng(0), 0.0
    gc.collect()
    gc.disable()
    try:
        for turn in range(most):
            if turn >= least and time.monotonic() + longest > until:
                break
            start = time.monotonic()
            for i in rng.permutation(len(names)):
                found[names[i]].append(once(calls[names[i]], times[names[i]]))
            longest = max(longest, time.monotonic() - start)
    finally:
        gc.enable()
    return {name: np.asarray(seconds) for name, seconds in found.items()}


def quartiles(x: np.ndarray) -> list[float]:
    """Return the first quartile, the median and the third quartile, to four digits."""
    return [float(f"{q:.4g}") for q in np.quantile(x, (0.25, 0.5, 0.75))]
