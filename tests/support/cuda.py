"""The CUDA kernels without a GPU: compiled by NVRTC, and run on the CPU as C++ through cuda_on_cpu.h."""

import ctypes
import functools
import importlib.util
import itertools
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emd_ref._fast.cuda import launch
from emd_ref._fast.rows import rows
from emd_ref.kernels import cupy

HERE = Path(__file__).parent


def kernel_names(types: Sequence[tuple[str, str]]) -> list[str]:
    """The C++ names of every kernel for pairs of types of prediction and target."""
    shapes = ["tiles<{}, {}, 1, {}>", "tiles<{}, {}, 32, {}>", "chunks<{}, {}, {}>"]
    logits = ("false", "true")
    return [f"squared_emd_{s.format(P, T, L)}" for (P, T), L, s in itertools.product(types, logits, shapes)]


FLOATS = ("half16", "float", "double")
SAME_TYPE = [(P, T) for P in FLOATS for T in (P, "long long")]
MIXED = [("float", "double"), ("double", "float"), ("half16", "float")]


def nvrtc() -> ctypes.CDLL | None:
    """NVIDIA's run-time compiler from its Python package, or None."""
    found = importlib.util.find_spec("nvidia")
    places = [Path(p) for p in found.submodule_search_locations] if found and found.submodule_search_locations else []
    libraries = sorted(file for place in places for file in place.glob("*/lib/libnvrtc.so.*"))
    return ctypes.CDLL(str(libraries[-1])) if libraries else None


def compile_for_gpu(library: ctypes.CDLL, source: str, names: Sequence[str], architecture: str) -> tuple[int, str, int]:
    """Status, log (warnings too) and size of the machine code (0 for a virtual architecture)."""
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    library.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"squared_emd.cu", 0, None, None)
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
    """A CUDA source compiled for the CPU; `launch` stands in for `_launch` of `emd_ref._fast.cuda`."""

    def __init__(self, source: str, names: Sequence[str], folder: Path) -> None:
        exports = "\n".join(f"EXPORT({symbol(name)}, {name})" for name in names)
        half = '#include "half16_on_cpu.h"'
        (folder / "kernels.cpp").write_text(f'#include "cuda_on_cpu.h"\n{source}\n{half}\n{exports}\n')
        command = ["g++", "-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{HERE}"]
        subprocess.run([*command, "-o", "kernels.so", "kernels.cpp"], cwd=folder, check=True)
        self._library = ctypes.CDLL(str(folder / "kernels.so"))
        self.used: set[str] = set()
        self.seed = 0

    def launch(self, beside: Any, name: str, blocks: int, threads: int, shared: int, arguments: Sequence[Any]) -> None:
        """Run a kernel on NumPy arrays; RuntimeError if it breaks a rule of CUDA."""
        function = self._function(name)
        function.argtypes = [*[ctypes.c_uint] * 4, *map(_type, arguments)]
        given = [x.ctypes.data if isinstance(x, np.ndarray) else None if x is None else x.item() for x in arguments]
        self.used.add(name)
        self.seed += 1
        message = function(blocks, threads, shared, self.seed, *given)
        if message:
            raise RuntimeError(f"{name}: {message.decode()}")

    def integer(self, name: str) -> ctypes.c_int:
        """A global variable of the source."""
        return ctypes.c_int.in_dll(self._library, name)

    @functools.cache  # noqa: B019 - an emulation lives as long as the tests
    def _function(self, name: str) -> Any:
        address = ctypes.c_void_p.in_dll(self._library, symbol(name)).value
        return ctypes.CFUNCTYPE(ctypes.c_char_p)(address)


def _type(x: Any) -> Any:
    if x is None or isinstance(x, np.ndarray):
        return ctypes.c_void_p
    return {"int64": ctypes.c_longlong, "int32": ctypes.c_int, "float64": ctypes.c_double}[x.dtype.name]


def on_cpu(monkeypatch: Any, emulation: Emulation) -> Any:
    """`squared_emd_value_and_grad` of the CuPy module, taking NumPy arrays and running on the CPU."""

    def rows_of_numpy(*arguments: Any, takes: str, dtypes: Any) -> Any:
        assert takes == "cupy"
        return rows(*arguments, takes="numpy", dtypes=dtypes)

    monkeypatch.setattr(launch, "rows", rows_of_numpy)
    monkeypatch.setattr(launch, "_launch", emulation.launch)
    return cupy.squared_emd_value_and_grad
