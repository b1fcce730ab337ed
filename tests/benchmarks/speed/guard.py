"""A guard against slower code: emd_ref against the naive form in the same run, as a ratio to a stored ratio."""

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
ALLOWED = 1.5  # how many times smaller a ratio may be: noise of a shared machine stays below it
SECONDS = 4.0  # for each


def ratios() -> dict[str, float]:
    """How many times faster than the naive form value and gradient are, with their checks, as they come."""
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
    """What fell by more than is allowed; a case without a stored ratio, or the reverse, is an error."""
    if found.keys() != stored.keys():
        raise ValueError(f"measured {sorted(found)}, stored {sorted(stored)}")
    return [name for name in found if found[name] * ALLOWED < stored[name]]


def guard(say: Callable[[str], None], store: bool = False) -> int:
    """Exit status: 1 if something is slower than it was."""
    found = ratios()
    if store:  # the median of three, for each comes out higher or lower by a fifth
        three = [found, ratios(), ratios()]
        found = {name: float(np.median([x[name] for x in three])) for name in found}
        text = json.dumps({name: round(ratio, 2) for name, ratio in found.items()}, ensure_ascii=False, indent=1)
        STORED.write_text(text + "\n", encoding="utf-8")
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    if slower(found, stored):  # once more: whoever else uses the machine may have disturbed one of the two more
        again = ratios()
        found = {name: max(ratio, again[name]) for name, ratio in found.items()}
    late = slower(found, stored)
    for name, ratio in found.items():
        verdict = "too slow" if name in late else "fine"
        say(f"{name}: {ratio:.2f} times faster than naive, stored {stored[name]:.2f}: {verdict}")
    return 1 if late else 0
