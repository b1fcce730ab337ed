"""Other formulas that losses compute in the place of the squared EMD: rules of integration, and parts of energies."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from math import exp, log

from emd_conformance._diagnosis.terms import (
    Formula,
    Real,
    Terms,
    Vector,
    cumulative,
    differences,
    require_few,
    specified,
)
from emd_conformance._exact.grounds import Ground, Line, distances

SIXTH, HALF = Fraction(1, 6), Fraction(1, 2)


def _value(function: Callable[[Vector, Vector, Ground], Real]) -> Formula:
    """Return the formula whose squared and whose absolute form is this function of p and t."""
    return lambda p, t, ground: [(function(p, t, ground), 1)]


def _values(function: Callable[[Vector, Vector], Vector]) -> Formula:
    """Return the formula of values with weight 1."""
    return lambda p, t, ground: [(1, v) for v in function(p, t)]


def _trapezoids(p: Vector, t: Vector, ground: Ground) -> Terms:
    """Return the terms of the trapezoidal rule for the integral of D²."""
    w: list[Real] = [Fraction(x) for x in ground.weights(len(p))[:-1]] if isinstance(ground, Line) else []
    ends = zip([0, *w], [*w, 0], strict=True)
    return [((a + b) / 2, v) for (a, b), v in zip(ends, cumulative(p, t), strict=True)]


def _straight_lines(*start: int) -> Formula:
    """Return ∫ D², where D is interpolated by straight lines: a² + ab + b² = ½ ((a + b)² + a² + b²)."""

    def formula(p: Vector, t: Vector, ground: Ground) -> Terms:
        D: list[Real] = [*start, *cumulative(p, t)]
        pairs: list[tuple[Real, Real]] = list(pairwise(D))
        return [(SIXTH, x) for a, b in pairs for x in (a + b, a, b)]

    return formula


def _sums_of_trapezoids(p: Vector, t: Vector) -> list[Real]:
    """Return the cumulative sums of (d_j + d_{j+1}) / 2."""
    return [0, *accumulate((a + b) * HALF for a, b in pairwise(differences(p, t)))]


def _cdf(p: Vector) -> list[Real]:
    return list(accumulate(p))


def _cost(x: Vector, y: Vector, ground: Ground) -> Real:
    """Return Σ_ij x_i G_ij y_j."""
    require_few(len(x))
    G: Sequence[Sequence[Real]] = distances(ground, len(x))
    return sum(a * sum(g * b for g, b in zip(row, y, strict=True) if b) for a, row in zip(x, G, strict=True) if a)


def _skill(p: Vector, t: Vector, ground: Ground) -> Real:
    """Return E(p, t) / E(uniform, t)."""
    E, reference = (sum(w * v * v for w, v in specified(x, t, ground)) for x in (p, [Fraction(1, len(p))] * len(p)))
    return E / reference


def _entropy(p: Vector, t: Vector, ground: Ground) -> Real:
    """Return -Σ t log p."""
    return -sum(float(b) * log(a) for a, b in zip(p, t, strict=True) if b)


def _divergence(p: Vector, t: Vector, ground: Ground) -> Real:
    """Return Σ t log(t / p)."""
    return sum(float(b) * (log(b) - log(a)) for a, b in zip(p, t, strict=True) if b)


def _hyperbolic(x: float) -> float:
    """Return log cosh x."""
    return abs(x) + log((1 + exp(-2 * abs(x))) / 2)


ON_A_LINE: dict[str, Formula] = {
    "target-not-accumulated": _values(lambda p, t: differences(_cdf(p), t)),
    "prediction-not-accumulated": _values(lambda p, t: differences(p, _cdf(t))),
    "one-sum-from-the-end": _values(lambda p, t: differences(_cdf(p), _cdf(t[::-1])[::-1])),
    "trapezoids": _trapezoids,
    "sums-of-trapezoids": _values(_sums_of_trapezoids),
    "straight-lines": _straight_lines(),
    "straight-lines, from 0": _straight_lines(0),
    "log-cosh": _value(lambda p, t, ground: sum(_hyperbolic(float(x)) for x in cumulative(p, t))),
    "cdf-weighted": _value(
        lambda p, t, ground: sum(v * v / (a + b) for v, a, b in zip(cumulative(p, t), _cdf(p), _cdf(t), strict=True))
    ),
    "cross-entropy-for-emd": _value(_entropy),
    "divergence-for-emd": _value(_divergence),
}
OF_POSITIONS: dict[str, Formula] = {
    "trapezoids": _trapezoids,
}
OF_DISTANCES: dict[str, Formula] = {
    "expected-distance": _value(_cost),
    "energy-of-target-missing": _value(lambda p, t, ground: _cost(p, t, ground) - HALF * _cost(p, p, ground)),
    "energy-of-prediction-missing": _value(lambda p, t, ground: _cost(p, t, ground) - HALF * _cost(t, t, ground)),
    "skill-score": _value(_skill),
}
