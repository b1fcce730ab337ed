"""The environment of the timed process: its threads, its linear algebra kernels, and the versions of its libraries."""

import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

READY = "EMD_SPEED_READY"
DISTURBING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # they select kernels for a different processor
SPINNING = "OPENBLAS_THREAD_TIMEOUT"  # how long idle OpenBLAS threads keep a core busy before they sleep
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
PACKAGES = ("numpy", "scipy", "array-api-compat", "torch", "jax", "numba", "dlordinal", "scoringrules", "POT")


def settled(threads: int, environment: dict[str, str]) -> dict[str, str]:
    """Return the environment variables of the timed process."""
    kept = {name: value for name, value in environment.items() if name not in DISTURBING}
    chosen = {SPINNING: "4", "TORCHINDUCTOR_COMPILE_THREADS": "1", READY: "1"}
    return {**kept, **dict.fromkeys(THREADS, str(threads)), **chosen}


def restart(threads: int) -> None:
    """Restart this process in the settled environment, bound to as many cores as threads.

    Libraries read the environment when they load. JAX has no setting for its threads and uses every core that it sees.
    """
    if os.environ.get(READY):
        return
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], settled(threads, dict(os.environ)))


def describe() -> dict[str, Any]:
    """Describe the machine and the versions, so that a reader can repeat the measurement."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "environment": {name: os.environ.get(name) for name in (*THREADS, SPINNING, *DISTURBING)},
        "libraries": _libraries(),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _libraries() -> list[str]:
    """List the loaded linear algebra and thread libraries, with the kernel that each chose for the processor."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    found = (
        " ".join(str(x[key]) for key in ("internal_api", "version", "architecture") if x.get(key))
        for x in threadpool_info()
    )
    return sorted(set(found))
