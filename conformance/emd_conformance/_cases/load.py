"""Load the test vectors of the package: verify their checksums, and read their exact numbers."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from emd_conformance._cases.case import Case, Certificate, Row, rows_of
from emd_conformance._exact.grounds import Circle, Ground, Line, Matrix, Tree
from emd_conformance._exact.interval import INFINITY, Interval, enclose

SUITE_VERSION = "1"


def directory() -> Traversable:
    return files("emd_conformance") / "vectors" / f"v{SUITE_VERSION}"


@cache
def vectors(group: str | None = None) -> tuple[Case, ...]:
    """Return all cases, or those of one group, in the order of the manifest.

    Parameters
    ----------
    group : str, optional
        The part of the ids before the slash.

    Returns
    -------
    tuple of Case
        The same objects at each call.
    """
    manifest = json.loads((directory() / "MANIFEST.json").read_text("utf-8"))
    cases = [case for name, entry in manifest["files"].items() for case in _load(name, entry["sha256"])]
    return tuple(case for case in cases if group in (None, case.group))


def find(identifier: str) -> Case:
    """Return the case of this id, or raise KeyError with similar ids."""
    cases = {case.id: case for case in vectors()}
    if identifier in cases:
        return cases[identifier]
    near = [name for name, case in cases.items() if case.group == identifier.split("/")[0]] or [*cases]
    such = ", ".join(near[:3])
    raise KeyError(f"no case is called {identifier!r}; `emd-conformance list` names all of them, such as {such}")


def _load(name: str, sha256: str) -> list[Case]:
    data = (directory() / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise RuntimeError(f"vectors/v{SUITE_VERSION}/{name} is not what MANIFEST.json says: reinstall the package")
    return [_case(entry) for entry in json.loads(data)["cases"]]


def _case(entry: Mapping[str, Any]) -> Case:
    plain: dict[str, Any] = {key: entry[key] for key in ("id", "since", "comment", "input", "classes")}
    plain |= {key: entry[key] for key in ("invalid", "passed", "exponent", "bias", "weight") if key in entry}
    plain |= {key: tuple(entry.get(key, ())) for key in ("clauses", "dtypes", "flags", "needs", "shape")}
    case = Case(
        **plain,
        predicted=_rows(entry["predicted"]),
        target=_rows(entry["target"]) if "target" in entry else None,
        labels=tuple(entry["labels"]) if "labels" in entry else None,
        ground=_ground(entry["ground"]),
        expected={name: _exact_row(row) for name, row in entry.get("expected", {}).items()},
        gradient={name: _exact_rows(rows) for name, rows in entry.get("gradient", {}).items()},
        certificates=tuple(map(_certificate, entry.get("certificates", ()))),
    )
    return rows_of(case, entry["order"]) if "order" in entry else case


def _rows(rows: Sequence[Sequence[float | str]] | Mapping[str, Any]) -> tuple[Row, ...]:
    """Return rows of numbers, or of integers over a power of 2."""
    if not isinstance(rows, Mapping):
        return tuple(map(_row, rows))
    denominator = _power(rows)
    return tuple(tuple([n / denominator for n in row]) for row in rows["numerators"])


def _power(numbers: Mapping[str, Any]) -> int:
    """Return the denominator of numbers that are stated as {"over": "2^16", "numerators": […]}."""
    return 1 << int(numbers["over"].removeprefix("2^"))


def _row(row: Sequence[float | str]) -> Row:
    return tuple(map(float, row))


def _exact_rows(rows: Sequence[Any] | Mapping[str, Any]) -> tuple[tuple[Interval, ...], ...]:
    if isinstance(rows, Mapping):
        return tuple(_exact_row({"over": rows["over"], "numerators": row}) for row in rows["numerators"])
    return tuple(map(_exact_row, rows))


def _exact_row(row: Sequence[str | Sequence[str]] | Mapping[str, Any]) -> tuple[Interval, ...]:
    if isinstance(row, Mapping):
        denominator = _power(row)
        return tuple(enclose(Fraction(n, denominator)) for n in row["numerators"])
    return tuple(map(read_exact, row))


def read_exact(text: str | Sequence[str]) -> Interval:
    """Return the interval of "3/4", "5/2^53", "inf", or of a pair of such bounds."""
    if isinstance(text, str):
        return INFINITY if text == "inf" else enclose(read_fraction(text))
    lo, hi = map(read_fraction, text)
    return Interval(lo, hi)


def read_fraction(text: str) -> Fraction:
    """Return the fraction of "3", "3/4" or "5/2^53"."""
    numerator, _, denominator = text.partition("/")
    if denominator.startswith("2^"):
        return Fraction(int(numerator), 1 << int(denominator[2:]))
    return Fraction(int(numerator), int(denominator or 1))


def _ground(entry: Mapping[str, Any]) -> Ground:
    match entry["kind"]:
        case "line":
            return Line()
        case "positions":
            return Line(_row(entry["x"]))
        case "circle":
            return Circle()
        case "tree":
            return Tree(tuple(entry["parents"]), _row(entry["lengths"]) if "lengths" in entry else None)
        case "matrix":
            return Matrix(tuple(map(_row, entry["rows"])))
        case kind:
            raise ValueError(f"unknown ground distance {kind!r}")


def _certificate(entry: Mapping[str, Any]) -> Certificate:
    u, v = (tuple(map(read_fraction, entry[key])) for key in ("u", "v"))
    return Certificate(tuple(tuple(map(read_fraction, row)) for row in entry["flow"]), u, v)
