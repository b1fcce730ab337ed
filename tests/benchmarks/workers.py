"""Stream a data set larger than memory through two worker processes of dask.distributed, and print JSON.

Run as `python tests/benchmarks/workers.py [--rows N]`. Scores are drawn block by block, turned into distributions over
10 classes, and reduced to the mean squared EMD and to the sums and counts of ClassCentroids. The benchmark shows:

    whether the results for fewer rows equal those of a single process, bit for bit
    the peak memory of every process, which should not grow with the number of rows
    whether a worker that is killed half-way changes the results
"""

import argparse
import datetime
import json
import os
import platform
import signal
import threading
import time
from importlib.metadata import version
from typing import Any

import dask
import dask.array as da
import numpy as np
import psutil
from dask.distributed import Client, LocalCluster

from emd_ref import ClassCentroids, squared_emd

C, BLOCK, LIMIT = 10, 250_000, "1GiB"  # classes, rows of a block, memory that a worker may use
SAMPLED_S = 0.02


def lazily(rows: int) -> list[Any]:
    """Return mean loss, sums and counts of two merged halves, as dask arrays that are not yet computed."""
    losses, centroids = [], ClassCentroids(C)
    for half, count in enumerate((rows // 2, rows - rows // 2)):
        rng = da.random.default_rng(half)
        scores = rng.random((count, C), dtype=np.float32, chunks=(BLOCK, C))
        labels = rng.integers(0, C, count, chunks=BLOCK)
        p = scores / scores.sum(axis=1, keepdims=True)
        losses.append(squared_emd(p, labels).sum(dtype=np.float64))
        centroids = centroids.merge(ClassCentroids(C).update(scores, labels))
    return [sum(losses) / rows, centroids.sums, centroids.counts]


def same(a: list[Any], b: list[Any]) -> bool:
    """Whether results agree bit for bit."""
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


class PeakMemory:
    """Sample the largest resident memory of this process and of its child processes, by name."""

    def __init__(self) -> None:
        self.bytes: dict[str, int] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._end.set()
        self._thread.join()

    def _sample(self) -> None:
        this = psutil.Process()
        while not self._end.wait(SAMPLED_S):
            for process in (this, *this.children(recursive=True)):
                try:
                    resident = process.memory_info().rss
                except psutil.NoSuchProcess:  # the process was killed in the meantime
                    continue
                name = "client and scheduler" if process == this else f"process {process.pid}"
                self.bytes[name] = max(self.bytes.get(name, 0), resident)

    def mebibytes(self) -> dict[str, int]:
        """Return the peaks in MiB."""
        return {name: round(count / 2**20) for name, count in self.bytes.items()}


def unfinished(client: Client) -> int:
    """Return the number of tasks that the scheduler knows and that have no result yet."""

    def count(dask_scheduler: Any) -> int:
        return sum(task.state not in ("memory", "released", "forgotten") for task in dask_scheduler.tasks.values())

    return client.run_on_scheduler(count)


def kill_one_in_the_middle(client: Client) -> dict[str, int]:
    """Kill a worker when half of the tasks are done; return the number of tasks left and of all tasks."""
    most = left = 0
    while left == 0 or left > most / 2:
        time.sleep(0.05)
        left = unfinished(client)
        most = max(most, left)
    pid = min(client.run(os.getpid).values())
    left = unfinished(client)
    os.kill(pid, signal.SIGKILL)
    return {"killed": pid, "tasks_left_at_the_kill": left, "tasks_at_most": most}


def streamed(client: Client, rows: int, kill: bool) -> tuple[list[Any], dict[str, Any]]:
    """Return the results, and their time and memory."""
    with PeakMemory() as memory:
        start, before = time.perf_counter(), set(client.run(os.getpid).values())
        futures = client.compute(lazily(rows))
        killed = kill_one_in_the_middle(client) if kill else {}
        results = client.gather(futures)
        wall = time.perf_counter() - start
    report = {"rows": rows, "wall_s": round(wall, 1), "peak_MiB": memory.mebibytes(), **killed}
    if kill:
        client.wait_for_workers(2)
        report["restarted"] = sorted(set(client.run(os.getpid).values()) - before)
    return results, report


def main(rows: int, fewer: int) -> None:
    """Run the three streams and print the report."""
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, memory_limit=LIMIT, dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster) as client,
    ):
        small, of_small = streamed(client, fewer, kill=False)
        large, of_large = streamed(client, rows, kill=False)
        again, of_again = streamed(client, rows, kill=True)
    with dask.config.set(scheduler="synchronous"):
        alone = list(dask.compute(*lazily(fewer)))
    report = {
        "date": datetime.date.today().isoformat(),
        "hardware": f"{platform.machine()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB",
        "versions": {name: version(name) for name in ("dask", "distributed", "numpy")},
        "workers": {"processes": 2, "threads": 1, "memory_limit": LIMIT},
        "classes": C,
        "rows_in_a_block": BLOCK,
        "bytes_of_scores": 4 * C * rows,
        "mean_squared_emd": float(large[0]),
        "samples_counted": int(large[2].sum()),
        "fewer_rows": of_small,
        "all_rows": of_large,
        "all_rows_with_a_worker_killed": of_again,
        "fewer_rows_equal_one_process_bit_for_bit": same(small, alone),
        "killed_equals_undisturbed_bit_for_bit": same(large, again),
    }
    print(json.dumps(report, indent=1))
    if not (same(small, alone) and same(large, again)):
        raise SystemExit("the results differ")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=100_000_000)
    arguments.add_argument("--fewer", type=int, default=4_000_000, help="rows for the comparison with one process")
    given = arguments.parse_args()
    main(given.rows, given.fewer)
