"""Fashion-MNIST as two tasks: to name the kind of clothes, without an order, and to tell by which angle it is turned.

The second task is semi-synthetic: the pictures are real, and the order of the classes is made.
"""

import numpy as np
import torch
from benchmarks.training.data import Task, fashion_mnist
from benchmarks.training.experiment import Protocol
from benchmarks.training.members import Settings, generator

BINS = 8
RANGE = 60.0  # degrees to either side; within this range no two angles look alike
LOSSES_OF_IMAGES = ("xe", "emd2", "xe_emd2", "emd2_warm", "self_1_0", "energy_4")
SETTINGS = Settings(steps=750, cap=10000, checkpoints=4)
PROTOCOL = Protocol(rates=(1e-3, 3e-3, 1e-2, 3e-2, 1e-1), tuning_seeds=(100, 101), seeds=(0, 1, 2, 3, 4))


def fashion() -> Task:
    """The 70 000 images; the classes are ten kinds of clothes."""
    x, y = zip(*(fashion_mnist(part) for part in ("train", "t10k")), strict=True)
    return Task("fashion", "unordered", _floats(np.concatenate(x)), np.concatenate(y).astype(np.int64), 10)


def rotated() -> Task:
    """The same images, each turned; the classes are 8 equal bins of the angle between -60 and 60 degrees."""
    upright = fashion().x
    rng = generator(0, 4)
    bins = rng.integers(0, BINS, len(upright))
    angles = (bins + rng.random(len(upright))) * (2 * RANGE / BINS) - RANGE
    return Task("rotated", "ordered", turned(upright, angles), bins, BINS)


def turned(x: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Turn images (N, 1, H, W) about their centre and fill with black."""
    angle = torch.deg2rad(torch.as_tensor(degrees, dtype=torch.float32))
    zero = torch.zeros_like(angle)
    rows = (angle.cos(), -angle.sin(), zero, angle.sin(), angle.cos(), zero)
    grid = torch.nn.functional.affine_grid(torch.stack(rows, -1).view(-1, 2, 3), list(x.shape), align_corners=False)
    return torch.nn.functional.grid_sample(torch.as_tensor(x), grid, align_corners=False).numpy()


def _floats(images: np.ndarray) -> np.ndarray:
    return images[:, None].astype(np.float32) / np.float32(255)


TASKS = {"fashion": fashion, "rotated": rotated}
