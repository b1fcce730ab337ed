"""The memory of a test process: JAX keeps every function that it compiled, which adds up to gigabytes."""

import gc
import os
import sys
from pathlib import Path

STATM = Path("/proc/self/statm")
_limit = 2 << 30  # bytes


def free_some() -> None:
    """Let JAX forget what it compiled if this process uses much memory, where the system tells how much it is."""
    global _limit
    if _used() > _limit:
        if (jax := sys.modules.get("jax")) is not None:
            jax.clear_caches()
        gc.collect()
        _limit = max(_limit, _used() + (1 << 30))


def _used() -> int:
    try:
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
