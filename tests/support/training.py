"""A small task and small settings for the tests of the training benchmark."""

import numpy as np
from benchmarks.training import data
from benchmarks.training.members import Settings

SMALL = Settings(hidden=8, steps=24, batch=16, cap=150, head_start_epochs=1, head_start_steps=6, dtype="float64")


def made_up(kind: str = "ordered", rows: int = 150, num_classes: int = 4) -> data.Task:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(rows, 3)).astype(np.float32)
    score = x[:, 0] + 0.3 * rng.normal(size=rows)
    return data.Task("made-up", kind, x, np.digitize(score, [-0.7, 0.0, 0.7])[:rows] % num_classes, num_classes)
