"""Numbers that are found from the answers: a factor, and the number of a family of hypotheses.

A number is tried where it is round, solved for where it is not, and in both cases compared with further answers here;
the caller compares it with all of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite, log10
from typing import TypeAlias

from emd_conformance._declaration.expression import Expression, parse
from emd_conformance._diagnosis import reductions
from emd_conformance._diagnosis.changes import changed
from emd_conformance._diagnosis.evidence import Answered, Evidence, close
from emd_conformance._diagnosis.families import Family
from emd_conformance._diagnosis.hypothesis import UNDEFINED, Change, Hypothesis
from emd_conformance._diagnosis.scales import COMMON, FORMS, number, snapped, times
from emd_conformance._diagnosis.terms import NotComparedError

MANTISSAS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
FEW_MANTISSAS = (1.0, 2.0, 5.0)  # of small numbers
FIRST = 3  # answers that a number is solved from
STEPS = 40  # towards the number
Numbers: TypeAlias = list[float]
Curve: TypeAlias = Callable[[float], Numbers | None]  # from the number of a family to the answers


@dataclass(frozen=True)
class Form:
    """An expression and a reduction that a loss may have, and whether a factor is free."""

    changes: tuple[Change, ...]
    free: bool = False


def forms(evidence: Evidence, base: Hypothesis, free: Sequence[str]) -> list[Form]:
    """Return the forms that a base may have; those of a factor are without it."""
    length = {len(a.received or []) == len(a.case.predicted) for a in evidence.probes if len(a.case.predicted) > 1}
    names = [name for name in reductions.CONVENTIONS if length == {True} if name == "none"]
    names += [name for name in ("mean", "sum") if length == {False}]
    here = [Change(f"reduction={n!r}", {"reduce": reductions.CONVENTIONS[n]}) for n in names]
    reduces: list[tuple[Change, ...]] = [(c,) for c in here if c.fields["reduce"] is not base.reduce]
    if not names or len(reduces) < len(here):
        reduces = [(), *reduces]
    found = [Form(chosen) for chosen in reduces]
    if free and base.expression.names <= {"E", "W1"}:
        texts = [text for text in free if "W1" not in text or base.penalty is None]
        found += [Form((*chosen, _expression(parse(text))), free=True) for chosen in reduces for text in texts]
    return found


def _expression(expression: Expression) -> Change:
    return Change(f"computes={expression.text!r}", {"expression": expression})


def with_factor(evidence: Evidence, base: Hypothesis, tolerance: float = 0.0) -> Iterator[Hypothesis]:
    """Yield the hypotheses that the answers are a factor times a form of a base."""
    tolerance = max(tolerance, evidence.accuracy)
    received = [x for a in evidence.probes[:FIRST] for x in a.received or []]
    names = [_quantities(base, a) for a in evidence.probes[:FIRST]]
    for form in forms(evidence, base, FORMS):
        guess = changed(base, *form.changes)
        guessed = _answers(guess, evidence.probes[:FIRST], names)
        if form.free and guessed is not None and (c := _factor(received, guessed, tolerance)) is not None:
            yield from _scaled(base, form, c, tolerance)


def _scaled(base: Hypothesis, form: Form, c: float, tolerance: float) -> Iterator[Hypothesis]:
    """Yield the hypotheses of a factor: written shortly if it can be, else with all its digits."""
    if abs(c - 1) < max(tolerance, 1e-9):
        if form.changes[-1].fields["expression"].standard != base.expression.standard:
            yield changed(base, *form.changes)
        return
    text = form.changes[-1].fields["expression"].text
    for factor in [*snapped(c, tolerance), repr(c)]:
        yield changed(base, *form.changes[:-1], _expression(times(factor, text)))


def _factor(received: Numbers, guessed: Numbers, tolerance: float) -> float | None:
    """Return the one factor between two lists of numbers, if there is one."""
    if len(received) != len(guessed):
        return None
    y, h = max(zip(received, guessed, strict=True), key=lambda pair: abs(pair[1]), default=(0.0, 0.0))
    if not h or not y or not isfinite(y / h):
        return None
    c = y / h
    return c if close(received, [c * x for x in guessed], tolerance) else None


def _quantities(base: Hypothesis, answer: Answered) -> list[dict[str, float]] | None:
    try:
        return base.estimated_quantities(answer.inputs)
    except (*UNDEFINED, NotComparedError):
        return None


def _answers(
    guess: Hypothesis, probes: Sequence[Answered], names: Sequence[list[dict[str, float]] | None]
) -> Numbers | None:
    """Return the answers of a hypothesis to all probes, one after the other."""
    found: Numbers = []
    for probe, rows in zip(probes, names, strict=True):
        if rows is None:
            return None
        try:
            found += guess.estimated(rows, probe.inputs.parameters)
        except UNDEFINED:
            return None
    return found if all(map(isfinite, found)) else None


def members(evidence: Evidence, base: Hypothesis, family: Family) -> Iterator[Hypothesis]:
    """Yield the hypotheses of a family that agree with the probes: with round numbers, then with others."""
    probes, tolerance = evidence.probes[:FIRST], evidence.accuracy
    received = [x for a in probes for x in a.received or []]
    table = [(x, _family_quantities(base, family, x, probes)) for x in _grid(family)]
    after = "after" in family.fields(family.end)
    for form in forms(evidence, base, () if after else COMMON):
        plain = changed(base, *form.changes)
        unchanged = _answers(plain, probes, [_quantities(base, probe) for probe in probes])

        def answers(x: float, rows: list[list[dict[str, float]] | None], p: Hypothesis = plain) -> Numbers | None:
            return _answers(replace(p, **family.fields(x)), probes, rows)

        values = [(x, answers(x, rows)) for x, rows in table]
        for x, guessed in values:
            if guessed is not None and x not in family.never and not _alike(guessed, unchanged, tolerance):
                yield from _members_at(base, family, form, x, received, guessed, tolerance)

        def curve(x: float, f: Callable[..., Numbers | None] = answers) -> Numbers | None:
            return f(x, _family_quantities(base, family, x, probes))

        for x in _roots(curve, values, received, form.free):
            guessed = curve(x)
            never = any(abs(x - n) < 1e-6 for n in family.never)
            if guessed is not None and not never and not _alike(guessed, unchanged, tolerance):
                yield from _members_at(base, family, form, x, received, guessed, max(tolerance, 1e-7))


def _alike(guessed: Numbers, unchanged: Numbers | None, tolerance: float) -> bool:
    """Tell whether a member of a family cannot be told from what it changes: it then explains nothing."""
    return unchanged is not None and close(guessed, unchanged, tolerance)


def _members_at(
    base: Hypothesis,
    family: Family,
    form: Form,
    x: float,
    received: Numbers,
    guessed: Numbers,
    tolerance: float,
) -> Iterator[Hypothesis]:
    c = _factor(received, guessed, tolerance) if form.free else None
    if c is None and (form.free or not close(received, guessed, tolerance)):
        return
    for text in [*snapped(x, tolerance), ""]:
        change = family.change(number(parse(text), {}) if text else x, text)
        if c is None:
            yield changed(base, *form.changes, change)
        else:
            yield from (changed(h, change) for h in _scaled(base, form, c, tolerance))


def _family_quantities(
    base: Hypothesis, family: Family, x: float, probes: Sequence[Answered]
) -> list[list[dict[str, float]] | None]:
    guess = replace(base, **family.fields(x))
    return [_quantities(guess, probe) for probe in probes]


def _grid(family: Family) -> list[float]:
    """Return the round numbers between the ends of a family."""
    decades = range(int(log10(family.start)) - 1, int(log10(family.end)) + 1)
    numbers = [float(f"{m}e{k}") for k in decades for m in (MANTISSAS if k > -4 else FEW_MANTISSAS)]
    return [x for x in sorted(numbers) if family.start <= x <= family.end]


def _roots(curve: Curve, values: Sequence[tuple[float, Numbers | None]], y: Numbers, free: bool) -> Iterator[float]:
    """Yield the numbers between those tried at which all answers are met, as far as a straight line can tell."""
    for (a, low), (b, high) in pairwise(values):
        if low is None or high is None or len(low) != len(y) or len(high) != len(y):
            continue
        at_a, at_b = _misses(low, y, free), _misses(high, y, free)
        ends = [(u, v) for u, v in zip(at_a, at_b, strict=True) if max(abs(u), abs(v)) > 1e-12]
        if not ends or any(u * v > 0 for u, v in ends):
            continue
        i = max(range(len(at_a)), key=lambda i: abs(at_a[i] - at_b[i]))
        x = a + (b - a) * at_a[i] / (at_a[i] - at_b[i])
        near = curve(x)
        if near is None:
            continue
        sizes = [max(abs(u), abs(v)) for u, v in zip(at_a, at_b, strict=True)]
        if all(abs(m) <= size / 2 + 1e-12 for m, size in zip(_misses(near, y, free), sizes, strict=True)):
            yield _root(lambda x, i=i: ((c := curve(x)) and _misses(c, y, free)[i]) or 0.0, (a, at_a[i]), (b, at_b[i]))  # type: ignore[misc]


def _misses(guessed: Numbers, y: Numbers, free: bool) -> Numbers:
    """Return how far the answers are from those received, which a free factor cannot change."""
    if not free:
        return [g - x for g, x in zip(guessed, y, strict=True)]
    return [g * y[0] - guessed[0] * x for g, x in zip(guessed[1:], y[1:], strict=True)]


def _root(miss: Callable[[float], float], low: tuple[float, float], high: tuple[float, float]) -> float:
    """Return the number between two where a function changes its sign: false position, halved where one end stays."""
    (a, u), (b, v), side = low, high, 0
    x = a
    for _ in range(STEPS):
        if abs(b - a) <= 1e-15 * abs(b) or u == v:
            break
        x = b - v * (b - a) / (v - u)
        w = miss(x)
        if w == 0:
            break
        if (w > 0) == (v > 0):
            b, v, u, side = x, w, u / 2 if side < 0 else u, -1
        else:
            a, u, v, side = x, w, v / 2 if side > 0 else v, 1
    return x
