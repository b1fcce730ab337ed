"""The squared and the absolute form of the terms of a sample, as intervals that include a slack, and as floats."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from emd_conformance._diagnosis.terms import Terms
from emd_conformance._exact.interval import Interval
from emd_conformance._exact.numbers import common

SMALL = 600  # numbers in a case, for which exact arithmetic is fast enough


def norms(terms: Terms, error: Fraction, penalty: Callable[[float], float] | None) -> dict[str, Interval]:
    """Return Σ w v² and Σ w |v|, where each v has an error relative to the largest |v|, or to 1 if that is less."""
    w, v, n, m = _integers(terms) if len(terms) <= SMALL else _floats(terms)
    e = error * max(Fraction(1), Fraction(max(map(abs, v), default=0)) / m)
    absolute = Fraction(sum(a * abs(b) for a, b in zip(w, v, strict=True))) / (n * m)
    weight = Fraction(sum(map(abs, w))) / n
    values = sum(type(x) is int and x == 1 for _, x in terms)  # the value itself stands in the place of the weight
    away = e * weight + e * abs(absolute) + e * values
    narrow = Interval(absolute - away, absolute + away)
    if penalty is not None:
        return {"E": _penalised(terms, float(e), penalty), "W1": narrow}
    squared = Fraction(sum(a * b * b for a, b in zip(w, v, strict=True))) / (n * m * m)
    size = Fraction(sum(abs(a * b) for a, b in zip(w, v, strict=True))) / (n * m)
    squares = Fraction(sum(abs(a) * b * b for a, b in zip(w, v, strict=True))) / (n * m * m)
    off = 2 * e * size + e * e * weight + e * squares + e * values
    return {"E": Interval(squared - off, squared + off), "W1": narrow}


def _integers(terms: Terms) -> tuple[list[Any], list[Any], int, int]:
    """Return the weights and values as integers, and their denominators."""
    (w, n), (v, m) = common(w for w, _ in terms), common(v for _, v in terms)
    return w, v, n, m


def _floats(terms: Terms) -> tuple[list[Any], list[Any], int, int]:
    return [float(w) for w, _ in terms], [float(v) for _, v in terms], 1, 1


def _penalised(terms: Terms, e: float, penalty: Callable[[float], float]) -> Interval:
    """Return Σ w f(|v|) for an increasing f, where each v has an error of e."""
    lo = sum(float(w) * penalty(max(abs(float(v)) - e, 0.0)) for w, v in terms)
    hi = sum(float(w) * penalty(abs(float(v)) + e) for w, v in terms)
    room = (abs(lo) + abs(hi)) * len(terms) * 2.0**-52
    return Interval(Fraction(lo - room), Fraction(hi + room))


def estimates(terms: Terms, penalty: Callable[[float], float] | None) -> dict[str, float]:
    squared = sum(w * v * v for w, v in terms) if penalty is None else sum(w * penalty(abs(v)) for w, v in terms)
    return {"E": float(squared), "W1": float(sum(w * abs(v) for w, v in terms))}
