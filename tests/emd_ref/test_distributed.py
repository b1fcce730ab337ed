"""dask arrays over two worker processes: the results of NumPy, also when a worker is killed in the middle."""

import logging
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support import draw
from support.workers import slowly

from emd_ref import ClassCentroids, GroundDistance, emd, squared_emd, squared_emd_value_and_grad

pytest.importorskip("distributed", reason="dask.distributed is not installed: extra `distributed`")

import dask.array as da
from dask.core import get_dependencies
from dask.distributed import Client, LocalCluster

N, C, BLOCK = 400, 6, 25


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    options = {
        "threads_per_worker": 1,
        "processes": True,
        "dashboard_address": "127.0.0.1:0",
        "silence_logs": logging.CRITICAL,
    }
    with LocalCluster(n_workers=2, **options) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture
def samples(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    p, t = (np.stack([draw.on_grid(rng.dirichlet(np.ones(C))) for _ in range(N)]) for _ in range(2))
    return p, t


def blocks(*arrays: np.ndarray) -> list[Any]:
    return [da.from_array(x, chunks=(BLOCK, *x.shape[1:])) for x in arrays]


def inputs_of_tasks(x: Any) -> dict[Any, set]:
    graph = dict(x.__dask_graph__())
    return {key: get_dependencies(graph, key) for key in graph}


def assert_same_centroids(found: list[np.ndarray], features: np.ndarray, labels: np.ndarray) -> None:
    """Sums of N numbers of at most 1, in another order: N roundings of at most N u each. Counts are exact."""
    wanted = ClassCentroids(C).update(features, labels)
    np.testing.assert_allclose(found[0], wanted.sums, rtol=0, atol=N * N * 2.0**-53)
    np.testing.assert_array_equal(found[1], wanted.counts)


def test_workers_compute_what_numpy_does(client: Client, samples: tuple[np.ndarray, np.ndarray]) -> None:
    E, g = client.gather(client.compute(list(squared_emd_value_and_grad(*blocks(*samples)))))
    wanted = [squared_emd_value_and_grad(p, t) for p, t in zip(samples[0], samples[1], strict=True)]
    np.testing.assert_array_equal(E, [value for value, _ in wanted])
    np.testing.assert_array_equal(g, [gradient for _, gradient in wanted])


def test_workers_solve_programmes(client: Client, samples: tuple[np.ndarray, np.ndarray]) -> None:
    ground = GroundDistance(draw.ground_matrix(C))
    found = client.gather(client.compute(emd(*blocks(*samples), ground=ground)))
    np.testing.assert_array_equal(found, emd(*samples, ground=ground))


def test_centroids_of_two_halves_merge_across_workers(
    client: Client, samples: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> None:
    features, labels = samples[0], rng.integers(0, C, N)
    features[::7] = 0.0  # features without a direction do not count
    halves = [ClassCentroids(C).update(*blocks(features[i::2], labels[i::2])) for i in range(2)]
    both = halves[0].merge(halves[1])
    assert_same_centroids(client.gather(client.compute([both.sums, both.counts])), features, labels)


def test_centroids_are_reduced_block_by_block(samples: tuple[np.ndarray, np.ndarray]) -> None:
    """No task takes more than a few blocks: a contraction of blocks joined into one would take all of them."""
    centroids = ClassCentroids(C).update(*blocks(samples[0], np.arange(N) % C))
    for reduced in (centroids.sums, centroids.counts):
        inputs = [len(keys) for keys in inputs_of_tasks(reduced).values()]
        assert len(inputs) > N // BLOCK
        assert 1 < max(inputs) <= 4  # of 16 blocks; dask's split_every


def test_centroids_make_no_array_of_the_length_of_the_batch(samples: tuple[np.ndarray, np.ndarray]) -> None:
    """A block of a constant array has no inputs: the scheduler makes those of all blocks first, and keeps them."""
    features, labels = blocks(samples[0], np.arange(N) % C)
    sums = ClassCentroids(C).update(features, labels).sums
    given = {x.name for x in (features, labels)}
    blocks_of = Counter(
        key[0] for key, inputs in inputs_of_tasks(sums).items() if not inputs and isinstance(key, tuple)
    )
    constant = {name: count for name, count in blocks_of.items() if name not in given}
    assert max(constant.values(), default=0) < N // BLOCK, constant


def test_a_worker_killed_in_the_middle_changes_nothing(
    client: Client, samples: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> None:
    labels = rng.integers(0, C, N)
    p, k = blocks(samples[0], labels)
    slow = p.map_blocks(slowly, dtype=p.dtype)
    centroids = ClassCentroids(C).update(slow, k)
    futures = client.compute([squared_emd(slow, k), centroids.sums, centroids.counts])
    pids = client.run(os.getpid)
    time.sleep(0.5)  # of at least 16 blocks x 0.1 s over 2 workers
    assert not any(future.done() for future in futures)
    os.kill(min(pids.values()), signal.SIGKILL)
    E, *found = client.gather(futures)
    np.testing.assert_array_equal(E, [squared_emd(a, int(b)) for a, b in zip(samples[0], labels, strict=True)])
    assert_same_centroids(found, samples[0], labels)
    client.wait_for_workers(2, timeout=20)
    assert set(client.run(os.getpid).values()) != set(pids.values())  # the nanny has started another
