"""The CUDA source compiles for a GPU, and its emulation on the CPU finds the mistakes that it could hold."""

import ctypes
import itertools
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from support import cuda, draw
from support.cuda import MIXED
from support.thorough import some_of

from emd_ref import (
    Circular,
    emd,
    emd_grad,
    emd_value_and_grad,
    squared_emd,
    squared_emd_grad,
    squared_emd_value_and_grad,
)
from emd_ref._arguments.options import Options
from emd_ref._fast.cuda import launch

FILES = ("numbers", "few", "teams", "chunks")


@pytest.fixture(scope="session")
def nvrtc():
    library = cuda.nvrtc()
    if library is None:
        pytest.skip("NVRTC is not installed: pip install nvidia-cuda-nvrtc")
    return library


@pytest.mark.parametrize("C", some_of([10, 5000, 32, 1000, 4096], every=5))
@pytest.mark.parametrize(
    ("architecture", "types"),
    [
        ("sm_90", list(zip(cuda.FLOATS, cuda.FLOATS, strict=True))),
        ("compute_80", [*MIXED, *((P, "long long") for P in cuda.FLOATS)]),
    ],
)
def test_the_source_compiles_for_a_gpu_without_a_warning(nvrtc, architecture: str, types: list, C: int) -> None:
    kernels = cuda.kernels(C, types)
    for sources in {kernel.sources for kernel in kernels}:
        names = [kernel.name for kernel in kernels if kernel.sources == sources]
        status, log, size = cuda.compile_for_gpu(nvrtc, launch.source(sources), names, architecture)
        assert (status, log) == (0, "")
        assert (size > 0) == architecture.startswith("sm")  # machine code: the assembler has seen the conversions


def test_a_kernel_is_loaded_once_on_each_device(monkeypatch: pytest.MonkeyPatch) -> None:
    class Module:
        def __init__(self, **given: Any) -> None:
            loaded.append(given["name_expressions"])

        def get_function(self, name: str) -> tuple[str, int]:
            return name, len(loaded)

    loaded: list[list[str]] = []
    monkeypatch.setattr(launch, "import_module", lambda name: SimpleNamespace(RawModule=Module))
    monkeypatch.setattr(launch, "source", lambda names: "")
    launch._compiled.cache_clear()
    kernels = [launch._compiled(name, FILES, device) for name, device in (("a", 0), ("a", 0), ("a", 1), ("b", 0))]
    launch._compiled.cache_clear()
    assert kernels == [("a", 1), ("a", 1), ("a", 2), ("b", 3)]
    assert loaded == [["a"], ["a"], ["b"]]


def test_a_warning_would_be_seen(nvrtc) -> None:
    kernel = launch.chosen(5, "float32", "float32", from_logits=False, absolute=False)
    source = launch.source(kernel.sources).replace("bool wrong = false;", "bool wrong = false; int unused;", 1)
    status, log, _ = cuda.compile_for_gpu(nvrtc, source, [kernel.name], "compute_80")
    assert status == 0
    assert "unused" in log


