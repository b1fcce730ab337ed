"""A small version of the benchmark that checks itself, for continuous integration."""

import math
from pathlib import Path

from benchmarks.training.data import load
from benchmarks.training.experiment import Protocol, result_of
from benchmarks.training.losses import LOSSES
from benchmarks.training.members import Settings

SETTINGS = Settings(hidden=32, steps=60, cap=1000, head_start_steps=10, checkpoints=2)
PROTOCOL = Protocol(rates=(1e-3, 3e-3, 1e-2), extensions=0, tuning_seeds=(100,), seeds=(0, 1, 2))
SETS = ("esl", "swd")
RANGES = {"mae": (0, None), "mae_median": (0, None), "rps": (0, None), "acc": (0, 1), "one_off": (0, 1), "qwk": (-1, 1)}
SAME = 1e-3  # two float32 computations of one loss differ by rounding, which 60 steps amplify; metrics keep 5 digits


def run(out: Path) -> list[str]:
    """Train two sets with every loss, and return what is wrong."""
    wrong: list[str] = []
    for name in SETS:
        task = load(name)
        results = {
            loss: result_of(task, loss, out, SETTINGS, PROTOCOL, lambda line: print(line, flush=True))
            for loss in LOSSES
            if LOSSES[loss].tags & {"ordered", "few"}
        }
        for loss, result in results.items():
            wrong += [f"{name} {loss}: {problem}" for problem in _problems(result, task.num_classes)]
        wrong += [f"{name}: {problem}" for problem in _differences(results["emd2"], results["dlordinal"])]
    return wrong


def _problems(result: dict, num_classes: int) -> list[str]:
    found = []
    for metric, values in result["report"]["last"].items():
        low, high = RANGES.get(metric, (0, None))
        high = num_classes - 1 if high is None and metric != "nll" else high
        for value in values:
            if not math.isfinite(value):
                found.append(f"{metric} is {value}")
            elif value < low or (high is not None and value > high):
                found.append(f"{metric} is {value}, out of {low} .. {high}")
    return found


def _differences(ours: dict, theirs: dict) -> list[str]:
    """Compare networks trained with dlordinal's loss and with emd_ref's, which are the same function."""
    found = []
    for rate, result in ours["tuning"].items():
        for metric in ("rps", "nll"):
            pair = result["test"][metric], theirs["tuning"][rate]["test"][metric]
            if not abs(pair[0] - pair[1]) <= SAME * abs(pair[0]):
                found.append(
                    f"dlordinal's EMDLoss trains to another {metric} at rate {rate}: {pair[1]}, ours {pair[0]}"
                )
    return found
