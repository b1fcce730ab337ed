"""The squared EMD of ordered classes on a CUDA GPU, in one kernel launch, for CuPy arrays.

The kernels are in squared_emd.cu, and compiled for the types at hand on the first call with them (CuPy keeps them on
disk). Nothing is copied to the host and nothing waits for the GPU, save for one flag when values are checked:
`check=False` only queues the work. Importing this module does not import CuPy: its arrays bring it.

PyTorch tensors on a GPU come and go without a copy through DLPack::

    p, t = (cupy.from_dlpack(x.detach()) for x in (predicted, target))
    value, gradient = (torch.from_dlpack(x) for x in squared_emd_value_and_grad(p, t))
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np

from emd_ref._arrays import Array
from emd_ref.ground import Ground, Ordered
from emd_ref.kernels._rows import Rows, rows

_LIBRARY = "cupy"
_TYPES = {"float16": "half16", "float32": "float", "float64": "double", "int64": "long long"}
_FEW, _SOME = 32, 1024  # classes up to which a thread takes a row, up to which a warp does; beyond, a block
_SHARED = 48 * 1024  # bytes of shared memory that every GPU gives a block without being asked for more
_CHUNK_THREADS, _SEGMENT = 256, 7  # of a block that takes a row: squared_emd.cu, SEGMENT


def squared_emd_value_and_grad(
    predicted: Array,
    target: Array,
    /,
    *,
    ground: Ground = Ordered(),
    from_logits: bool = False,
    axis: int = -1,
    check: bool = True,
    mass_tolerance: float | None = None,
) -> tuple[Array, Array]:
    """E = sum w_k D_k^2 and g_j = 2 sum_{k>=j} w_k D_k, or p (g - <p, g>) for logits (specification, 4.1 to 5.5).

    Parameters, results and errors are those of `emd_ref.squared_emd_value_and_grad`.

    Parameters
    ----------
    predicted : cupy.ndarray (..., C)
        float16, float32 or float64. An array that is not contiguous, or of another class axis, is copied on the GPU.
    target : cupy.ndarray
        Distributions like `predicted`, or labels, of which no one-hot is built.
    ground : Ordered
        Unit spacing or positions.
    from_logits, axis, check, mass_tolerance
        As there. The values are checked while they are read; with `check` the call waits for the GPU.

    Returns
    -------
    (value, gradient)
        On the GPU, in the dtype of `predicted`; the gradient in its shape.

    Raises
    ------
    TypeError
        If an argument is not a CuPy array, or of a wrong dtype.
    ValueError
        If shapes or values are invalid, or `ground` is not Ordered.

    Examples
    --------
    On a machine with a GPU::

        p = cupy.asarray([0.25, 0.25, 0.5])
        value, gradient = squared_emd_value_and_grad(p, 0)  # 0.8125 and [-2.5, -1, 0]
    """
    r = rows(
        predicted,
        target,
        takes=_LIBRARY,
        dtypes=tuple(np.dtype(name) for name in ("float16", "float32", "float64")),
        ground=ground,
        from_logits=from_logits,
        axis=axis,
        check=check,
        mass_tolerance=mass_tolerance,
    )
    p = r.predicted
    E, g = (r.xp.empty(shape, dtype=p.dtype, device=p.device) for shape in (p.shape[:1], p.shape))
    flag = r.xp.zeros(1, dtype=r.xp.int32, device=p.device) if check else None
    if E.shape[0]:
        weights = None if ground == Ordered() else r.xp.asarray(r.weights, device=p.device)
        _run(r, from_logits, weights, (E, g, flag))
    return r.results(E, g, lambda: flag is not None and bool(flag[0]))


def _run(r: Rows, from_logits: bool, weights: Array | None, outputs: Sequence[Array | None]) -> None:
    """Choose the kernel for the number of classes, and how many threads a block of it has."""
    p, t = (x if x.flags.c_contiguous else x.copy() for x in (r.predicted, r.target))
    N, C = p.shape
    arguments = [p, t, weights, np.int64(N), np.int32(C), *map(np.float64, r.slack), *outputs]
    types, logits = f"{_TYPES[p.dtype.name]}, {_TYPES[t.dtype.name]}", str(from_logits).lower()
    if C <= _SOME:
        team = 1 if C <= _FEW else 32
        teams, shared = _tile(C, team)
        _launch(p, f"squared_emd_tiles<{types}, {team}, {logits}>", -(-N // teams), team * teams, shared, arguments)
        return
    chunk = _CHUNK_THREADS * _SEGMENT
    carries = r.xp.empty((N, -(-C // chunk)), dtype=r.xp.float64, device=p.device)
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
    return (files("emd_ref.kernels") / "squared_emd.cu").read_text(encoding="utf-8")
