"""The protocol: select the learning rate on seeds that are not reported, then train paired seeds with that rate.

The selection rule was fixed before the first run. It takes, at the last epoch, the least validation MAE for ordered
classes, the best validation accuracy for unordered classes, and the least validation error of the mean score for votes.
Other rules are evaluated on the same runs, for the table of sensitivity.
"""

import datetime
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from benchmarks.training.data import Task, installed
from benchmarks.training.losses import LOSSES
from benchmarks.training.members import Part, Settings, Training
from benchmarks.training.metrics import label_metrics, spearman, vote_metrics
from torch import Tensor

RULE = {"ordered": ("mae", -1), "unordered": ("acc", 1), "votes": ("mae", -1)}


@dataclass(frozen=True)
class Protocol:
    """Seeds and learning rates."""

    rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
    extensions: int = 2
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = tuple(range(15))


Numbers = dict[str, list[float]]


def configuration(task: str, loss: str, settings: Settings, protocol: Protocol) -> dict:
    """Return everything that identifies a result; a stored result with the same configuration is used again."""
    described = {"set": task, "loss": loss, "settings": asdict(settings), "protocol": asdict(protocol)}
    return json.loads(json.dumps(described))


def stored(path: Path, wanted: dict) -> dict | None:
    """Return the result in a file if it exists and has this configuration, else None."""
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if found["configuration"] == wanted else None