@pytest.mark.parametrize("C", some_of([*range(1, 33), *(2**k for k in range(6, 13)), 4097], every=20))
def test_the_kernels_for_every_number_of_classes_are_right(C: int, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each number of classes of one thread, each size of a team, and many classes; the types take turns."""
    pair = [("half16", "half16"), ("float", "float"), ("double", "long long")][C % 3]
    cuda.on_cpu(monkeypatch, cuda.Emulation(tmp_path))
    p_type, t_type = (cuda.NAMES[name] for name in pair)
    p = np.random.default_rng(C).dirichlet(np.ones(C), 2).astype(p_type)
    t = np.asarray([0, C - 1]) if t_type == "int64" else p[::-1]
    for from_logits, absolute in itertools.product((False, True), repeat=2):
        found = launch.evaluate("both", p, t, Options(from_logits=from_logits, check=False), absolute)
        formula = emd_value_and_grad if absolute else squared_emd_value_and_grad
        expected = formula(p, t, from_logits=from_logits, check=False)
        for x, y in zip(found, expected, strict=True):
            np.testing.assert_allclose(x, y, rtol=2 * np.finfo(p_type).eps, atol=C * 2.0**-46)


@pytest.mark.parametrize("library", ["cupy", "torch"])
def test_predictions_are_read_in_their_own_dtype(library: Any, emulation: cuda.Emulation, monkeypatch) -> None:
    """The reference is in the dtype of the prediction: to widen an array first would take a pass over the memory."""
    (cuda.tensors_on_cpu if library == "torch" else cuda.on_cpu)(monkeypatch, emulation)
    chosen, read = launch.chosen, []
    monkeypatch.setattr(launch, "chosen", lambda C, p, t, *options: read.append(p) or chosen(C, p, t, *options))
    for dtype in ("float16", "float32", "float64"):
        p, k = np.full((2, 4), 0.25, dtype=dtype), np.asarray([0, 3])
        arrays = (torch.tensor(p), torch.tensor(k)) if library == "torch" else (p, k)
        launch.evaluate("both", *arrays, Options(), absolute=False, library=library)
    assert read == ["float16", "float32", "float64"]


@pytest.mark.costly
@pytest.mark.parametrize("C", [10, 40, 41, 5000])
@pytest.mark.parametrize("absolute", [False, True])
def test_value_and_gradient_come_alone_too_and_times_what_comes_from_above(
    emulation: cuda.Emulation, C: int, absolute: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda.on_cpu(monkeypatch, emulation)
    p, t = draw.pairs(C)
    E, g = launch.evaluate("both", p, t, Options(), absolute)
    above = np.asarray([2.0 ** (i % 5 - 2) for i in range(len(p))])  # exact factors
    np.testing.assert_array_equal(launch.evaluate("value", p, t, Options(), absolute), E)
    np.testing.assert_array_equal(launch.evaluate("gradient", p, t, Options(), absolute), g)
    np.testing.assert_array_equal(launch.evaluate("gradient", p, t, Options(), absolute, above), g * above[:, None])


def test_rows_that_begin_anywhere_give_the_same(emulation: cuda.Emulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those at multiples of 16 bytes come and go directly, the others through shared memory."""
    cuda.on_cpu(monkeypatch, emulation)
    for C, absolute in (8, False), (40, True), (200, False), (1024, True):
        p, t = (np.random.default_rng(seed).dirichlet(np.ones(C), 129) for seed in (1, 2))
        moved = [np.concatenate([[0.0], x.ravel()])[1:].reshape(x.shape) for x in (p, t)]
        assert {x.ctypes.data % 16 for x in (p, t)} == {0} != {x.ctypes.data % 16 for x in moved}
        for x, y in zip(
            launch.evaluate("both", p, t, Options(), absolute),
            launch.evaluate("both", *moved, Options(), absolute),
            strict=True,
        ):
            np.testing.assert_array_equal(x, y)


def test_public_functions_choose_a_kernel_for_cupy_arrays_and_ordered_classes(
    emulation: cuda.Emulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda.on_cpu(monkeypatch, emulation)
    p, k = np.random.default_rng(0).dirichlet(np.ones(4), 3), np.asarray([0, 2, 3])
    functions = (squared_emd, squared_emd_grad, squared_emd_value_and_grad, emd, emd_grad, emd_value_and_grad)
    for function, from_logits in itertools.product(functions, (False, True)):
        expected = function(p, k, from_logits=from_logits)
        with monkeypatch.context() as patch:
            patch.setattr(launch, "is_cupy", lambda x: True)
            emulation.used.clear()
            found = function(p, k, from_logits=from_logits)
            assert len(emulation.used) == 1
            with pytest.raises(ValueError, match="`target`"):
                function(p, k + 1, from_logits=from_logits)
            emulation.used.clear()
            function(p, k, ground=Circular())
            assert not emulation.used
        for x, y in zip(found, expected, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-14)


CLASSES = (10, 41, 1001, 5000)  # rows of 41 and 1001 doubles do not begin at multiples of 16 bytes


def outcome(emulation: cuda.Emulation, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Results for few, some and many classes, or what the emulation finds wrong."""
    function = cuda.on_cpu(monkeypatch, emulation)
    results: list[Any] = []
    for C in CLASSES:
        p, t = (np.random.default_rng(seed).dirichlet(np.ones(C), 5) for seed in (1, 2))
        try:
            results += [x.tobytes() for x in function(p, t, from_logits=True, check=False)]
        except RuntimeError as error:
            results.append(str(error))
    return results


@pytest.mark.thorough
def test_the_emulation_misses_every_barrier_that_is_taken_away(
    emulation: cuda.Emulation, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a race of this kind would be seen, and no barrier is there in vain."""
    barriers = [f"{name} {i}" for name in FILES for i in range(launch.source([name]).count("__syncthreads();"))]

    def numbered(names: Sequence[str]) -> str:
        pieces = ['extern "C" { int without = -1; }']
        for name in names:
            first, *rest = launch.source([name]).split("__syncthreads();")
            kept = [f"if (without != {barriers.index(f'{name} {i}')}) __syncthreads();" for i in range(len(rest))]
            pieces += [first, *(kept[i] + piece for i, piece in enumerate(rest))]
        return "".join(pieces)

    thinned = cuda.Emulation(tmp_path, numbered)
    whole = outcome(thinned, monkeypatch)
    assert whole == outcome(emulation, monkeypatch)
    for i, barrier in enumerate(barriers):
        for library in thinned.libraries.values():
            ctypes.c_int.in_dll(library, "without").value = i
        assert outcome(thinned, monkeypatch) != whole, barrier
    assert len(barriers) == 16


@pytest.mark.costly
@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("few", "BYTES = (ROWS", "BYTES = (2 * ROWS", "a write behind the end of shared memory"),
        (
            "teams",
            "if (!given.gradient) return;",
            "if (!given.gradient || threadIdx.x == 5) return;",
            "a barrier that not all threads reach",
        ),
    ],
)
def test_the_emulation_finds_broken_rules(
    file: str, before: str, after: str, message: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert before in launch.source([file])

    def broken(names: Sequence[str]) -> str:
        return launch.source(names).replace(before, after)

    found = outcome(cuda.Emulation(tmp_path, broken), monkeypatch)
    assert any(isinstance(x, str) and message in x for x in found)
