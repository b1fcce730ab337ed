"""What tests run in other processes. They find it here even if another package is called `tests`, too."""

import time
from pathlib import Path
from typing import Any

import numpy as np

C, F, N = 5, 7, 40  # classes, features, samples
CUTS = (15, N)  # both processes have samples; the second has none


def slowly(block: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the block, after a while."""
    time.sleep(0.1)
    return block


def batch(seed: int = 0) -> tuple[Any, Any, Any]:
    """Return logits, labels and features of a batch, as tensors."""
    import torch

    rng = np.random.default_rng(seed)
    features = torch.tensor(rng.random((N, F)) + 0.01)
    return torch.tensor(rng.normal(0, 2, (N, C))), torch.tensor(np.arange(N) % C), features


def learn(rank: int, folder: str) -> None:
    """Learn from the samples of one process of two, and write the ground distance and the weight to a file."""
    import torch

    from emd_ref.torch import SelfGuidedXEMDLoss

    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    for cut in CUTS:
        loss, part = SelfGuidedXEMDLoss(C, head_start=1), (slice(0, cut), slice(cut, N))[rank]
        if part.start < N:
            loss(*(x[part] for x in batch()))
        loss.epoch_end()
        torch.save((loss.distances, loss.weight), Path(folder, f"{rank}-{cut}.pt"))
    torch.distributed.destroy_process_group()


def score(rank: int, folder: str) -> None:
    """Update metrics with the samples of one process of two, and write what they compute together to a file."""
    from support import no_torchvision

    no_torchvision.hide_torchvision()
    import torch

    from emd_ref.metrics import RankedProbabilityScore, RankedProbabilitySkillScore

    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    z, labels, _ = batch()
    for cut in CUTS:
        part = (slice(0, cut), slice(cut, N))[rank]
        for kind in (RankedProbabilityScore, RankedProbabilitySkillScore):
            metric = kind(num_classes=C, reduction="per-class", from_logits=True)
            metric.update(z[part], labels[part])
            np.save(Path(folder) / f"{kind.__name__}-{cut}-{rank}.npy", metric.compute().numpy())
    torch.distributed.destroy_process_group()
