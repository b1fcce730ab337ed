"""Examine the losses of published packages and write a table of the verdicts.

Run as `python tests/benchmarks/real_packages.py [FILE]`. Each loss is examined with its full declaration, and once more
without the convention in question, to see whether the diagnosis names that convention.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from math import ceil, log10
from pathlib import Path
from shlex import quote
from typing import Any

import emd_conformance
from emd_conformance import Report

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

    def declared(self) -> Report:
        return emd_conformance.run(self.target, isolate=False, deviations=self.deviations, **self.options)

    def undeclared(self) -> Report:
        rest = {name: value for name, value in self.options.items() if name not in self.without}
        return emd_conformance.run(self.target, isolate=False, **{"classes": SMALL} | rest | self.extra)

    @property
    def command(self) -> str:
        if self.adapter is not None:
            return f"(`{self.adapter.__name__}` in tests/benchmarks/real_packages.py) {_flags(self.options)}".strip()
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


def geomloss_energy(p: Any, t: Any, x: Any) -> Any:
    """Energy distance of geomloss, which takes one column of positions for each of the two measures."""
    from geomloss import SamplesLoss

    return SamplesLoss("energy")(p, x[:, None], t, x[:, None])


def geomloss_energy_in_small_units(p: Any, t: Any, x: Any) -> Any:
    """The energy distance with scaled positions: beside distances of 2^100, one of 1e-4 is lost to rounding."""
    unit = 2.0**-100
    return geomloss_energy(p, t, x / unit) * unit


def geomloss_sinkhorn(p: Any, t: Any, x: Any) -> Any:
    from geomloss import SamplesLoss

    return SamplesLoss("sinkhorn", p=1, blur=0.01)(p, x[:, None], t, x[:, None])


def torchmetrics_crps(p: Any, k: Any) -> Any:
    """The CRPS of an ensemble: a probability becomes a number of members, so only eighths are represented."""
    import torch
    from torchmetrics.functional.regression import continuous_ranked_probability_score as crps

    members = 2**11
    counts = (p * members).to(torch.int64)
    rows = [torch.repeat_interleave(torch.arange(p.shape[1], dtype=torch.float64), n) for n in counts]
    return crps(torch.stack(rows), k.to(torch.float64))


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
        adapter=geomloss_energy,
        verdict="does-not-conform",
        note="its distance from a point to itself is 1e-4, not 0; this lowers E by ½ 1e-4 Σ (p - t)²",
        finding="distance-to-itself",
    ),
    Package(
        "geomloss",
        'geomloss:SamplesLoss("energy")',
        {"batched": False, "ground": "positions", "array": "torch", "grad": "autograd"},
        adapter=geomloss_energy_in_small_units,
        deviations=OVERFLOWS,
        verdict=DEVIATES,
        note="with positions in units of 2^-100, that 1e-4 is lost to rounding, and value and gradient are right",
    ),
    Package(
        "geomloss",
        'geomloss:SamplesLoss("sinkhorn", p=1, blur=.01)',
        {"batched": False, "ground": "positions", "array": "torch", "classes": SMALL},
        adapter=geomloss_sinkhorn,
        verdict="does-not-conform",
        note="neither E nor W1: entropic regularisation changes the value",
    ),
    Package(
        "torchmetrics",
        "torchmetrics:continuous_ranked_probability_score",
        {"target": "labels", "array": "torch", "reduction": "mean", "dtype": "float16", "compute_dtype": "float64"},
        ("reduction",),
        adapter=torchmetrics_crps,
        note="probabilities can be given only as replicated ensemble members",
        finding="reduction='mean'",
    ),
)


def grade(report: Report) -> str:
    """Return how many decimal digits are lost compared with subtracting first and then summing."""
    grades = [r.grade for r in report.examined if r.status == "pass" and r.quantity == "value"]
    if not grades or report.verdict not in ("conforms", DEVIATES):
        return "—"
    return (
        "full"
        if max(grades) <= 1
        else "none where p is near t"
        if max(grades) > 1e15
        else f"-{ceil(10 * log10(max(grades))) / 10} digits"
    )


def said(package: Package, declared: Report) -> str:
    """Return the verdict and the findings without the declaration."""
    report = package.undeclared() if package.without else declared
    findings = [f"{f.kind} {f.id}" for f in report.findings if f.kind != "advice"]
    return f"{report.verdict}; {'; '.join(findings)}" if findings else report.verdict


def rows(before: list[str]) -> Iterator[str]:
    """Yield the rows of the table; a package that cannot be examined here keeps its row from `before`."""
    for package in PACKAGES:
        if package.missing:
            cells = [package.name, "", f"`{package.callable}`", package.command, f"not examined: {package.missing}"]
            kept = [line for line in before if line.startswith(f"| {package.name} |") and package.command in line]
            yield from kept or ["| " + " | ".join([*cells, "", "", "", "", package.note]) + " |"]
            continue
        report = package.declared()
        failed = sum(result.failed for result in report.examined)
        checks = f"{len(report.examined)}" + (f", {failed} wrong" if failed else "")
        cells = [package.name, version(package.name), f"`{package.callable}`", package.command, report.verdict]
        yield (
            "| "
            + " | ".join([*cells, report.function, checks, grade(report), said(package, report), package.note])
            + " |"
        )


HEAD = """# Verdicts on published packages

Written by `python tests/benchmarks/real_packages.py docs/packages.md` on {today}, with vectors v{vectors}. Some
packages cannot be imported together. They are examined in separate environments: the command keeps the rows of packages
that it cannot import. A verdict holds only for the version, the declaration and the function in its row: not every
loss that conforms to its declaration is the squared EMD. The column "undeclared" shows what the suite reports when the
convention in question is not declared.

| package | version | callable | declaration | verdict | as | checks | accuracy | undeclared | advice |
|---|---|---|---|---|---|---|---|---|---|
"""


def main() -> None:
    head = HEAD.format(today=date.today().isoformat(), vectors=emd_conformance.SUITE_VERSION)
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    before = file.read_text(encoding="utf-8").splitlines() if file and file.exists() else []
    text = head + "\n".join(rows(before)) + "\n"
    if file is not None:
        file.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
