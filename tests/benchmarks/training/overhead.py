"""The cost of each loss in a training step relative to cross-entropy: calls take turns; ratios are within a round."""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from benchmarks.training.losses import Guide, regression, sinkhorn
from torch import Tensor, nn

from emd_ref import ClassCentroids, GroundDistance, Ordered
from emd_ref.torch import EMDLoss, SquaredEMDLoss, XEMDLoss

BATCH = 64
CLASSES = (10, 1000)
GUIDE = Guide(torch.empty(0), torch.empty(0), torch.empty(0))  # the losses here do not use a guide
SINKHORN = "Sinkhorn EMD (POT)"
FEW = 2  # samples on which Sinkhorn is timed where a whole batch would need gigabytes
Criterion = Callable[[Tensor, Tensor], Tensor]


class Network(nn.Module):
    """The small convolutional network of the images, with C output classes."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        maps = [nn.Conv2d(1, 8, 5, 2, 2), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU(), nn.Flatten()]
        self.body = nn.Sequential(*maps, nn.Linear(784, 64), nn.ReLU())
        self.head = nn.Linear(64, num_classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and penultimate features."""
        features = self.body(x)
        return self.head(features), features


def criteria(num_classes: int) -> dict[str, Criterion]:
    """Return the losses by name, as a user would write them."""
    from dlordinal.losses import EMDLoss as Theirs

    xe, squared = nn.CrossEntropyLoss(), SquaredEMDLoss(check=False)
    line = torch.as_tensor(Ordered().matrix(num_classes) / (num_classes - 1))
    learnt = XEMDLoss(ground=GroundDistance(line), check=False)
    return {
        "XE": xe,
        "EMD²": squared,
        "XE + EMD²": lambda z, y: xe(z, y) + squared(z, y),
        "XEMD": learnt,
        "E_G with a matrix": SquaredEMDLoss(ground=GroundDistance(line), check=False),
        "EMD (W1)": EMDLoss(check=False),
        "regression": lambda z, y: regression(z, y, GUIDE).mean(),
        "dlordinal EMDLoss": Theirs(num_classes=num_classes),
        **({SINKHORN: lambda z, y: sinkhorn(z, y, GUIDE).mean()} if num_classes <= 100 else {}),
    }


def measure(rounds: int = 40) -> dict:
    """Measure cross-entropy in milliseconds, and all ratios to it, for the loss alone and for a whole step."""
    return {str(C): _of_classes(C, rounds) for C in CLASSES}


def _of_classes(num_classes: int, rounds: int) -> dict:
    rng = torch.Generator().manual_seed(20161105)
    x, y = torch.randn(BATCH, 1, 28, 28, generator=rng), torch.randint(num_classes, (BATCH,), generator=rng)
    z = torch.randn(BATCH, num_classes, generator=rng, requires_grad=True)
    network = Network(num_classes)
    descent = torch.optim.Adam(network.parameters(), 1e-4)
    calls = {
        name: (_alone(loss, z, y), _step(loss, network, descent, x, y)) for name, loss in criteria(num_classes).items()
    }
    calls["self-guided XEMD"] = (None, _guided_step(calls, network, x, y, num_classes))
    if SINKHORN not in calls:
        few = z.detach()[:FEW].clone().requires_grad_()
        calls[SINKHORN] = (_alone(lambda z, y: sinkhorn(z, y, GUIDE).mean(), few, y[:FEW]), None)
    found = _interleaved(calls, rounds, slow_rounds=max(3, rounds // 10))
    if num_classes > 100:
        found["ratio"][SINKHORN] = {"loss": _digits(found["ratio"][SINKHORN]["loss"] * BATCH / FEW)}
    return {**found, "ground_distance_ms": _ground_distance_ms(num_classes)}


def _alone(loss: Criterion, z: Tensor, y: Tensor) -> Callable[[], None]:
    def call() -> None:
        z.grad = None
        loss(z, y).backward()

    return call


def _step(
    loss: Criterion, network: Network, descent: torch.optim.Optimizer, x: Tensor, y: Tensor
) -> Callable[[], None]:
    def call() -> None:
        descent.zero_grad()
        loss(network(x)[0], y).backward()
        descent.step()

    return call


def _guided_step(calls: dict, network: Network, x: Tensor, y: Tensor, num_classes: int) -> Callable[[], None]:
    """Return a step of XEMD that also adds the batch's features to the centroids."""
    centroids = ClassCentroids(num_classes)

    def call() -> None:
        calls["XEMD"][1]()
        with torch.no_grad():
            centroids.update(network.body(x), y, check=False)

    return call


def _interleaved(calls: dict, rounds: int, slow_rounds: int) -> dict:
    times: dict[tuple[str, int], list[float]] = {}
    for turn in range(rounds + 2):
        for name, pair in calls.items():
            for kind, call in enumerate(pair):
                if call is None or (name == SINKHORN and turn >= slow_rounds + 2):
                    continue
                start = time.perf_counter()
                call()
                if turn >= 2:  # the first rounds fill caches
                    times.setdefault((name, kind), []).append(time.perf_counter() - start)
    kinds = ("loss", "step")
    return {
        "xe_ms": {kind: _digits(1e3 * statistics.median(times["XE", i])) for i, kind in enumerate(kinds)},
        "ratio": {
            name: {
                kind: _digits(statistics.median(a / b for a, b in zip(times[name, i], times["XE", i], strict=False)))
                for i, kind in enumerate(kinds)
                if (name, i) in times
            }
            for name in calls
        },
    }


def _ground_distance_ms(num_classes: int) -> float:
    """Return the time to turn the sums into ranked distances, which happens once per epoch."""
    rng = np.random.default_rng(20161105)
    features = torch.as_tensor(rng.random((4 * num_classes, 64)))
    centroids = ClassCentroids(num_classes).update(features, torch.arange(num_classes).repeat(4))
    times = []
    for _ in range(5):
        start = time.perf_counter()
        centroids.ground_distance()
        times.append(time.perf_counter() - start)
    return _digits(1e3 * statistics.median(times))


def _digits(value: float) -> float:
    return float(f"{value:.3g}")
