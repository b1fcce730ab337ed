"""What explains wrong gradients of right values."""

from __future__ import annotations

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
    WRONG_CHAINS,
    Free,
    Ingredients,
    batch_mean,
    chained,
    first_only,
    unit_length,
)
from emd_conformance._diagnosis.hypothesis import LARGEST
from emd_conformance._diagnosis.misreadings import softmax
from emd_conformance._exact.numbers import fractions
from emd_conformance._judging.quantities import exact
from emd_conformance._judging.result import Finding

Rows: TypeAlias = list[Vector]
Guess: TypeAlias = Callable[[list[Sample]], Rows]
ENOUGH = 3


def explain_gradients(caller: Caller, cases: Sequence[Case]) -> Finding | None:
    """Return the finding for the cases whose gradient is wrong."""
    answers = [(caller.samples(case), _ask(caller, case)) for case in cases if case.classes <= LARGEST]
    received = [(samples, rows) for samples, rows in answers if rows]
    if any(not isfinite(x) for _, rows in received for row in rows for x in row):
        return finding("gradient-not-finite")
    if received and not any(x for _, rows in received for row in rows for x in row):
        return finding("gradient-detached")
    told: list[tuple[list[Sample], Rows]] = [(s, list(map(fractions, rows))) for s, rows in received if _telling(s)]
    for name, guess in _guesses(caller) if len(told) >= ENOUGH and _covered(caller) else ():
        if all(_matches(caller, rows, guess(samples), name) for samples, rows in told):
            return finding(name, f"this explains all {len(told)} wrong gradients that were compared")
    return None


def _ask(caller: Caller, case: Case) -> list[list[float]]:
    try:
        return caller.gradients(case)
    except Exception:  # the check of the case has reported it
        return []


def _covered(caller: Caller) -> bool:
    return caller.declared.expression.names == {"E"} and caller.declared.input in ("probabilities", "logits")


def _telling(samples: list[Sample]) -> bool:
    """Tell whether the case has a gradient to compare: not at a root of 0, nor where p and t nearly agree."""
    flags = {"near-equal", "overflow", "huge-logits", "root-gradient-nan"}
    return samples[0].case.classes > 1 and not flags & set(samples[0].case.flags)


def _guesses(caller: Caller) -> Iterator[tuple[str, Guess]]:
    """Yield the hypotheses: one thing differs from the right gradient."""
    chain = chained if caller.declared.input == "logits" else lambda p, g: g
    formulas = FREE | (ON_A_LINE if caller.declared.ground in ("line", "positions") else {})
    yield "gradient-low-precision", _each(_right, chain)
    yield "gradient-reduction", _each(_right, chain)
    for name, free in formulas.items():
        yield name, _each(free, chain)
    for wrong in WRONG_CHAINS if caller.declared.input == "logits" else ():
        yield "gradient-wrong-softmax", _each(_right, wrong)
    yield "gradient-batch-mean", lambda samples: batch_mean(_each(_right, chain)(samples))
    yield "gradient-first-sample", lambda samples: first_only(_each(_right, chain)(samples))
    yield "gradient-unit-length", lambda samples: [unit_length(row) for row in _each(_right, chain)(samples)]


def _right(m: Ingredients) -> Vector:
    return [m.slope * x for x in m.g]


def _each(free: Free, chain: Callable[[Vector, Vector], Vector]) -> Guess:
    """Return the guess that treats every sample alike."""

    def guess(samples: list[Sample]) -> Rows:
        made = [_ingredients(sample) for sample in samples]
        return [chain(m.p, free(m)) for m in made]

    return guess


def _ingredients(sample: Sample) -> Ingredients:
    p, t = fractions(sample.x), fractions(sample.target)
    if sample.declared.input == "logits":
        p = softmax(p)
    ground = sample.ground
    g = _exact.squared_emd.gradient(p, t, ground)
    evaluated = sample.declared.expression.evaluate({"E": exact(sample, "E")}, sample.parameters)
    return Ingredients(p, t, g, evaluated.slopes["E"].middle)


def _matches(caller: Caller, rows: Rows, guessed: Rows, name: str) -> bool:
    """Tell whether rows are the gradients of a hypothesis; a mean's are divided by their number."""
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
