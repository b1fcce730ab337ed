"""The CUDA kernels without a GPU: compiled by NVRTC, and run on the CPU as C++ through cuda_on_cpu.h."""

import ctypes
import importlib.util
import itertools
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emd_ref._fast import lent
from emd_ref._fast.cuda import launch
from emd_ref._fast.cuda.launch import Kernel
from emd_ref._fast.rows import rows
from emd_ref.kernels import cupy

HERE = Path(__file__).parent


FLOATS = ("half16", "float", "double")
SAME_TYPE = [(P, T) for P in FLOATS for T in (P, "long long")]
MIXED = [("float", "double"), ("double", "float"), ("half16", "float")]
NAMES = {"half16": "float16", "float": "float32", "double": "float64", "long long": "int64"}


def kernels(num_classes: int, types: Sequence[tuple[str, str]]) -> list[Kernel]:
    """The kernels for a number of classes: for pairs of types of prediction and target, logits or not, both losses."""
    flags = itertools.product((False, True), repeat=2)
    return [launch.chosen(num_classes, NAMES[P], NAMES[T], *pair) for pair in flags for P, T in types]


def nvrtc() -> ctypes.CDLL | None:
    """NVIDIA's run-time compiler from its Python package, or None."""
    found = importlib.util.find_spec("nvidia")
    places = [Path(p) for p in found.submodule_search_locations] if found and found.submodule_search_locations else []
    libraries = sorted(file for place in places for file in place.glob("*/lib/libnvrtc.so.*"))
    return ctypes.CDLL(str(libraries[-1])) if libraries else None


def compile_for_gpu(library: ctypes.CDLL, source: str, names: Sequence[str], architecture: str) -> tuple[int, str, int]:
    """Status, log (warnings too) and size of the machine code (0 for a virtual architecture)."""
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    library.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"emd.cu", 0, None, None)
    for name in names:
        library.nvrtcAddNameExpression(program, name.encode())
    options = [b"--std=c++17", f"--gpu-architecture={architecture}".encode()]
    status = library.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, log)
    library.nvrtcGetCUBINSize(program, ctypes.byref(size))
    library.nvrtcDestroyProgram(ctypes.byref(program))
    return int(status), log.value.decode(), size.value


def symbol(name: str) -> str:
    return re.sub(r"\W+", "_", name)


class Emulation:
    """The CUDA source compiled for the CPU; `launch` stands in for `_launch` of `emd_ref._fast.cuda`.

    A kernel is compiled when it is first launched, with those that differ from it in flags.
    """

    def __init__(self, folder: Path, source: Callable[[Sequence[str]], str] = launch.source) -> None:
        self._folder, self._source = folder, source
        self.libraries: dict[str, ctypes.CDLL] = {}  # by the symbol of a kernel
        self.used: set[str] = set()
        self.seed = 0

    def launch(self, beside: Any, kernel: Kernel, blocks: int, arguments: Sequence[Any]) -> None:
        """Run a kernel on NumPy arrays or tensors; RuntimeError if it breaks a rule of CUDA."""
        if symbol(kernel.name) not in self.libraries:
            self._compile(kernel)
        address = ctypes.c_void_p.in_dll(self.libraries[symbol(kernel.name)], symbol(kernel.name)).value
        types = [*[ctypes.c_uint] * 4, *map(_type, arguments)]
        function = ctypes.CFUNCTYPE(ctypes.c_char_p, *types)(address)
        given = list(map(_given, arguments))
        self.used.add(kernel.name)
        self.seed += 1
        message = function(blocks, kernel.threads, kernel.shared, self.seed, *given)
        if message:
            raise RuntimeError(f"{kernel.name}: {message.decode()}")

    def _compile(self, kernel: Kernel) -> None:
        flags = [", ".join(pair) for pair in itertools.product(("false", "true"), repeat=2)]
        names = [re.sub(r"\w+, \w+>$", f"{pair}>", kernel.name) for pair in flags]
        exports = "\n".join(f"EXPORT({symbol(name)}, {name})" for name in names)
        file = self._folder / f"{symbol(kernel.name)}.cpp"
        file.write_text(
            f'#include "cuda_on_cpu.h"\n{self._source(kernel.sources)}\n#include "half16_on_cpu.h"\n{exports}\n'
        )
        if not (header := self._folder / "cuda_on_cpu.h.gch").exists():  # most of the time goes into the headers
            self._gcc("-x", "c++-header", str(HERE / "cuda_on_cpu.h"), "-o", str(header))
        self._gcc("-shared", str(file), "-o", str(file.with_suffix(".so")))
        library = ctypes.CDLL(str(file.with_suffix(".so")))
        self.libraries |= {symbol(name): library for name in names}

    def _gcc(self, *arguments: str) -> None:
        strict = ["-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"]  # the CPU unrolls as it likes
        command = ["g++", "-std=c++17", "-O1", *strict, "-fPIC", f"-I{self._folder}", f"-I{HERE}"]
        subprocess.run([*command, *arguments], check=True)


def _given(x: Any) -> Any:
    if hasattr(x, "data_ptr"):
        return x.data_ptr()
    return x.ctypes.data if isinstance(x, np.ndarray) else None if x is None else x.item()


def _type(x: Any) -> Any:
    if x is None or isinstance(x, np.ndarray) or hasattr(x, "data_ptr"):
        return ctypes.c_void_p
    return {"int64": ctypes.c_longlong, "int32": ctypes.c_int, "float64": ctypes.c_double}[x.dtype.name]


def tensors_on_cpu(monkeypatch: Any, emulation: Emulation) -> None:
    """Let the kernels take tensors, as if a CPU were a GPU."""
    from emd_ref._fast.cuda import operators  # it imports PyTorch

    monkeypatch.setattr(operators, "is_on_gpu", lambda x: True)
    monkeypatch.setattr(lent, "can_be_lent", lambda *arguments: False)
    monkeypatch.setattr(launch, "_launch", emulation.launch)


def on_cpu(monkeypatch: Any, emulation: Emulation) -> Any:
    """`squared_emd_value_and_grad` of the CuPy module, taking NumPy arrays and running on the CPU."""

    def rows_of_numpy(*arguments: Any, takes: str, dtypes: Any) -> Any:
        assert takes == "cupy"
        return rows(*arguments, takes="numpy", dtypes=dtypes)

    monkeypatch.setattr(launch, "rows", rows_of_numpy)
    monkeypatch.setattr(launch, "_launch", emulation.launch)
    return cupy.squared_emd_value_and_grad
