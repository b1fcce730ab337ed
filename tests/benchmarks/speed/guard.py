"""A guard against slower code: it compares the speed of emd_ref over naive code with a stored ratio."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from benchmarks.speed import contenders
from benchmarks.speed.cases import Case, called
from benchmarks.speed.timing import interleaved

STORED = Path(__file__).with_name("guard.json")
WATCHED = (Case((100_000, 10), "float32"), Case((100_000, 10), "float64"), Case((2000, 1000), "float64"))
ALLOWED = 1.5  # a ratio may fall by this factor; the noise of a shared machine is smaller
SECONDS = 4.0  # for each case


def ratios() -> dict[str, float]:
    """Return by which factor emd_ref, with its value checks, is faster than naive code for value and gradient."""
    found = {}
    for case in WATCHED:
        own, naive = (
            next(c.call for c in source(case) if c.quantity == "gradient" and c.name == name)
            for source, name in (
                (contenders.reference, "emd_ref, NumPy, checked"),
                (contenders.naive_numpy, "naive NumPy"),
            )
        )
        own(), naive()
        times = interleaved({"own": own, "naive": naive}, time.monotonic() + SECONDS, least=5)
        found[f"{called(*case.shape)} {case.dtype}"] = float(np.median(times["naive"] / times["own"]))
    return found


def slower(found: Mapping[str, float], stored: Mapping[str, float]) -> list[str]:
    """Return the cases whose ratio fell by more than ALLOWED; the measured and the stored cases must be the same."""
    if found.keys() != stored.keys():
        raise ValueError(f"measured {sorted(found)}, stored {sorted(stored)}")
    return [name for name in found if found[name] * ALLOWED < stored[name]]


def guard(say: Callable[[str], None], store: bool = False) -> int:
    """Return the exit status: 1 if emd_ref has become slower in any case."""
    found = ratios()
    if store:  # the median of three, because single ratios vary by a fifth
        three = [found, ratios(), ratios()]
        found = {name: float(np.median([x[name] for x in three])) for name in found}
        text = json.dumps({name: round(ratio, 2) for name, ratio in found.items()}, ensure_ascii=False, indent=1)
        STORED.write_text(text + "\n", encoding="utf-8")
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    if slower(found, stored):  # measure again: other processes may have disturbed one of the two calls more
        again = ratios()
        found = {name: max(ratio, again[name]) for name, ratio in found.items()}
    late = slower(found, stored)
    for name, ratio in found.items():
        verdict = "too slow" if name in late else "fine"
        say(f"{name}: {ratio:.2f} times faster than naive, stored {stored[name]:.2f}: {verdict}")
    return 1 if late else 0
