"""The losses of emd_ref.keras on the backend of KERAS_BACKEND, a batch for them, and how its numbers are read."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest

from emd_ref.keras import EMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss
from support import draw

BACKEND = keras.backend.backend()
C, N = 5, 6
PENALTY = {"emd_weight": 0.3, "exponent": 2.0, "bias": -0.25}
OWN = {SquaredEMDLoss: {}, EMDLoss: {}, XEMDLoss: PENALTY, XESquaredEMDLoss: {"emd_weight": 0.3}}
LOSSES = {loss: {"from_logits": True, **options} for loss, options in OWN.items()}
every_loss = pytest.mark.parametrize("loss", LOSSES)


def batch() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, distributions, logits: all numbers of float32."""
    rng = np.random.default_rng(0)
    soft = np.stack([draw.on_grid(rng.dirichlet(np.ones(C)), "float32") for _ in range(N)])
    return np.arange(N) % C, soft, rng.normal(0, 2, (N, C)).astype(np.float32)


def numbers(x) -> np.ndarray:
    return np.asarray(x.detach() if BACKEND == "torch" else x, dtype=np.float64)
