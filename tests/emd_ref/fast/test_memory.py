"""Memory: what value and gradient allocate at once, beside their results."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from emd_ref import squared_emd_value_and_grad

MEGABYTE = 2**20


def distributions(shape: tuple[int, int], dtype: str, rng: np.random.Generator) -> np.ndarray:
    x = rng.random(shape)
    x /= x.sum(axis=1, keepdims=True)
    return x.astype(dtype)


def peak_beyond_results(call: Callable[[], tuple[np.ndarray, np.ndarray]]) -> int:
    """Bytes that were allocated at once, those of the results taken off."""
    tracemalloc.start()
    try:
        results = call()
        return tracemalloc.get_traced_memory()[1] - sum(x.nbytes for x in results)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1_000_000, 10), (10_000, 1000), (20, 100_000)], ids=str)
def test_little_memory_is_needed_beyond_the_results(
    shape: tuple[int, int], dtype: str, rng: np.random.Generator
) -> None:
    p, t = distributions(shape, dtype, rng), distributions(shape, dtype, rng)
    labels = rng.integers(0, shape[1], shape[0])
    for target in (t, labels):
        assert peak_beyond_results(lambda target=target: squared_emd_value_and_grad(p, target)) <= 16 * MEGABYTE


def test_arrays_of_the_whole_batch_would_be_seen(rng: np.random.Generator) -> None:
    p, t = distributions((1_000_000, 10), "float32", rng), distributions((1_000_000, 10), "float32", rng)

    def whole() -> tuple[np.ndarray, np.ndarray]:
        D = np.cumsum(p - t, axis=1)
        return (D * D).sum(axis=1), 2 * np.cumsum(D[:, ::-1], axis=1)[:, ::-1]

    # at its peak D, and the cumulative sum before it is doubled, stand beside the result: 2 x 40 MB
    assert peak_beyond_results(whole) > 64 * MEGABYTE
