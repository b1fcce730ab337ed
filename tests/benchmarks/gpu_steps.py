"""Training steps of PyTorch on a GPU: `SquaredEMDLoss` beside naive code, eager and compiled. `gpu.py` calls this.

`report` says for each promise of docs/gpu.md whether it holds: right results, no wait without value checks, one graph
for `torch.compile`, capture in a CUDA graph, and memory.
"""

import statistics
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from emd_ref.torch import SquaredEMDLoss

SHAPES = ((256, 10), (100_000, 10), (10_000_000, 10), (100_000, 1000), (1000, 100_000))
LARGE = 1_000_000  # numbers, from which on a step must take no longer than compiled naive code
LOSS = SquaredEMDLoss(check=False)
CHECKED = SquaredEMDLoss()


def naive(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean squared EMD in the precision of its input."""
    targets = one_hot(labels, logits.shape[-1]).to(logits.dtype)
    return (logits.softmax(-1) - targets).cumsum(-1).square().sum(-1).mean()


def batch(shape: tuple[int, int], device: str) -> tuple[Tensor, Tensor]:
    """Return logits and labels."""
    generator = torch.Generator(device).manual_seed(0)
    logits = torch.randn(shape, generator=generator, device=device).requires_grad_()
    return logits, torch.randint(0, shape[1], shape[:1], generator=generator, device=device)


def step(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient of a step."""
    logits.grad = None
    loss(logits, labels).backward()
    assert logits.grad is not None
    return logits.grad


def is_right(shape: tuple[int, int], device: str) -> bool:
    """Tell whether loss and gradient are those of a CPU, up to some roundings in float32."""
    logits, labels = batch(shape, device)
    there = step(CHECKED, logits, labels).cpu()
    near = logits.detach().cpu().requires_grad_()
    here = step(CHECKED, near, labels.cpu())
    value, wanted = CHECKED(logits, labels).cpu(), CHECKED(near, labels.cpu())
    close = torch.allclose(there, here, rtol=1e-6, atol=1e-6 * float(here.abs().max()))
    return close and torch.allclose(value, wanted, rtol=1e-6, atol=0)


def never_waits(device: str) -> bool:
    """Tell whether a step without value checks runs while PyTorch forbids to wait for the host."""
    logits, labels = batch((1000, 10), device)
    step(LOSS, logits, labels)  # compiles
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        step(LOSS, logits, labels)
    except RuntimeError:
        return False
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return True


def compiles_to_one_graph(device: str) -> bool:
    """Tell whether torch.compile(fullgraph=True) gives the same gradient."""
    logits, labels = batch((1000, 10), device)
    compiled = torch.compile(LOSS, fullgraph=True)
    return torch.allclose(step(compiled, logits, labels), step(LOSS, logits, labels), rtol=1e-6, atol=1e-12)


def can_be_captured(device: str) -> bool:
    """Tell whether a CUDA graph replays a step on other numbers."""
    logits, labels = batch((1000, 10), device)
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            step(LOSS, logits, labels)
    torch.cuda.synchronize()
    graph, logits.grad = torch.cuda.CUDAGraph(), None
    with torch.cuda.graph(graph):
        LOSS(logits, labels).backward()
    with torch.no_grad():
        logits.copy_(logits.flip(0))
    graph.replay()
    torch.cuda.synchronize()
    assert logits.grad is not None
    return torch.equal(logits.grad.clone(), step(LOSS, logits, labels))


def memory_beyond_the_result(device: str) -> float:
    """Return the largest memory of a step beyond input and gradient, in sizes of the input."""
    logits, labels = batch((1_000_000, 10), device)
    step(LOSS, logits, labels)
    logits.grad = None
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    LOSS(logits, labels).backward()
    input_size = logits.numel() * logits.element_size()
    return (torch.cuda.max_memory_allocated() - before) / input_size - 1


def timings(shape: tuple[int, int], device: str, rounds: int) -> dict[str, float]:
    """Return the median milliseconds of a step, of rounds in which all take turns; the first round compiles."""
    logits, labels = batch(shape, device)
    torch._dynamo.reset()
    losses = {
        "cross-entropy": torch.nn.functional.cross_entropy,
        "naive": naive,
        "naive, compiled": torch.compile(naive, dynamic=False),
        "SquaredEMDLoss": LOSS,
        "SquaredEMDLoss, checked": CHECKED,
    }
    times: dict[str, list[float]] = {name: [] for name in losses}
    for turn in range(rounds + 1):
        for name, loss in losses.items():
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            start.record()
            step(loss, logits, labels)
            end.record()
            end.synchronize()
            if turn:
                times[name].append(start.elapsed_time(end))
    return {name: statistics.median(x) for name, x in times.items()}


def goals(shape: tuple[int, int], times: dict[str, float]) -> list[dict[str, Any]]:
    """Return the times as multiples of naive code, and the most that was aimed at."""
    rival = "naive, compiled" if shape[0] * shape[1] >= LARGE else "naive"
    ratio = times["SquaredEMDLoss"] / times[rival]
    return [{"what": f"step {shape[0]}x{shape[1]} / {rival}", "ratio": ratio, "goal": 1.0, "met": ratio <= 1.0}]


def report(rounds: int, device: str = "cuda") -> dict[str, Any]:
    """Return what holds, and how long steps take."""
    memory = memory_beyond_the_result(device)
    promises = {
        "right": all(is_right((rows, C), device) for rows in (1, 300) for C in (2, 10, 17, 40, 1000, 5000)),
        "never waits without value checks": never_waits(device),
        "one graph for torch.compile": compiles_to_one_graph(device),
        "captured in a CUDA graph": can_be_captured(device),
        "memory beyond the result, in inputs": memory,
        "at most 2 inputs of memory": memory <= 2,
    }
    measured = {shape: timings(shape, device, rounds) for shape in SHAPES}
    return {
        "torch": torch.__version__,
        "promises": promises,
        "goals": [goal for shape, times in measured.items() for goal in goals(shape, times)],
        "milliseconds": {f"{N}x{C}": times for (N, C), times in measured.items()},
    }
