"""The CUDA source compiles for a GPU, and its emulation on the CPU finds the mistakes that it could hold."""

from typing import Any

import numpy as np
import pytest
from support import cuda, draw
from support.cuda import MIXED, SAME_TYPE

from emd_ref._fast.cuda import launch


@pytest.fixture(scope="session")
def nvrtc():
    library = cuda.nvrtc()
    if library is None:
        pytest.skip("NVRTC is not installed: pip install nvidia-cuda-nvrtc")
    return library


@pytest.mark.parametrize(
    ("architecture", "types"),
    [
        ("sm_90", list(zip(cuda.FLOATS, cuda.FLOATS, strict=True))),
        ("compute_80", [*MIXED, *((P, "long long") for P in cuda.FLOATS)]),
    ],
)
def test_the_source_compiles_for_a_gpu_without_a_warning(nvrtc, architecture: str, types: list) -> None:
    status, log, size = cuda.compile_for_gpu(nvrtc, launch.source(), cuda.kernel_names(types), architecture)
    assert (status, log) == (0, "")
    assert (size > 0) == architecture.startswith("sm")  # machine code: the assembler has seen the conversions of half16


def test_a_warning_would_be_seen(nvrtc) -> None:
    source = launch.source().replace("    double D = 0.0", "    int unused; double D = 0.0", 1)
    source = source.replace("const int teams = ", "const int unused = 0, teams = ")
    status, log, _ = cuda.compile_for_gpu(nvrtc, source, cuda.kernel_names([("float", "float")]), "compute_80")
    assert status == 0
    assert "unused" in log


def test_every_kernel_is_run(emulation: cuda.Emulation, monkeypatch: pytest.MonkeyPatch) -> None:
    function = cuda.on_cpu(monkeypatch, emulation)
    names = {"half16": np.float16, "float": np.float32, "double": np.float64}
    for C in (3, 33, 1100):
        for p_type, t_type in (*SAME_TYPE, *MIXED):
            p = draw.pairs(C, "float16")[0][:2].astype(names[p_type])
            t = np.zeros(2, dtype=int) if t_type == "long long" else p.astype(names[t_type])
            for from_logits in (False, True):
                function(p, t, from_logits=from_logits)
    assert emulation.used == set(cuda.kernel_names([*SAME_TYPE, *MIXED]))


KERNELS = ["tiles<double, double, 1, true>", "tiles<double, double, 32, true>", "chunks<double, double, true>"]


def outcome(emulation: cuda.Emulation, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Results for few, some and many classes, or what the emulation finds wrong."""
    function = cuda.on_cpu(monkeypatch, emulation)
    results: list[Any] = []
    for C in (10, 40, 5000):
        p, t = (np.random.default_rng(seed).dirichlet(np.ones(C), 5) for seed in (1, 2))
        try:
            results += [x.tobytes() for x in function(p, t, from_logits=True, check=False)]
        except RuntimeError as error:
            results.append(str(error))
    return results


def test_the_emulation_misses_every_barrier_that_is_taken_away(
    emulation: cuda.Emulation, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a race of this kind would be seen, and no barrier is there in vain."""
    first, *rest = launch.source().split("__syncthreads();")
    numbered = "".join(f"if (without != {i}) __syncthreads();{piece}" for i, piece in enumerate(rest))
    source = f'extern "C" {{ int without = -1; }}\n{first}{numbered}'
    thinned = cuda.Emulation(source, [f"squared_emd_{kernel}" for kernel in KERNELS], tmp_path)
    whole = outcome(thinned, monkeypatch)
    assert whole == outcome(emulation, monkeypatch)
    for i in range(len(rest)):
        thinned.integer("without").value = i
        assert outcome(thinned, monkeypatch) != whole, i
    assert len(rest) == 9


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("stride = C | 1;", "stride = C + 2;", "a write behind the end of shared memory"),
        ("if (team < count) {", "if (team < count && threadIdx.x != 5) {", "a barrier that not all threads reach"),
    ],
)
def test_the_emulation_finds_broken_rules(
    emulation: cuda.Emulation, before: str, after: str, message: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = launch.source()
    assert before in source
    names = [f"squared_emd_{kernel}" for kernel in KERNELS]
    found = outcome(cuda.Emulation(source.replace(before, after), names, tmp_path), monkeypatch)
    assert any(isinstance(x, str) and message in x for x in found)
