"""Finds the hypothesis that explains wrong gradients where all values are right."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import isfinite
from typing import TypeAlias

from emd_conformance import _exact
from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._declaration.sample import Sample
from emd_conformance._diagnosis import gradient_formulas
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._diagnosis.formulas import centred
from emd_conformance._diagnosis.gradient_formulas import Chain, Free, Parts, Rows, right, through_softmax
from emd_conformance._diagnosis.hypothesis import LARGEST, MISLEADING
from emd_conformance._diagnosis.misreadings import softmax
from emd_conformance._exact.numbers import fractions
from emd_conformance._judging.quantities import exact
from emd_conformance._judging.result import Finding

Guess: TypeAlias = Callable[[list[Sample]], Rows]
ENOUGH = 3  # wrong gradients that a hypothesis must explain
HIDDEN = MISLEADING | {"root-gradient-nan"}  # flags of cases whose gradients do not show the formula


def explain_gradients(caller: Caller, cases: Sequence[Case]) -> Finding | None:
    """Return the finding that explains the gradients of these cases, all of which are wrong."""
    received = [(caller.samples(case), _ask(caller, case)) for case in cases if case.classes <= LARGEST]
    numbers = [x for _, rows in received for row in rows for x in row]
    if not all(map(isfinite, numbers)):
        return finding("gradient-not-finite")
    if numbers and not any(numbers):
        return finding("gradient-detached")
    compared: list[tuple[list[Sample], Rows]] = []
    for samples, rows in received:
        case = samples[0].case
        if rows and case.classes > 1 and not HIDDEN & set(case.flags):
            compared.append((samples, list(map(fractions, rows))))
    for name, guess in _guesses(caller) if len(compared) >= ENOUGH else ():
        if all(_matches(caller, rows, guess(samples), name) for samples, rows in compared):
            return finding(name, f"this explains all {len(compared)} wrong gradients that were compared")
    return None


def _ask(caller: Caller, case: Case) -> list[list[float]]:
    try:
        return caller.gradients(case)
    except Exception:  # the check of the case has reported it
        return []


def _guesses(caller: Caller) -> Iterator[tuple[str, Guess]]:
    """Yield the hypotheses, each of which differs from the right gradient in one respect."""
    declared, logits = caller.declared, caller.declared.input == "logits"
    if declared.expression.names != {"E"} or declared.input not in ("probabilities", "logits"):
        return
    chain = through_softmax if logits else lambda p, g: g
    yield "gradient-low-precision", _each(right, chain)
    yield "gradient-reduction", _each(right, chain)
    on_a_line = gradient_formulas.ON_A_LINE if declared.ground in ("line", "positions") else {}
    for name, free in (gradient_formulas.FREE | on_a_line).items():
        yield name, _each(free, chain)
    for wrong_chain in gradient_formulas.WRONG_SOFTMAX_GRADIENTS if logits else ():
        yield "gradient-wrong-softmax", _each(right, wrong_chain)
    for name, change in gradient_formulas.OF_BATCH.items():
        yield name, _each(right, chain, change)


def _each(free: Free, chain: Chain, change: Callable[[Rows], Rows] = lambda rows: rows) -> Guess:
    """Return the hypothesis that every sample has the same formula, and that the batch is then changed."""
    return lambda samples: change([chain(m.p, free(m)) for m in map(_parts, samples)])


def _parts(sample: Sample) -> Parts:
    p, t = fractions(sample.x), fractions(sample.target)
    if sample.declared.input == "logits":
        p = softmax(p)
    g = _exact.squared_emd.gradient(p, t, sample.ground)
    evaluated = sample.declared.expression.evaluate({"E": exact(sample, "E")}, sample.parameters)
    return Parts(p, t, g, evaluated.slopes["E"].middle)


def _matches(caller: Caller, rows: Rows, guessed: Rows, name: str) -> bool:
    """Tell whether rows are the gradients of a hypothesis; those of a mean are divided by the batch size."""
    N = len(rows) if caller.declared.reduction == "mean" else 1
    factors = {1, len(rows)} - {N} if name == "gradient-reduction" else {N}
    return any(_close(caller, [[f * x for x in row] for row in rows], guessed, name) for f in factors)


def _close(caller: Caller, rows: Rows, guessed: Rows, name: str) -> bool:
    unit = 2.0**-24 if name == "gradient-low-precision" else caller.declared.precision.unit
    if caller.declared.input == "probabilities":
        rows, guessed = list(map(centred, rows)), list(map(centred, guessed))
    size = max((abs(x) for row in guessed for x in row), default=Fraction(0))
    room = Fraction(unit) * 64 * len(guessed[0]) * (size + 1)
    pairs = [(a, b) for x, y in zip(rows, guessed, strict=True) for a, b in zip(x, y, strict=True)]
    return all(abs(a - b) <= room for a, b in pairs)
