"""Check and time the CUDA kernels on a GPU, and print JSON. Run as `python tests/benchmarks/gpu.py [rounds]`.

First, every kernel is compared with the reference on NumPy arrays, within the rounding error bounds of both. (The
tests compare the kernels with exact arithmetic.) Then value and gradient are timed, as a user calls them. For
distributions a kernel reads two arrays, p and t, and writes one, g; for labels it reads one and writes one, as a copy
does. So the least possible time is 1.5 times that of a copy, or the same. `goals` has the share of the copy bandwidth
that was reached for each number of classes, and whether it is enough. At last come training steps of PyTorch.
"""

import datetime
import itertools
import json
import statistics
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import cupy
import numpy as np
from emd_conformance import _bounds
from emd_conformance._bounds.precision import PRECISIONS
from emd_conformance._exact import grounds

import emd_ref
from emd_ref import squared_emd_value_and_grad as fused

NUMBERS = 100_000_000  # of an array
CLASSES = (2, 5, 10, 16, 32, 33, 100, 1000, 1001, 2000, 4000, 4096, 100_000)
DTYPES = ("float32", "float64")


def bounds(p: np.ndarray, t: np.ndarray, from_logits: bool) -> tuple[Fraction, list[Fraction]]:
    """Rounding error bounds of value and gradient of one row (specification, 7.3)."""
    row, form = ([float(x) for x in p], [float(x) for x in t], grounds.LINE), PRECISIONS[p.dtype.name]
    if from_logits:
        return _bounds.squared_emd.value_of_logits(*row, form), _bounds.squared_emd.gradient_of_logits(*row, form)
    return _bounds.squared_emd.value(*row, form, "scan"), _bounds.squared_emd.gradient(*row, form, "scan")


def largest_error(C: int, dtype: str, labels: bool, from_logits: bool) -> float:
    """Return the largest difference from the reference over two bounds; each side may be one bound off."""
    rng, form = np.random.default_rng(C), PRECISIONS[dtype]
    p = (rng.normal(size=(3, C)) if from_logits else rng.dirichlet(np.ones(C), 3)).astype(dtype)
    t = rng.integers(0, C, 3) if labels else rng.dirichlet(np.ones(C), 3).astype(dtype)
    wanted = emd_ref.squared_emd_value_and_grad(p, t, from_logits=from_logits)
    E, g = (x.get() for x in fused(cupy.asarray(p), cupy.asarray(t), from_logits=from_logits))
    largest = 0.0
    for i, target in enumerate(np.eye(C)[t] if labels else t):
        of_value, of_gradient = bounds(p[i], target, from_logits)
        pairs = [(E[i], wanted[0][i], of_value), *zip(g[i], wanted[1][i], of_gradient, strict=True)]
        for got, reference, bound in pairs:
            error = abs(Fraction(float(got)) - Fraction(float(reference)))
            largest = max(largest, float(error / (2 * form.output(bound, Fraction(float(reference))))))
    return largest


def correctness() -> list[dict[str, Any]]:
    """Check every kernel, on few, some and many classes."""
    found = []
    for C, dtype in itertools.product((1, 3, 10, 16, 17, 32, 33, 100, 1024, 1025, 4096, 5000), ("float16", *DTYPES)):
        if dtype == "float16" and C > 1000:
            continue  # its probabilities are mostly rounded to 0
        for labels, from_logits in itertools.product((False, True), repeat=2):
            if from_logits and C > 1025:
                continue  # the bound takes the softmax in 256 bits
            error = largest_error(C, dtype, labels, from_logits)
            case = {"classes": C, "dtype": dtype, "labels": labels, "from_logits": from_logits}
            found.append({**case, "error_in_bounds": error, "right": error <= 1})
    return found


def milliseconds(call: Callable[[], Any]) -> float:
    """Return the time of a call on the GPU, by the clock of the GPU."""
    start, end = cupy.cuda.Event(), cupy.cuda.Event()
    start.record()
    call()
    end.record()
    end.synchronize()
    return float(cupy.cuda.get_elapsed_time(start, end))


def timings(shape: tuple[int, int], dtype: str, rounds: int) -> dict[str, Any]:
    """Return medians over rounds in which all calls take turns; the first round compiles and does not count."""
    generator = cupy.random.default_rng(0)
    p, t = (generator.random(shape, dtype=dtype) for _ in range(2))
    for x in (p, t):
        x /= x.sum(axis=-1, keepdims=True)
    labels, out = generator.integers(0, shape[1], shape[0]), cupy.empty_like(p)
    calls: dict[str, Callable[[], Any]] = {
        "copy": lambda: cupy.copyto(out, p),
        "subtract": lambda: cupy.subtract(p, t, out=out),
        "fused": lambda: fused(p, t, check=False),
        "fused, checked": lambda: fused(p, t, mass_tolerance=1e-3),
        "fused, labels": lambda: fused(p, labels, check=False),
        "fused, logits": lambda: fused(p, t, from_logits=True, check=False),
        "fused, logits and labels": lambda: fused(p, labels, from_logits=True, check=False),
        "fused, value alone": lambda: emd_ref.squared_emd(p, t, check=False),
        "fused, EMD": lambda: emd_ref.emd_value_and_grad(p, t, check=False),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            taken = milliseconds(call)
            if turn:
                times[name].append(taken)
    medians = {name: statistics.median(x) for name, x in times.items()}
    return {
        "shape": shape,
        "dtype": dtype,
        "copy_bandwidth_GB_per_s": 2 * p.nbytes / medians["copy"] / 1e6,
        "fused_bandwidth_GB_per_s": 3 * p.nbytes / medians["fused"] / 1e6,
        "milliseconds": medians,
        "in_floors": {name: x / (1.5 * medians["copy"]) for name, x in medians.items()},
    }


def goals(timing: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the shares of the copy bandwidth, and the least that was aimed at."""
    C, times = timing["shape"][1], timing["milliseconds"]
    easy, many = C <= 32 or C % 4 == 0, C > 4096
    least = {"fused": 0.55 if many else 0.9 if easy else 0.8, "fused, logits and labels": 0.55 if many else 0.8}
    floors = {"fused": 1.5, "fused, logits and labels": 1.0}
    found = []
    for name, goal in least.items():
        share = floors[name] * times["copy"] / times[name]
        found.append(
            {"what": f"{name}, C = {C}, {timing['dtype']}", "share": share, "goal": goal, "met": share >= goal}
        )
    return found


def main(rounds: int) -> int:
    """Print the report; the exit status is 1 if a result is wrong."""
    properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)
    checks = correctness()
    shapes = [(NUMBERS // C, C) for C in CLASSES]
    measured = [timings(shape, dtype, rounds) for shape in shapes for dtype in DTYPES]
    report = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "device": properties["name"].decode(),
        "compute_capability": f"{properties['major']}.{properties['minor']}",
        "versions": {"emd_ref": emd_ref.__version__, "cupy": cupy.__version__},
        "right": all(case["right"] for case in checks),
        "correctness": checks,
        "goals": [goal for timing in measured for goal in goals(timing)],
        "timings": measured,
        "training steps": training_steps(rounds),
    }
    print(json.dumps(report, indent=1))
    return 0 if report["right"] else 1


def training_steps(rounds: int) -> dict[str, Any] | str:
    """Return what holds for steps of PyTorch, and how long they take, where there is a PyTorch for this GPU."""
    try:
        import torch
    except ImportError:
        return "PyTorch is not installed"
    if not torch.cuda.is_available():
        return "this PyTorch sees no GPU"
    from benchmarks import gpu_steps

    return gpu_steps.report(rounds)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))