def store(path: Path, result: dict) -> None:
    """Write atomically, with one line for each key of the first two levels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".partial")
    temporary.write_text(_compact(result) + "\n", encoding="utf-8")
    temporary.replace(path)


def _compact(value: dict, depth: int = 2) -> str:
    if depth == 0 or not isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return "{\n" + ",\n".join(f"{json.dumps(k)}: {_compact(v, depth - 1)}" for k, v in value.items()) + "\n}"


def environment() -> dict:
    """Describe where and when a result was computed."""
    return {
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads used",
        "versions": installed(),
    }


def measure(training: Training, part: Part) -> dict[str, Tensor]:
    """Return the metrics of every member on one part."""
    logits = training.predict(part)
    if training.task.kind == "votes":
        return vote_metrics(logits, part.y)
    return label_metrics(logits, part.y, training.loss.decode)


def with_rate_of(
    rule: tuple[str, int], task: Task, loss: str, out: Path, settings: Settings, protocol: Protocol
) -> dict:
    """Train the reported seeds again, with the learning rate that another rule selects on the tuning seeds."""
    result = result_of(task, loss, out, settings, protocol)
    rate = choose(result["tuning"], *rule)
    if rate == f"{result['rate']:g}":
        return result
    path = out / f"results-{rule[0]}" / task.name / f"{loss}.json"
    wanted = {**configuration(task.name, loss, settings, protocol), "rule": rule[0], "rate": float(rate)}
    if found := stored(path, wanted):
        return found
    last = report(task, loss, float(rate), settings, protocol)
    again = {key: last[key] for key in ("last", "test_to_train", "epochs")}
    store(path, {"configuration": wanted, "rate": float(rate), "report": again, "environment": environment()})
    return {"rate": float(rate), "report": again}


def train(task: Task, loss: str, seeds: list[int], rates: list[float], settings: Settings) -> tuple[Training, list]:
    """Train an ensemble; return it with its (validation, test) metrics at every checkpoint."""
    training = Training(task, LOSSES[loss], seeds, rates, settings)
    history: list[tuple[dict, dict]] = []
    training.run(lambda run, epoch: history.append((measure(run, run.validation), measure(run, run.test))))
    return training, history


def tune(task: Task, loss: str, settings: Settings, protocol: Protocol) -> tuple[float, dict]:
    """Return the best learning rate by the rule, and the metrics of every rate; the grid grows while an edge wins."""
    found: dict[float, dict[str, Numbers]] = {}
    new = list(protocol.rates)
    for _ in range(1 + protocol.extensions):
        seeds, count = list(protocol.tuning_seeds), len(protocol.tuning_seeds)
        rates = [rate for rate in new for _ in seeds]
        _, history = train(task, loss, seeds * len(new), rates, replace(settings, checkpoints=1))
        for i, rate in enumerate(new):
            chosen = slice(i * count, (i + 1) * count)
            found[rate] = {
                name: {key: rounded(v[chosen]) for key, v in metrics.items()}
                for name, metrics in zip(("validation", "test"), history[-1], strict=True)
            }
        best = choose(found, *RULE[task.kind])
        if min(found) < best < max(found):
            break
        new = [float(f"{best / 3:.1g}" if best == min(found) else f"{best * 3:.1g}")]
    return best, found


def choose(found: dict, metric: str, sign: int):
    """Return the rate with the best mean of a validation metric; a rate at which a network diverged is never chosen."""
    score = {rate: sign * float(np.mean(result["validation"][metric])) for rate, result in found.items()}
    return max(score, key=lambda rate: score[rate] if np.isfinite(score[rate]) else -np.inf)


def report(task: Task, loss: str, rate: float, settings: Settings, protocol: Protocol) -> dict:
    """Return the test metrics of the reported seeds at the last epoch and at the checkpoint best in validation."""
    seeds = list(protocol.seeds)
    training, history = train(task, loss, seeds, [rate] * len(seeds), settings)
    metric, sign = RULE[task.kind]
    watched = torch.stack([sign * validation[metric] for validation, _ in history])
    best = watched.nan_to_num(-torch.inf).argmax(0)
    tests = {key: torch.stack([test[key] for _, test in history]) for key in history[-1][1]}
    result = {
        "last": {key: rounded(values[-1]) for key, values in tests.items()},
        "best": {key: rounded(values.gather(0, best[None])[0]) for key, values in tests.items()},
        "test_to_train": training.test.x.shape[1] / training.size,
        "epochs": training.epochs,
    }
    if training.loss.guided == "learnt" and task.kind == "ordered":
        result["order_recovered"] = rounded(order_recovered(training.guide.ground))
    return result


def order_recovered(ground: Tensor) -> Tensor:
    """Return the Spearman correlation of each learnt ground distance with |i - j|, over the pairs of classes."""
    C = ground.shape[-1]
    i, j = torch.triu_indices(C, C, 1)
    return spearman(ground[:, i, j], (j - i).double().expand(len(ground), -1))


def averaged(result: dict) -> dict:
    """Replace seeds by their mean where only the mean is used: in tuning, and at the best checkpoint."""
    kept = {"mae", "rps", "acc", "nll", "mae_median", "spearman"}

    def means(numbers: Numbers) -> dict[str, float]:
        return {key: float(f"{np.mean(values):.5g}") for key, values in numbers.items() if key in kept}

    tuning = {rate: {name: means(found) for name, found in both.items()} for rate, both in result["tuning"].items()}
    return {**result, "tuning": tuning, "report": {**result["report"], "best": means(result["report"]["best"])}}


def rounded(values: Tensor) -> list[float]:
    """Round to five digits, which is finer than the variation between seeds."""
    return [float(f"{v:.5g}") for v in values.tolist()]


def result_of(
    task: Task,
    loss: str,
    out: Path,
    settings: Settings,
    protocol: Protocol,
    say: Callable[[str], None] = print,
    folder: str = "results",
) -> dict:
    """Return the result of a set and a loss; compute and store it if it is missing."""
    path = out / folder / task.name / f"{loss}.json"
    wanted = configuration(task.name, loss, settings, protocol)
    if found := stored(path, wanted):
        return found
    start = time.perf_counter()
    rate, found = tune(task, loss, settings, protocol)
    outcome = report(task, loss, rate, settings, protocol)
    seconds = round(time.perf_counter() - start, 1)
    tuning = {f"{key:g}": found[key] for key in sorted(found)}
    result = averaged({"configuration": wanted, "rate": rate, "report": outcome, "tuning": tuning})
    store(path, {**result, "environment": environment(), "seconds": seconds})
    metric = RULE[task.kind][0]
    say(f"{task.name:11} {loss:18} rate {rate:<7g} {metric} {np.mean(outcome['last'][metric]):.4f} {seconds:6.1f} s")
    return result
