"""Finds the hypothesis that explains wrong gradients where all values are right."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import isfinite
from typing import TypeAlias

from emd_conformance import _exact
from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._declaration.sample import Sample
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._diagnosis.formulas import Vector
from emd_conformance._diagnosis.gradient_formulas import (
    FREE,
    ON_A_LINE,
    WRONG_SOFTMAX_GRADIENTS,
    Free,
    Parts,
    batch_mean,
    first_only,
    through_softmax,
    unit_length,
)
from emd_conformance._diagnosis.hypothesis import LARGEST, MISLEADING
from emd_conformance._diagnosis.misreadings import softmax
from emd_conformance._exact.numbers import fractions
from emd_conformance._judging.quantities import exact
from emd_conformance._judging.result import Finding

Rows: TypeAlias = list[Vector]
Guess: TypeAlias = Callable[[list[Sample]], Rows]
ENOUGH = 3  # wrong gradients that a hypothesis must explain


def explain_gradients(caller: Caller, cases: Sequence[Case]) -> Finding | None:
    """Return the finding that explains the gradients of these cases, all of which are wrong."""
    answers = [(caller.samples(case), _ask(caller, case)) for case in cases if case.classes <= LARGEST]
    received = [(samples, rows) for samples, rows in answers if rows]
    if any(not isfinite(x) for _, rows in received for row in rows for x in row):
        return finding("gradient-not-finite")
    if received and not any(x for _, rows in received for row in rows for x in row):
        return finding("gradient-detached")
    clear = [(samples, rows) for samples, rows in received if _is_clear(samples)]
    compared: list[tuple[list[Sample], Rows]] = [(samples, list(map(fractions, rows))) for samples, rows in clear]
    for name, guess in _guesses(caller) if len(compared) >= ENOUGH and _covered(caller) else ():
        if all(_matches(caller, rows, guess(samples), name) for samples, rows in compared):
            return finding(name, f"this explains all {len(compared)} wrong gradients that were compared")
    return None


def _ask(caller: Caller, case: Case) -> list[list[float]]:
    try:
        return caller.gradients(case)
    except Exception:  # the check of the case has reported it
        return []


def _covered(caller: Caller) -> bool:
    return caller.declared.expression.names == {"E"} and caller.declared.input in ("probabilities", "logits")


def _is_clear(samples: list[Sample]) -> bool:
    """Tell whether the gradient shows the formula: not at a root of 0, nor where p and t nearly agree."""
    case = samples[0].case
    return case.classes > 1 and not {*MISLEADING, "root-gradient-nan"} & set(case.flags)


def _guesses(caller: Caller) -> Iterator[tuple[str, Guess]]:
    """Yield the hypotheses, each of which differs from the right gradient in one respect."""
    chain = through_softmax if caller.declared.input == "logits" else lambda p, g: g
    formulas = FREE | (ON_A_LINE if caller.declared.ground in ("line", "positions") else {})
    yield "gradient-low-precision", _each(_right, chain)
    yield "gradient-reduction", _each(_right, chain)
    for name, free in formulas.items():
        yield name, _each(free, chain)
    for wrong in WRONG_SOFTMAX_GRADIENTS if caller.declared.input == "logits" else ():
        yield "gradient-wrong-softmax", _each(_right, wrong)
    yield "gradient-batch-mean", lambda samples: batch_mean(_each(_right, chain)(samples))
    yield "gradient-first-sample", lambda samples: first_only(_each(_right, chain)(samples))
    yield "gradient-unit-length", lambda samples: [unit_length(row) for row in _each(_right, chain)(samples)]


def _right(m: Parts) -> Vector:
    return [m.slope * x for x in m.g]


def _each(free: Free, chain: Callable[[Vector, Vector], Vector]) -> Guess:
    """Return the hypothesis that every sample has the same formula."""

    def guess(samples: list[Sample]) -> Rows:
        made = [_parts(sample) for sample in samples]
        return [chain(m.p, free(m)) for m in made]

    return guess


def _parts(sample: Sample) -> Parts:
    p, t = fractions(sample.x), fractions(sample.target)
    if sample.declared.input == "logits":
        p = softmax(p)
    ground = sample.ground
    g = _exact.squared_emd.gradient(p, t, ground)
    evaluated = sample.declared.expression.evaluate({"E": exact(sample, "E")}, sample.parameters)
    return Parts(p, t, g, evaluated.slopes["E"].middle)


def _matches(caller: Caller, rows: Rows, guessed: Rows, name: str) -> bool:
    """Tell whether rows are the gradients of a hypothesis; those of a mean are divided by the batch size."""
    N = len(rows) if caller.declared.reduction == "mean" else 1
    divided = name != "gradient-reduction"
    factors = {N} if divided else {1, len(rows)} - {N}
    return any(_close(caller, [[f * x for x in row] for row in rows], guessed, name) for f in factors)


def _close(caller: Caller, rows: Rows, guessed: Rows, name: str) -> bool:
    unit = 2.0**-24 if name == "gradient-low-precision" else caller.declared.precision.unit
    if caller.declared.input == "probabilities":
        rows, guessed = list(map(_centred, rows)), list(map(_centred, guessed))
    size = max((abs(x) for row in guessed for x in row), default=Fraction(0))
    room = Fraction(unit) * 64 * len(guessed[0]) * (size + 1)
    pairs = [(a, b) for x, y in zip(rows, guessed, strict=True) for a, b in zip(x, y, strict=True)]
    return all(abs(a - b) <= room for a, b in pairs)


def _centred(g: Vector) -> Vector:
    return [x - sum(g, Fraction(0)) / len(g) for x in g]
