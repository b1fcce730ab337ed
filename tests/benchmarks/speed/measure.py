"""A block of measurements: all contenders on one shape and dtype, first checked, then timed."""

import gc
import importlib.util
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from benchmarks.speed import contenders, frameworks
from benchmarks.speed.cases import Case
from benchmarks.speed.contenders import QUANTITIES, Contender
from benchmarks.speed.timing import interleaved, quartiles
from benchmarks.speed.verify import Referee, WrongError

NEEDS: dict[Callable[[Case], Iterator[Contender]], tuple[str, ...]] = {
    contenders.reference: (),
    contenders.fused: ("numba",),
    contenders.naive_numpy: (),
    frameworks.torch_eager: ("torch", "dlordinal"),
    frameworks.torch_compiled: ("torch",),
    frameworks.jax_compiled: ("jax",),
    contenders.scoring: ("scoringrules",),
    contenders.loops: ("ot",),
}


def missing() -> list[str]:
    """Return the packages that are not installed; their contenders are left out."""
    wanted = {package for packages in NEEDS.values() for package in packages}
    return sorted(package for package in wanted if importlib.util.find_spec(package) is None)


def enter(case: Case, compiled: bool) -> list[Contender]:
    """Return all contenders whose packages are installed."""
    absent = set(missing())
    return [
        contender
        for source, packages in NEEDS.items()
        if not absent.intersection(packages) and (compiled or source is not frameworks.torch_compiled)
        for contender in source(case)
    ]


def block(case: Case, until: float, compiled: bool = True) -> dict[str, Any]:
    """Check all contenders on a case, then time them until time.monotonic() reaches `until`."""
    referee, right, wrong = Referee(case), [], []
    for contender in enter(case, compiled):
        try:
            referee.check(contender, contender.call())
            right.append(contender)
        except WrongError as error:
            wrong.append({"name": contender.name, "quantity": contender.quantity, "reason": str(error)})
    gc.collect()
    calls = {f"{c.quantity}/{c.name}": c.call for c in right}
    case.limit()
    times = interleaved({"limit": case.limit, **calls}, until)
    limit = times.pop("limit")
    scaled = [times[f"{c.quantity}/{c.name}"] * (case.shape[0] / c.rows if c.rows else 1) for c in right]
    return {
        "shape": list(case.shape),
        "dtype": case.dtype,
        "rounds": len(limit),
        "limit": quartiles(limit),
        "rows": [row for quantity in QUANTITIES for row in summary(quantity, right, scaled, limit)],
        "wrong": wrong,
    }


def summary(
    quantity: str, who: list[Contender], times: list[np.ndarray], limit: np.ndarray
) -> Iterator[dict[str, Any]]:
    """Yield quartiles of the times, and of their ratios within each round to the limit, naive form and best peer."""
    mine = [(c, x) for c, x in zip(who, times, strict=True) if c.quantity == quantity]
    naive = next((x for c, x in mine if c.kind == "naive"), None)
    peers = [(float(np.median(x)), c.name, x) for c, x in mine if c.kind == "peer"]
    best = min(peers, key=lambda peer: peer[:2], default=None)
    for c, x in mine:
        row = {"name": c.name, "quantity": quantity, "kind": c.kind, "seconds": quartiles(x)}
        row["limits"] = quartiles(x / limit)
        if c.rows:
            row["scaled_from"] = c.rows
        if naive is not None:
            row["naive_over"] = quartiles(naive / x)
        if best is not None:
            row["best_peer"], row["best_peer_over"] = best[1], quartiles(best[2] / x)
        yield row


def run(cases: list[Case], seconds: float, compiled: bool, say: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Yield a block for each case. Each gets its share of the remaining time; large cases get three shares.

    Libraries are loaded, and code is compiled for each dtype, before the first block, so that no case pays for it.
    """
    for dtype in sorted({case.dtype for case in cases}):
        for contender in enter(Case((2, 3), dtype), compiled=False):
            contender.call()
    end = time.monotonic() + seconds
    shares = [3.0 if case.shape[0] * case.shape[1] >= 5_000_000 else 1.0 for case in cases]
    for i, case in enumerate(cases):
        now = time.monotonic()
        found = block(case, now + max(0.0, end - now) * shares[i] / sum(shares[i:]), compiled)
        say(f"{case.shape} {case.dtype}: {found['rounds']} rounds, {time.monotonic() - now:.0f} s")
        yield found
