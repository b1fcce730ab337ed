"""A batch and the losses of emd_ref.torch, as several tests of them use both."""

import numpy as np
import torch

from emd_ref.torch import EMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss
from support.grounds import ground_pair

C = 6


def batch(N: int = 8, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(0)
    return torch.tensor(rng.normal(0, 2, (N, C))).to(dtype), torch.tensor(np.arange(N) % C)


def losses(name: str) -> list[torch.nn.Module]:
    ground = ground_pair(name, C).ours
    return [
        SquaredEMDLoss(ground=ground),
        EMDLoss(ground=ground),
        XEMDLoss(ground=ground, emd_weight=0.3, bias=0.5),
        XESquaredEMDLoss(ground=ground, emd_weight=0.3),
    ]
