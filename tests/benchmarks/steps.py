"""Print the time of a training step on a CPU: forward and backward pass from float32 logits and labels, one thread.

`SquaredEMDLoss`, with its value checks, takes turns with `cross_entropy` and with naive code that PyTorch's autograd
differentiates. Run as `python tests/benchmarks/steps.py [seconds]`; the seconds are those of one shape, 6 by default.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.speed.cases import called
from benchmarks.speed.environment import restart
from benchmarks.speed.timing import interleaved

from emd_ref.torch import SquaredEMDLoss

# The large shape comes first: memory that it frees is reused, as in a training process, not asked of the system anew.
SHAPES = ((100_000, 10), (1, 10), (64, 10), (256, 100), (64, 1000))


def naive(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean squared EMD in the precision of its input."""
    targets = one_hot(labels, logits.shape[-1]).to(logits.dtype)
    return (logits.softmax(-1) - targets).cumsum(-1).square().sum(-1).mean()


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross-entropy": cross_entropy,
    "naive autograd": naive,
    "SquaredEMDLoss": SquaredEMDLoss(),
}


def step(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, labels: Tensor) -> Callable[[], None]:
    """Return a call that makes one step."""

    def call() -> None:
        logits.grad = None
        loss(logits, labels).backward()

    return call


def medians(N: int, C: int, seconds: float) -> dict[str, float]:
    """Return the median time of each loss in milliseconds."""
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(N, C, generator=rng).requires_grad_()
    labels = torch.randint(0, C, (N,), generator=rng)
    calls = {name: step(loss, logits, labels) for name, loss in LOSSES.items()}
    for call in calls.values():
        call()
    times = interleaved(calls, time.monotonic() + seconds, least=5)
    return {name: 1e3 * float(np.median(each)) for name, each in times.items()}


def main(seconds: float = 6.0, shapes: tuple[tuple[int, int], ...] = SHAPES) -> None:
    """Print a table."""
    torch.set_num_threads(1)
    print(f"{'ms':8}" + "".join(f"{name:>16}" for name in LOSSES) + f"{'of naive':>12}")
    for N, C in shapes:
        found = medians(N, C, seconds)
        ratio = found["SquaredEMDLoss"] / found["naive autograd"]
        print(f"{called(N, C):8}" + "".join(f"{x:16.3f}" for x in found.values()) + f"{ratio:12.2f}", flush=True)


if __name__ == "__main__":
    restart(1)
    main(*map(float, sys.argv[1:2]))
