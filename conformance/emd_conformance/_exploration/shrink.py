"""Smaller cases: fewer samples, one batch axis, fewer classes, simpler numbers."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from math import inf, isfinite
from time import perf_counter
from typing import Any

from emd_conformance._bounds.precision import convert
from emd_conformance._cases.case import Case, Row, rows_of
from emd_conformance._exact.grounds import Line, Matrix, Tree
from emd_conformance._exploration.rows import mass_error

SECONDS = 10.0
TRIES = 300


def smallest(case: Case, fails: Callable[[Case], bool]) -> Case:
    """Return a case that still fails, of which no simpler case was found to fail."""
    end, tries = perf_counter() + SECONDS, iter(range(TRIES))
    while True:
        simpler = (other for other in candidates(case) if complexity(other) < complexity(case))
        affordable = (other for other in simpler if next(tries, None) is not None and perf_counter() < end)
        found = next((other for other in affordable if fails(other)), None)
        if found is None:
            return case
        case = found


def complexity(case: Case) -> tuple[int, ...]:
    """Return the measure that shrinking reduces: samples, axes, an unusual layout, classes, digits."""
    rows = [*case.predicted, *(case.target or ())]
    digits = sum(part.bit_length() for row in rows for x in row if isfinite(x) for part in x.as_integer_ratio())
    return len(case.predicted), len(case.shape), len(case.passed), case.classes, digits


def candidates(case: Case) -> Iterator[Case]:
    """Yield cases that are simpler in one respect, the boldest first."""
    yield from _fewer_samples(case)
    if case.passed:
        yield replace(case, passed="")
    yield from _fewer_classes(case)
    yield from _simpler_numbers(case)


def _fewer_samples(case: Case) -> Iterator[Case]:
    N = len(case.predicted)
    flat = replace(case, shape=(), needs=tuple(need for need in case.needs if need != "batch-axes"))
    sizes = sorted({1, 2, N // 2, N - 1} & set(range(1, N)))
    for size in sizes:
        for first in range(0, N, max(size, N // 8)):
            yield rows_of(flat, range(first, min(first + size, N)))
    if case.shape:
        yield flat


def _fewer_classes(case: Case) -> Iterator[Case]:
    if isinstance(case.ground, Tree):
        return
    for classes in sorted({1, 2, 3, case.classes // 2, case.classes - 1} & set(range(1, case.classes))):
        if other := _with_classes(case, classes):
            yield other


def _with_classes(case: Case, classes: int) -> Case | None:
    """Return the case with the last classes joined into one; of logits, the last ones are left out."""
    ground = case.ground
    if isinstance(ground, Line) and ground.positions is not None:
        ground = Line(ground.positions[:classes])
    elif isinstance(ground, Matrix):
        ground = Matrix(tuple(row[:classes] for row in ground.rows[:classes]))
    logits, dtype = case.input == "logits", case.dtypes[0]
    predicted = [row[:classes] if logits else _joined(row, classes, dtype) for row in case.predicted]
    target = case.target and [_joined(row, classes, dtype) for row in case.target]
    if not all(predicted) or not all(target or ()) or not all(max(row) > -inf for row in predicted):
        return None
    labels = case.labels and tuple(min(k, classes - 1) for k in case.labels)
    rows: dict[str, Any] = {"predicted": tuple(predicted), "target": target and tuple(target), "labels": labels}
    return replace(case, classes=classes, ground=ground, **rows)


def _joined(row: Row, classes: int, dtype: str) -> Row:
    """Return a row whose last number is the mass of the last classes, or () if rounding moves its mass away from 1."""
    last = convert(float(sum(map(Fraction, row[classes - 1 :]))), dtype)
    return _kept(row, (*row[: classes - 1], last))


def _kept(row: Row, other: Row) -> Row:
    """Return the other row if its mass is no farther from 1, else ()."""
    return other if mass_error(other) <= mass_error(row) and min(other) >= 0 else ()


def _simpler_numbers(case: Case) -> Iterator[Case]:
    if len(case.predicted) * case.classes > 64:
        return
    for name in ("target", "predicted"):
        rows: tuple[Row, ...] = getattr(case, name) or ()
        simplify = _simpler_logits if name == "predicted" and case.input == "logits" else _simpler_row
        for i, row in enumerate(rows):
            for other in simplify(row):
                changed: Any = {name: (*rows[:i], other, *rows[i + 1 :])}
                yield replace(case, **changed)


def _simpler_row(row: Row) -> Iterator[Row]:
    """Yield the row with its numbers rounded to halves, quarters and so on; the largest takes what is left."""
    top = row.index(max(row))
    for bits in (0, 1, 2, 3, 6, 10, 20):
        other = [round(x * 2**bits) / 2**bits for x in row]
        other[top] = 0.0
        other[top] = 1 - sum(other)
        if kept := _kept(row, tuple(other)):
            yield kept


def _simpler_logits(row: Row) -> Iterator[Row]:
    for digits in (-3, -2, -1, 0, 1):
        yield tuple(convert(round(x, digits), "float16") if isfinite(x) else x for x in row)
    for j, x in enumerate(row):
        if x:
            yield (*row[:j], 0.0, *row[j + 1 :])
