"""The numbers of a case as JSON: inputs that round-trip, exact rationals, and enclosures of 160 bits."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Any

from emd_conformance._bounds.precision import PRECISIONS, convert
from emd_conformance._exact.grounds import Circle, Ground, Line, Matrix, Tree
from emd_conformance._exact.interval import INFINITY, Interval
from emd_conformance._exact.transport import Transport


def number(x: float) -> float | str:
    """Return x, or its name as a string, since JSON has no NaN and no infinity."""
    return x if abs(x) < float("inf") else str(x)


def text(x: Interval | Fraction | int) -> str | list[str]:
    """Return "3/4", "5/2^53", or the two ends of an enclosure, rounded outwards to 160 bits."""
    if not isinstance(x, Interval):
        return rational(Fraction(x))
    if x.lo == x.hi:
        return "inf" if x == INFINITY else rational(x.lo)
    size = x.magnitude
    shift = min(160 + size.denominator.bit_length() - size.numerator.bit_length(), 1310)
    scale = Fraction(2) ** shift
    return [rational(floor(x.lo * scale) / scale), rational(-floor(-x.hi * scale) / scale)]


def rational(x: Fraction) -> str:
    """Return a fraction, its denominator as a power of two where that is shorter."""
    d = x.denominator
    return f"{x.numerator}/2^{d.bit_length() - 1}" if d > 2**20 and d & (d - 1) == 0 else str(x)


def described(ground: Ground) -> dict[str, Any]:
    """Return a ground distance for JSON."""
    return {"kind": ground.kind} | _fields(ground)


def _fields(ground: Ground) -> dict[str, Any]:
    match ground:
        case Line(positions=positions):
            return {"x": [number(float(x)) for x in positions]} if positions is not None else {}
        case Circle():
            return {}
        case Tree(parents=parents, lengths=lengths):
            return {"parents": list(parents)} | ({"lengths": [number(float(x)) for x in lengths]} if lengths else {})
        case Matrix(rows=rows):
            return {"rows": [[number(float(x)) for x in row] for row in rows]}


def certificate(solution: Transport) -> dict[str, Any]:
    """Return flow and potentials for JSON."""
    flow = [[rational(x) for x in row] for row in solution.flow]
    return {"flow": flow, "u": [rational(x) for x in solution.u], "v": [rational(x) for x in solution.v]}


def exact_dtypes(rows: Sequence[Sequence[float]], ground: Ground) -> list[str]:
    """Return the dtypes in which every number of a case is exact."""
    fields = _fields(ground)
    given = [*rows, fields.get("x", []), fields.get("lengths", []), *fields.get("rows", [])]
    return [dtype for dtype in PRECISIONS if all(_exact(float(x), dtype) for row in given for x in row)]


def _exact(x: float, dtype: str) -> bool:
    try:
        return x != x or convert(x, dtype) == x
    except OverflowError:
        return False
