"""Whether the errors of answers are those of a narrower format, or of a rounding to decimals."""

from collections.abc import Iterator, Sequence
from math import isfinite

from emd_conformance._diagnosis.evidence import Answered, Evidence, Support, estimated
from emd_conformance._diagnosis.hypothesis import Hypothesis, Slack

NARROWER = {"float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
TOLERANCE = {"float32": 1e-5, "float16": 0.05, "bfloat16": 0.2}
SIMPLE = 16  # multiples of 1/16 are computed without a rounding in every format
SOME = 4  # of so many numbers that are rounded, at least one has an error
FEW = 4  # errors beyond those of the declared format


def narrower(evidence: Evidence, guess: Hypothesis, *names: str) -> tuple[str, Support] | None:
    """Return the widest of these formats whose roundings explain every answer, if there is one."""
    for name in names:
        unit = NARROWER[name]
        if (
            unit > evidence.unit
            and evidence.near(guess, evidence.probes, TOLERANCE[name])
            and _rounded(evidence, guess, unit)
        ):
            support = evidence.support(guess, Slack(unit, roundings=4), 0.1)
            if support.share >= 0.95:
                return name, support
    return None


def _rounded(evidence: Evidence, guess: Hypothesis, unit: float) -> bool:
    """Tell whether errors look like rounding: of both signs, in many numbers, and none where nothing is rounded."""
    pairs = [(a, estimated(guess, a)) for a in evidence.clear]
    numbers = [pair for a, guessed in pairs if guessed for pair in zip(a.received or [], guessed, strict=False)]
    errors = [(x - y) / max(64 * evidence.unit * (1 + abs(y)), unit * abs(y) / 1024) for x, y in numbers]
    positive, negative = sum(e > 1 for e in errors), sum(e < -1 for e in errors)
    if positive + negative < FEW or min(positive, negative) * 20 < positive + negative:
        return False
    simple = [(a, guessed) for a, guessed in pairs if _simple(a)]
    others = len(numbers) - sum(len(a.received or []) for a, _ in simple)
    if positive + negative < others / SOME:
        return False
    return all(guessed is not None and _relative(a, guessed, 8 * unit) for a, guessed in simple)


def _simple(answer: Answered) -> bool:
    """Tell whether a narrow format computes a case without rounding, but for a quotient or a root."""
    rows = [row for p, t, _, _ in answer.inputs.rows for row in (p, t)]
    is_probability = answer.inputs.samples[0].declared.input == "probabilities"
    return (
        is_probability and answer.case.classes <= 5 and all(x * SIMPLE == int(x * SIMPLE) for row in rows for x in row)
    )


def _relative(answer: Answered, guessed: Sequence[float], unit: float) -> bool:
    received = answer.received or []
    return len(received) == len(guessed) and all(
        abs(x - y) <= unit * abs(y) + 1e-15 for x, y in zip(received, guessed, strict=True)
    )


def decimals(evidence: Evidence) -> int | None:
    """Return the number of decimals to which every answer is rounded, if they are."""
    numbers = [x for a in evidence.answers if a.finite for x in a.received or []]
    for n in range(12):
        scale = 10.0**n
        if numbers and all(abs(x * scale - round(x * scale)) < 1e-4 for x in numbers):
            return n if any(round(x * scale) for x in numbers) else None
    return None


def rounded_to(evidence: Evidence, guess: Hypothesis, n: int) -> bool:
    """Tell whether every answer is that of a hypothesis, rounded to this number of decimals."""
    return evidence.near(guess, evidence.probes, 10.0 ** (3 - n)) and all(
        abs(x - y) < 10.0**-n for a in evidence.answers if a.finite for x, y in _paired(a, guess)
    )


def _paired(answer: Answered, guess: Hypothesis) -> Iterator[tuple[float, float]]:
    guessed = estimated(guess, answer)
    if guessed is None or len(guessed) != len(answer.received or []) or not all(map(isfinite, guessed)):
        yield 1.0, 0.0
    else:
        yield from zip(answer.received or [], guessed, strict=True)
