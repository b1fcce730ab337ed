"""Compare stored results: differences of two losses on every set, with Holm's correction over the sets."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.training.data import SOURCES
from benchmarks.training.experiment import RULE, choose
from benchmarks.training.intervals import Difference, holm, paired
from benchmarks.training.losses import LOSSES
from scipy import stats

Results = dict[str, dict[str, dict]]  # by set, then by loss
HIGHER_IS_BETTER = {"acc", "one_off", "qwk", "spearman"}
RELATIVE = {"mae", "mae_median", "rps", "nll"}  # compared in per cent of the other loss; all other metrics in points


@dataclass(frozen=True)
class Family:
    """Losses that differ in a weight or an exponent; validation selects the best, as it selects the learning rate."""

    title: str
    kinds: tuple[str, ...]
    members: tuple[str, ...]


BOTH = ("ordered", "unordered")
SELF = ("self_1_0", "self_1_+", "self_1_-", "self_2_0", "self_2_+", "self_2_-", "self_1_0_4")
FAMILIES = {
    "xe_emd2_tuned": Family("XE + w EMD², w chosen", ("ordered",), ("xe_emd2_0.3", "xe_emd2", "xe_emd2_3")),
    "energy_tuned": Family("XE + λ E_G, learnt G, λ chosen", BOTH, ("energy_0.3", "energy_1", "energy_4", "energy_16")),
    "self_tuned": Family("self-guided, ω, μ, λ chosen", BOTH, SELF),
}


def title(loss: str) -> str:
    """Return the name of a loss in tables."""
    return FAMILIES[loss].title if loss in FAMILIES else LOSSES[loss].title


def kinds(loss: str) -> frozenset[str]:
    """Return the kinds of sets on which a loss is trained."""
    return frozenset(FAMILIES[loss].kinds) if loss in FAMILIES else LOSSES[loss].tags


def with_families(results: Results) -> Results:
    """Add the result of every family: the member that validation on the tuning seeds selects on each set."""
    completed = {}
    for name, found in results.items():
        kind = SOURCES[name].kind if name in SOURCES else ""
        chosen = {
            family: _preferred([found[m] for m in FAMILIES[family].members if m in found], *RULE[kind])
            for family in FAMILIES
            if kind in FAMILIES[family].kinds and all(m in found for m in expected(family, kind))
        }
        completed[name] = {**found, **chosen}
    return completed


def expected(family: str, kind: str) -> list[str]:
    """Return the members of a family that are trained on sets of a kind."""
    return [m for m in FAMILIES[family].members if kind in LOSSES[m].tags]


def _preferred(members: list[dict], metric: str, sign: int) -> dict:
    def score(result: dict) -> float:
        return sign * float(np.mean(result["tuning"][f"{result['rate']:g}"]["validation"][metric]))

    return max(members, key=score)


def read(out: Path, folder: str = "results") -> Results:
    """Read every stored result, by set and loss."""
    found: Results = {}
    for path in sorted((out / folder).glob("*/*.json")):
        found.setdefault(path.parent.name, {})[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    return found


def read_by_rule(out: Path, results: Results, metric: str, sign: int) -> Results:
    """Read the results with the learning rates that another rule selects; those not stored are left out."""
    found: Results = {}
    for name, losses in results.items():
        for loss, result in losses.items():
            path = out / f"results-{metric}" / name / f"{loss}.json"
            if choose(result["tuning"], metric, sign) == f"{result['rate']:g}":
                found.setdefault(name, {})[loss] = result
            elif path.exists():
                found.setdefault(name, {})[loss] = json.loads(path.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True)
class Row:
    """The comparison on one set: the difference in the metric's unit and in per cent or points, and Holm's p-value."""

    name: str
    difference: Difference
    scaled: Difference
    p_holm: float


@dataclass(frozen=True)
class Comparison:
    """Loss a against loss b on one metric, over sets; negative means less of the metric."""

    metric: str
    rows: list[Row]

    @property
    def mean(self) -> float:
        """Mean over the sets, in per cent or points."""
        return float(np.mean([row.scaled.mean for row in self.rows]))

    @property
    def half(self) -> float:
        """Half of the 95 % t interval of that mean, with sets as independent draws; infinite for one set."""
        n = len(self.rows)
        if n < 2:
            return float("inf")
        deviation = float(np.std([row.scaled.mean for row in self.rows], ddof=1))
        return float(stats.t.ppf(0.975, n - 1)) * deviation / n**0.5

    def count(self, better: bool, holm_level: float | None = None) -> int:
        """Count the sets on which a is better (worse) than b by the corrected interval and, if given, Holm's level."""
        sign = 1 if (self.metric in HIGHER_IS_BETTER) == better else -1
        return sum(row.difference.sign == sign and (holm_level is None or row.p_holm < holm_level) for row in self.rows)


def values(result: dict, metric: str, epoch: str = "last") -> np.ndarray:
    """Return a metric of every reported seed."""
    return np.asarray(result["report"][epoch][metric])


def compare(
    results: Results,
    sets: list[str],
    a: str,
    b: str,
    metric: str,
    *,
    metric_b: str | None = None,
    epoch: str = "last",
) -> Comparison | None:
    """Compare a with b on the sets where both were trained; `metric_b` is for a b that is decoded differently."""
    both = [name for name in sets if a in results.get(name, {}) and b in results[name]]
    if not both:
        return None
    differences, scaled = [], []
    for name in both:
        x, y = values(results[name][a], metric, epoch), values(results[name][b], metric_b or metric, epoch)
        ratio = results[name][a]["report"]["test_to_train"]
        unit = 100 / y.mean() if metric in RELATIVE else 100.0
        differences.append(paired(x, y, ratio))
        scaled.append(paired(x * unit, y * unit, ratio))
    adjusted = holm([difference.p_nb for difference in differences])
    rows = [Row(*row) for row in zip(both, differences, scaled, adjusted, strict=True)]
    return Comparison(metric, rows)
