"""The CUDA kernels for CuPy arrays: which one, with how many threads, and how it is compiled."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np

from emd_ref._arguments.options import Options
from emd_ref._fast.rows import Rows, rows
from emd_ref._grounds import Ordered
from emd_ref._libraries.kinds import Array

_TYPES = {"float16": "half16", "float32": "float", "float64": "double", "int64": "long long"}
_DTYPES = tuple(np.dtype(name) for name in ("float16", "float32", "float64"))
_THREAD_CLASSES, _WARP_CLASSES = 32, 1024  # up to which a thread, a warp takes a row; beyond, a block of threads does
_SHARED = 48 * 1024  # bytes of shared memory that every GPU gives a block without being asked for more
_CHUNK_THREADS, _SEGMENT = 256, 7  # of a block that takes a row: squared_emd.cu, SEGMENT


def value_and_grad(predicted: Array, target: Array, options: Options) -> tuple[Array, Array]:
    """Value and gradient of each sample by one kernel, with its value checks."""
    r = rows(predicted, target, options, takes="cupy", dtypes=_DTYPES)
    xp, p = r.arguments.ops.xp, r.predicted
    E, g = (xp.empty(shape, dtype=p.dtype, device=p.device) for shape in (p.shape[:1], p.shape))
    flag = xp.zeros(1, dtype=xp.int32, device=p.device) if options.check else None
    if E.shape[0]:
        weights = None if options.ground == Ordered() else xp.asarray(r.weights, device=p.device)
        _run(r, options.from_logits, weights, (E, g, flag))
    return r.results(E, g, lambda: flag is not None and bool(flag[0]))


def _run(r: Rows, from_logits: bool, weights: Array | None, outputs: Sequence[Array | None]) -> None:
    """Choose the kernel for the number of classes, and how many threads a block of it has."""
    p, t = (x if x.flags.c_contiguous else x.copy() for x in (r.predicted, r.target))
    N, C = p.shape
    arguments = [p, t, weights, np.int64(N), np.int32(C), *map(np.float64, r.slack), *outputs]
    types, logits = f"{_TYPES[p.dtype.name]}, {_TYPES[t.dtype.name]}", str(from_logits).lower()
    if C <= _WARP_CLASSES:
        team = 1 if C <= _THREAD_CLASSES else 32
        teams, shared = _tile(C, team)
        _launch(p, f"squared_emd_tiles<{types}, {team}, {logits}>", -(-N // teams), team * teams, shared, arguments)
        return
    chunk = _CHUNK_THREADS * _SEGMENT
    carries = r.arguments.ops.xp.empty((N, -(-C // chunk)), dtype=r.arguments.ops.xp.float64, device=p.device)
    shared = 2 * 8 * chunk + 8 * _CHUNK_THREADS // 32
    _launch(p, f"squared_emd_chunks<{types}, {logits}>", N, _CHUNK_THREADS, shared, [*arguments, carries])


def _tile(num_classes: int, team: int) -> tuple[int, int]:
    """How many rows a block takes, and the bytes of shared memory for them: as many as fit, up to 128 threads."""
    row = 2 * 8 * (num_classes | 1)
    teams = max(n // team for n in (32, 64, 128) if n == 32 or n // team * row <= _SHARED)
    return teams, teams * row


def _launch(beside: Array, name: str, blocks: int, threads: int, shared: int, arguments: Sequence[Any]) -> None:
    """Queue a kernel on the device that holds the array `beside`; None is the null pointer."""
    with beside.device:
        given = tuple(np.uint64(0) if x is None else x for x in arguments)
        _kernel(name, beside.device.id)((blocks,), (threads,), given, shared_mem=shared)


@cache
def _kernel(name: str, device: int) -> Any:
    """A kernel by its C++ name, loaded once a device."""
    cupy = import_module("cupy")
    return cupy.RawModule(code=source(), options=("--std=c++17",), name_expressions=[name]).get_function(name)


def source() -> str:
    """The CUDA source of the kernels."""
    return (files("emd_ref._fast.cuda") / "squared_emd.cu").read_text(encoding="utf-8")
