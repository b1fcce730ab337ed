"""The CUDA kernels: which one, with how many threads, and how it is compiled and launched.

Arrays are those of CuPy, or PyTorch's tensors on a GPU; these are computed with on PyTorch's current stream.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, Literal, NamedTuple

import numpy as np

from emd_ref._arguments.options import Options, Want
from emd_ref._fast.rows import Rows, rows
from emd_ref._grounds import Ordered
from emd_ref._libraries.kinds import Array, Namespace, is_cupy, is_torch

_TYPES = {"float16": "half16", "float32": "float", "float64": "double", "int64": "long long"}
_FLOATS = ("float16", "float32", "float64")
_SHARED = 48 * 1024  # bytes of shared memory that every GPU gives a block without being asked for more
_FEW, _FEW_LOGITS = 32, 16  # classes of a row that fit into the registers of one thread: softmax needs twice as many
_SOME = 4096  # up to which number of classes a team of threads takes a row; beyond, a block does
_WIDE = 1024  # from which on, a thread of a team takes 8 classes instead of 4; and always where one type has 2 bytes
_TEAM_THREADS = 128  # of a block, or those of its one team if they are more
_SLOTS = 6 * 48  # doubles of shared memory in which the warps of a team meet: teams.cu, Slots
_CHUNK_THREADS, _SEGMENT = 256, 7  # of a block that takes a row: chunks.cu, SEGMENT


class Kernel(NamedTuple):
    """A kernel by its C++ name, the files of its source, and how it is launched on N rows."""

    name: str
    sources: tuple[str, ...]
    rows: int  # that a block takes
    threads: int  # of a block
    shared: int  # bytes of shared memory of a block


def takes(predicted: Array, options: Options) -> bool:
    """Whether a kernel computes what is asked: for CuPy arrays and ordered classes, in the dtype of the prediction."""
    return is_cupy(predicted) and isinstance(options.ground, Ordered) and not options.wide


def evaluate(
    want: Want,
    predicted: Array,
    target: Array,
    options: Options,
    absolute: bool,
    upstream: Array | None = None,
    library: Literal["cupy", "torch"] = "cupy",
    ignore_index: int | None = None,
    validate: Callable[[], object] | None = None,
) -> Any:
    """Value, gradient or both of the squared EMD, or of the EMD if `absolute`, by one kernel with its value checks.

    `library` is the one whose arrays are taken. Samples whose label is `ignore_index` do not count: `validate` are then
    the plain value checks of the others.
    """
    r = rows(predicted, target, options, takes=library, dtypes=_dtypes(library))
    r = r if validate is None else r._replace(validate=validate)
    xp, p, weights = r.arguments.ops.xp, r.predicted, None
    N, C = p.shape
    E = None if want == "gradient" else xp.empty((N,), dtype=p.dtype, device=p.device)
    g = None if want == "value" else xp.empty((N, C), dtype=p.dtype, device=p.device)
    flag = xp.zeros((1,), dtype=xp.int32, device=p.device) if options.check else None
    if options.ground != Ordered():
        weights = _weights(xp, options.ground, C, p.device)
    if upstream is not None:
        upstream = _contiguous(xp.reshape(xp.astype(upstream, xp.float64), (N,)))
    if N:
        _run(r, options.from_logits, absolute, ignore_index, (weights, upstream), (E, g, flag))
    return r.results(E, g, lambda: flag is not None and bool(flag[0]))


def _dtypes(library: str) -> tuple[Any, ...]:
    """The dtypes of predictions and distributions that the kernels read; others are widened to float64."""
    if library == "torch":
        return tuple(getattr(import_module("torch"), name) for name in _FLOATS)
    return tuple(map(np.dtype, _FLOATS))


def _run(
    r: Rows,
    from_logits: bool,
    absolute: bool,
    ignore_index: int | None,
    factors: Sequence[Array | None],
    outputs: Sequence[Array | None],
) -> None:
    p, t = _contiguous(r.predicted), _contiguous(r.target)
    N, C = p.shape
    ignored = np.int32(ignore_index is not None), np.int64(ignore_index or 0)
    arguments = [p, t, *factors, np.int64(N), np.int32(C), *map(np.float64, r.slack), *ignored, *outputs]
    kernel = chosen(C, _name(p.dtype), _name(t.dtype), from_logits, absolute)
    if C > _SOME:
        xp = r.arguments.ops.xp
        chunks = -(-C // (_CHUNK_THREADS * _SEGMENT))
        arguments.append(xp.empty((N, chunks), dtype=xp.float64, device=p.device))
    _launch(p, kernel, -(-N // kernel.rows), arguments)


def _name(dtype: Any) -> str:
    return str(dtype).rpartition(".")[2]


def _contiguous(x: Array) -> Array:
    if is_torch(x):
        return x.contiguous()
    return x if x.flags.c_contiguous else x.copy()


@lru_cache(maxsize=64)
def _weights(xp: Namespace, ground: Ordered, num_classes: int, device: Any) -> Array:
    """The intervals w_k on a device, kept there: to copy them would wait for the GPU."""
    return xp.asarray(ground.weights(num_classes), device=device)


def chosen(num_classes: int, predicted: str, target: str, from_logits: bool, absolute: bool) -> Kernel:
    """The kernel for a number of classes and the dtypes of a prediction and a target."""
    C, types = num_classes, f"{_TYPES[predicted]}, {_TYPES[target]}"
    flags = f"{str(from_logits).lower()}, {str(absolute).lower()}"
    sizes = [np.dtype(name).itemsize for name in (predicted, target) if name != "int64"]
    if C <= (_FEW_LOGITS if from_logits else _FEW):
        N = max(n for n in (32, 64, 128) if n == 32 or _tiles(n, C, sizes) <= _SHARED)
        return Kernel(f"emd_few<{types}, {C}, {N}, {flags}>", ("numbers", "few"), N, N, _tiles(N, C, sizes))
    if C <= _SOME:
        each = 8 if C > _WIDE or 2 in sizes else 4
        team = max(8, 1 << (-(-C // each) - 1).bit_length())
        threads = max(team, _TEAM_THREADS)
        shared = 8 * _SLOTS + threads * each * max(sizes)
        name = f"emd_teams<{types}, {each}, {team}, {flags}>"
        return Kernel(name, ("numbers", "teams"), threads // team, threads, shared)
    shared = 2 * 8 * _CHUNK_THREADS * _SEGMENT + 8 * _CHUNK_THREADS // 32
    return Kernel(f"emd_chunks<{types}, {flags}>", ("numbers", "teams", "chunks"), 1, _CHUNK_THREADS, shared)


def _tiles(num_rows: int, num_classes: int, sizes: Sequence[int]) -> int:
    """The bytes of shared memory for rows of predictions and targets: few.cu, Tile."""
    return sum(-(-num_rows * (num_classes | 1) * size // 16) * 16 for size in sizes)


def _launch(beside: Array, kernel: Kernel, blocks: int, arguments: Sequence[Any]) -> None:
    """Queue a kernel on the device that holds the array `beside`; None is the null pointer."""
    given = tuple(np.uint64(0 if x is None else x.data_ptr()) if x is None or is_torch(x) else x for x in arguments)
    with _current(beside) as device:
        function = _compiled(kernel.name, kernel.sources, device)
        function((blocks,), (kernel.threads,), given, shared_mem=kernel.shared)


@contextmanager
def _current(beside: Array) -> Iterator[int]:
    """Make the device of an array CuPy's current one, and for a tensor PyTorch's current stream, too; its number."""
    if not is_torch(beside):
        with beside.device:
            yield beside.device.id
        return
    cuda, torch, device = import_module("cupy").cuda, import_module("torch"), beside.device.index
    with cuda.Device(device), cuda.ExternalStream(torch.cuda.current_stream(device).cuda_stream, device):
        yield device


@cache
def _compiled(name: str, sources: tuple[str, ...], device: int) -> Any:
    """A kernel by its C++ name, loaded once a device."""
    cupy = import_module("cupy")
    module = cupy.RawModule(code=source(sources), options=("--std=c++17",), name_expressions=[name])
    return module.get_function(name)


def source(names: Sequence[str]) -> str:
    """The CUDA source of some kernels: the named files, one after the other."""
    folder = import_module("importlib.resources").files("emd_ref._fast.cuda")  # only who compiles waits for its import
    return "".join((folder / f"{name}.cu").read_text(encoding="utf-8") for name in names)
