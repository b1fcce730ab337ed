"""Whether answers agree with those of a declaration: nearly, in floats, and within the error bounds."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import inf, isclose, isfinite

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.weighting import divisor
from emd_conformance._exact.interval import INFINITY, Interval
from emd_conformance._judging.allowed import allowed_values
from emd_conformance._judging.quantities import exact

NEAR = 1e-3  # an answer that is further from that of a declaration needs no exact comparison


def near(caller: Caller, case: Case, guesses: list[Declaration], received: Sequence[float]) -> list[Declaration]:
    """Return the declarations whose answers to a case are near those that were received."""
    if len(received) not in (1, len(case.predicted)) or not all(map(isfinite, received)):
        return []
    known = replace(caller.declared, computes="E/range")  # the samples then know every parameter
    samples = [replace(sample, declared=known) for sample in caller.samples(case)]
    names = {"E"} if samples[0].declared.input == "log-probabilities" else {*case.expected}
    names |= {name for guess in guesses for name in guess.expression.names & {"XE"}}
    numbers = [
        {name: float(x) for name, x in sample.parameters.items()}
        | {name: _estimate(exact(sample.standard, name)) for name in names}
        for sample in samples
    ]
    weights = [float(sample.weight) for sample in samples]
    return [guess for guess in guesses if _is_near(guess, case, numbers, weights, received)]


def _estimate(x: Interval) -> float:
    return inf if x == INFINITY else float(x.middle)


def _is_near(
    guess: Declaration, case: Case, numbers: list[dict[str, float]], weights: list[float], received: Sequence[float]
) -> bool:
    try:
        values = [w * guess.expression.estimate(row) for w, row in zip(weights, numbers, strict=True)]
    except (KeyError, ZeroDivisionError):
        return False
    if guess.batched and guess.reduction != "none":
        values = [sum(values) / float(divisor(guess, case, range(len(values))))]
    pairs = zip(values, received, strict=False)
    return len(values) == len(received) and all(isclose(x, y, rel_tol=NEAR, abs_tol=NEAR) for x, y in pairs)


def agrees(caller: Caller, case: Case, received: Sequence[float]) -> bool:
    """Tell whether the answers to a case are right under a declaration."""
    if obstacle(caller.declared, case, "value"):
        return False
    allowed = allowed_values(caller.samples(case), caller.declared, "any")
    pairs = zip(allowed, map(Fraction, received), strict=False)
    return len(allowed) == len(received) and all(a.ratio(x) <= 1 for a, x in pairs)
