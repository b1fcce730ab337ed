"""The vectors as files of doubles: JSON, or CSV with one number a line. Every double is decimal and hexadecimal."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any, Literal, TypeAlias

from emd_conformance._cases.case import Case
from emd_conformance._cases.load import SUITE_VERSION, vectors
from emd_conformance._export.doubles import answers

Format: TypeAlias = Literal["json", "csv"]
Line: TypeAlias = tuple[str, int, str, int, float]
ABOUT = (
    "id",
    "since",
    "clauses",
    "comment",
    "flags",
    "needs",
    "dtypes",
    "input",
    "classes",
    "shape",
    "passed",
    "invalid",
)
NUMBERS = ("exponent", "bias", "weight")


def export(folder: Path, form: Format, group: str | None = None) -> list[Path]:
    """Write all cases, or those of a group, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return (_json if form == "json" else _csv)(folder, vectors(group))


def _json(folder: Path, cases: Sequence[Case]) -> list[Path]:
    path = folder / "cases.json"
    lines = ",\n".join(json.dumps(_entry(case), ensure_ascii=False) for case in cases)
    path.write_text(f'{{"suite": "{SUITE_VERSION}", "cases": [\n{lines}\n]}}\n', encoding="utf-8")
    return [path]


def _entry(case: Case) -> dict[str, Any]:
    entry: dict[str, Any] = {name: getattr(case, name) for name in ABOUT if getattr(case, name)}
    entry |= {name: getattr(case, name) for name in NUMBERS}
    entry["ground"] = {"kind": case.ground.kind} | _both(_ground(case))
    entry |= _both({"predicted": case.predicted} | ({"target": case.target} if case.target is not None else {}))
    if case.labels is not None:
        entry["labels"] = case.labels
    for name in case.expected:
        known = answers(case, name)
        entry[name] = _both({"value": known.value}) | {"bound": _words(known.bounds)}
        if known.gradient:
            entry[name] |= _both({"gradient": known.gradient}) | {"gradient_bound": _words(known.gradient_bounds)}
    return entry


def _ground(case: Case) -> dict[str, Any]:
    """Return the positions, or the parents and lengths, or the rows of the matrix."""
    return {name: value for name, value in asdict(case.ground).items() if value is not None}


def _both(members: dict[str, Any]) -> dict[str, Any]:
    """Return members, and beside those of floating-point numbers the same numbers as hexadecimal."""
    result: dict[str, Any] = {}
    for name, value in members.items():
        result[name] = _words(value)
        if name != "parents":
            result[f"{name}_hex"] = _hex(value)
    return result


def _words(x: Any) -> Any:
    """Return numbers, with strings for what JSON does not have."""
    if isinstance(x, dict):
        return {name: _words(part) for name, part in x.items()}
    if isinstance(x, list | tuple):
        return [_words(part) for part in x]
    return x if isinstance(x, int | str) or isfinite(x) else str(x)


def _hex(x: Any) -> Any:
    return [_hex(part) for part in x] if isinstance(x, list | tuple) else float(x).hex()


def _csv(folder: Path, cases: Sequence[Case]) -> list[Path]:
    paths = [folder / "cases.csv", folder / "numbers.csv"]
    with paths[0].open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*ABOUT, "ground", "samples", *NUMBERS])
        writer.writerows(_about(case) for case in cases)
    with paths[1].open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "sample", "name", "class", "decimal", "hexadecimal"])
        for case in cases:
            writer.writerows((*line, float(line[-1]).hex()) for line in _lines(case))
    return paths


def _about(case: Case) -> list[Any]:
    """Return the fields of a case; lists are joined by spaces."""
    fields = [getattr(case, name) for name in ABOUT]
    words = [" ".join(map(str, x)) if isinstance(x, tuple) else x for x in fields]
    return [*words, case.ground.kind, len(case.predicted), *(getattr(case, name) for name in NUMBERS)]


def _lines(case: Case) -> Iterator[Line]:
    """Return the numbers of a case; `sample` and `class` are row and column, and -1 where there is none."""
    for name, value in _ground(case).items():
        yield from _matrix(case, name, value) if name == "rows" else _row(case, -1, name, value)
    yield from _matrix(case, "predicted", case.predicted)
    yield from _matrix(case, "target", case.target or ())
    yield from _column(case, "label", case.labels or ())
    for name in case.expected:
        known = answers(case, name)
        yield from _column(case, name, known.value)
        for dtype, bounds in known.bounds.items():
            yield from _column(case, f"{name} bound {dtype}", bounds)
        yield from _matrix(case, f"{name} gradient", known.gradient)
        for dtype, rows in known.gradient_bounds.items():
            yield from _matrix(case, f"{name} gradient bound {dtype}", rows)


def _matrix(case: Case, name: str, rows: Sequence[Sequence[float]]) -> Iterator[Line]:
    for i, row in enumerate(rows):
        yield from _row(case, i, name, row)


def _row(case: Case, i: int, name: str, row: Sequence[float]) -> Iterator[Line]:
    return ((case.id, i, name, j, x) for j, x in enumerate(row))


def _column(case: Case, name: str, values: Sequence[float]) -> Iterator[Line]:
    return ((case.id, i, name, -1, x) for i, x in enumerate(values))
