"""The published packages that are examined: the declaration and the verdict of each, and the finding without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from shlex import quote
from typing import Any

import emd_conformance
import package_adapters as adapters
from emd_conformance import Case, Report

ONE = {"batched": False, "ground": "positions", "call": "x, x, p, t"}
SMALL = (2, 3, 4, 5, 10)


@dataclass(frozen=True)
class Package:
    """A callable of a package, its declaration, and the finding expected without the options in `without`."""

    name: str
    callable: str
    options: dict[str, Any]
    without: tuple[str, ...] = ()
    adapter: Callable[..., Any] | None = None
    note: str = ""
    finding: str = ""
    verdict: str = "conforms"
    deviations: dict[str, str] = field(default_factory=dict[str, str])
    extra: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def target(self) -> Any:
        return self.adapter or self.callable

    @property
    def missing(self) -> str:
        """Why the package cannot be examined here; empty if it can."""
        try:
            version(self.name)
            import_module(self.callable.partition(":")[0])
        except PackageNotFoundError:
            return f"{self.name} is not installed"
        except (ImportError, RuntimeError) as error:
            return f"{self.name} cannot be imported: {str(error).splitlines()[0]}"
        return ""

    def declared(self, cases: Iterable[Case] | None = None) -> Report:
        options = {"isolate": False, "deviations": self.deviations, "cases": cases} | self.options
        return emd_conformance.run(self.target, **options)

    def undeclared(self) -> Report:
        rest = {name: value for name, value in self.options.items() if name not in self.without}
        return emd_conformance.run(self.target, isolate=False, **{"classes": SMALL} | rest | self.extra)

    @property
    def command(self) -> str:
        if self.adapter is not None:
            return f"(`{self.adapter.__name__}` in tests/benchmarks/package_adapters.py) {_flags(self.options)}".strip()
        return f"`emd-conformance run {quote(self.callable)} {_flags(self.options)}`"


def _flags(options: dict[str, Any]) -> str:
    words = []
    for name, value in options.items():
        if name == "batched":
            words.append("--unbatched")
        elif name == "classes":
            words.append("--classes " + ",".join(map(str, value)))
        else:
            words.append(f"--{name.replace('_', '-')} {quote(str(value))}")
    return " ".join(words)


DLORDINAL = {"input": "logits", "reduction": "mean", "array": "torch", "grad": "autograd"}
DEVIATES = "conforms-with-declared-deviations"
OVERFLOWS = {"positions/overflow:value": "an intermediate result overflows where positions are 2e308 apart"}
PACKAGES = (
    Package(
        "dlordinal",
        "dlordinal.losses:EMDLoss(num_classes=C)",
        DLORDINAL | {"target": "labels"},
        ("input",),
        note="labels of shape (B, 1) are broadcast silently: pass (B,)",
        finding='input="logits"',
    ),
    Package(
        "dlordinal",
        "dlordinal.losses:EMDLoss(num_classes=C)",
        DLORDINAL,
        ("reduction",),
        note="the result is a mean over the batch",
        finding="reduction='mean'",
    ),
    Package(
        "dlordinal",
        "dlordinal.metrics:ranked_probability_score",
        {"target": "labels", "order": "target-first", "reduction": "mean"},
        ("reduction",),
        note="label -1 counts as +1; normalisation is not checked",
        finding="reduction='mean'",
    ),
    Package(
        "scoringrules",
        "scoringrules:rps_score",
        {"call": "t, p, onehot=True"},
        ("call",),
        note="the target is the first argument",
        finding="target='labels-from-1', order='target-first'",  # the other calling convention of rps_score
    ),
    Package(
        "scoringrules",
        "scoringrules:rps_score",
        {"call": "k, p", "target": "labels-from-1"},
        ("target",),
        extra={"target": "labels"},
        note="label 0 and labels above C are silently taken as no class",
        finding='target="labels-from-1"',
    ),
    Package(
        "scipy",
        "scipy.stats:energy_distance",
        ONE | {"computes": "sqrt(2*E)"},
        ("computes",),
        deviations=OVERFLOWS,
        verdict=DEVIATES,
        note="weights are renormalised silently",
        finding="computes='sqrt(2*E)'",
    ),
    Package(
        "scipy",
        "scipy.stats:wasserstein_distance",
        ONE | {"computes": "W1"},
        ("computes",),
        note="weights are renormalised silently",
        finding="computes='W1'",
    ),
    Package(
        "POT",
        "ot:emd2_1d",
        ONE | {"call": 'x, x, p, t, metric="euclidean"', "computes": "W1"},
        ("computes",),
        note="with its default metric, the squared 2-Wasserstein distance",
        finding="computes='W1'",
    ),
    Package(
        "POT",
        "ot:emd2_1d",
        ONE,
        verdict="does-not-conform",
        note="the squared 2-Wasserstein distance, a different function that POT calls squared EMD",
        finding="w2-for-l2",
    ),
    Package(
        "POT",
        "ot:wasserstein_1d",
        ONE | {"call": "x, x, p, t, p=1", "computes": "W1"},
        ("computes",),
        deviations=OVERFLOWS,
        verdict=DEVIATES,
        note="p=2 is the squared 2-Wasserstein distance",
        finding="computes='W1'",
    ),
    Package(
        "geomloss",
        'geomloss:SamplesLoss("energy")',
        {"batched": False, "ground": "positions", "array": "torch", "grad": "autograd"},
        adapter=adapters.geomloss_energy,
        verdict="does-not-conform",
        note="its distance from a point to itself is 1e-4, not 0; this lowers E by ½ 1e-4 Σ (p - t)²",
        finding="distance-to-itself",
    ),
    Package(
        "geomloss",
        'geomloss:SamplesLoss("energy")',
        {"batched": False, "ground": "positions", "array": "torch", "grad": "autograd"},
        adapter=adapters.geomloss_energy_in_small_units,
        deviations=OVERFLOWS,
        verdict=DEVIATES,
        note="with positions in units of 2^-100, that 1e-4 is lost to rounding, and value and gradient are right",
    ),
    Package(
        "geomloss",
        'geomloss:SamplesLoss("sinkhorn", p=1, blur=.01)',
        {"batched": False, "ground": "positions", "array": "torch", "classes": SMALL},
        adapter=adapters.geomloss_sinkhorn,
        verdict="does-not-conform",
        note="neither E nor W1: entropic regularisation changes the value",
    ),
    Package(
        "torchmetrics",
        "torchmetrics:continuous_ranked_probability_score",
        {"target": "labels", "array": "torch", "reduction": "mean", "dtype": "float16", "compute_dtype": "float64"},
        ("reduction",),
        adapter=adapters.torchmetrics_crps,
        note="probabilities can be given only as replicated ensemble members",
        deviations={
            f"mass/labels-float16-{C}:value": "its samples have different sums, and so different numbers of members"
            for C in (3, 10)
        },
        verdict=DEVIATES,
        finding="reduction='mean'",
    ),
    Package(
        "penaltyblog",
        "penaltyblog.metrics:rps_array",
        {"target": "labels", "computes": "E/(C-1)"},
        ("computes",),
        note="normalised by C - 1",
        deviations={"layout/labels-read-only-4:value": "it refuses arrays that cannot be written to"},
        verdict=DEVIATES,
        finding="computes='E/(C-1)'",
    ),
    Package(
        "properscoring",
        "properscoring:crps_ensemble",
        {"batched": False, "ground": "positions", "target": "labels", "call": "x[k], x, p"},
        note="the classes are the members of an ensemble, p their weights; without numba it loses 15 digits",
    ),
    Package(
        "xskillscore",
        "xskillscore:rps",
        {},
        adapter=adapters.xskillscore_rps,
        note="without dim=[], the result is a mean over the batch",
    ),
    Package(
        "condor-pytorch",
        "condor_pytorch.metrics:earth_movers_distance",
        {"target": "labels", "computes": "W1", "array": "torch", "dtype": "float32"},
        ("computes",),
        adapter=adapters.condor_emd,
        note="the EMD on a line; not the squared EMD. Probabilities become its C - 1 conditional logits, in float64",
        finding="computes='W1'",
    ),
    Package(
        "scores",
        "scores.probability:crps_cdf",
        {"ground": "positions", "target": "labels", "batched": False},
        adapter=adapters.scores_crps_cdf,
        verdict="does-not-conform",
        note="its distribution function is linear between the positions, so that this is another function",
    ),
    Package(
        "ntloss",
        "ntloss:NTLoss",
        {"input": "logits", "target": "labels", "computes": "W1", "array": "torch", "grad": "autograd"}
        | {"classes": (2, 3, 4, 5, 10)},
        ("computes",),
        adapter=adapters.ntloss,
        note="with reweigh=False, the EMD on a line of the logits of the digits; not the squared EMD",
        finding="computes='W1'",
    ),
    Package(
        "coral-pytorch",
        "coral_pytorch.losses:coral_loss",
        {"input": "cumulative-logits", "target": "labels", "array": "torch", "classes": SMALL},
        adapter=adapters.coral_loss,
        verdict="does-not-conform",
        note="C - 1 binary cross-entropies: another function",
    ),
)
