"""Times of calls that take turns: whatever disturbs the machine disturbs all of them, and ratios are of one round."""

import gc
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

SHORTEST = 5e-4  # seconds: what takes less is called several times, for the resolution of the clock
MOST_ROUNDS, LEAST_ROUNDS = 101, 3


def once(call: Callable[[], Any], times: int = 1) -> float:
    """Seconds for one of `times` calls."""
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def enough(call: Callable[[], Any]) -> int:
    """How many calls take at least SHORTEST, twice: the first ones are cold, and one reading may be disturbed."""
    times = 1
    while times * min(once(call, times), once(call, times)) < SHORTEST:
        times *= 2
    return times


def interleaved(
    calls: Mapping[str, Callable[[], Any]], until: float, least: int = LEAST_ROUNDS, most: int = MOST_ROUNDS
) -> dict[str, np.ndarray]:
    """Seconds a call by round, for each call: in another order every round, until a time of time.monotonic().

    A round that would end later is not begun, except the first few; every call has been made before.
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
    """First quartile, median and third, to four digits."""
    return [float(f"{q:.4g}") for q in np.quantile(x, (0.25, 0.5, 0.75))]
