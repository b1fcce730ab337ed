"""Prepare a process that shares the examination of many losses with others: each has one core, and some memory."""

import contextlib
import gc
import os

from emd_conformance._cases.load import vectors


def prepare(memory: int | None = None) -> None:
    """Keep this process to one core and, where the system can limit it, to some bytes of memory."""
    os.environ["OMP_NUM_THREADS"] = "1"  # for libraries that are not imported yet, and for workers
    with contextlib.suppress(ImportError):
        import torch

        torch.set_num_threads(1)
    vectors()
    gc.freeze()  # millions of exact fractions are kept, and none of them is garbage
    with contextlib.suppress(ImportError):  # Windows has no such limit
        import resource

        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
