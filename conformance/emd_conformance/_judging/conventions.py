"""What no convention changes of a gradient (specification 5.4, 5.7, 5.8), and where it is not defined (6.4)."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import isfinite

from emd_conformance import _exact
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.interval import Interval, enclose, total
from emd_conformance._exact.numbers import common


def projected(sample: Sample, row: Sequence[Fraction]) -> list[Fraction]:
    """Return a gradient without what a convention decides: a constant, a multiple of p, or its last entry."""
    match sample.declared.input:
        case "logits" | "cumulative" | "cumulative-logits" | "conditional-logits":
            return [*row]
        case "cdf":
            return [*row[:-1]]
        case "log-probabilities":  # the error of the middle, 2^-150, is far below that of any format
            p, whole = _exact.softmax.probabilities(sample.x, "log-probabilities"), sum(row, Fraction(0))
            return [x - p_j.middle * whole for x, p_j in zip(row, p, strict=True)]
        case _:
            return _centred(row)


def from_free(sample: Sample, g: Sequence[Interval]) -> list[Interval]:
    """Return the projected gradient with respect to probabilities or their sums for the free gradient g."""
    if sample.declared.input in ("cdf", "cumulative"):
        sign = 1 if sample.declared.input == "cdf" else -1
        return [(a - b) * sign for a, b in pairwise(g)]
    if all(g_j.is_point for g_j in g):
        return [enclose(x) for x in _centred([g_j.lo for g_j in g])]
    mean = total(g) * Fraction(1, len(g))
    return [g_j - mean for g_j in g]


def _centred(row: Sequence[Fraction]) -> list[Fraction]:
    """Return the row minus its mean, computed in integers, which are faster."""
    C, (n, m) = len(row), common(row)
    mass = sum(n)
    return [Fraction(C * n_j - mass, C * m) for n_j in n]


def undefined(sample: Sample) -> set[int]:
    """Return the entries that need not be finite: where p_j = 0, the logarithm of a cross-entropy has no derivative."""
    if "XE" not in sample.declared.expression.names or sample.encoding is not None:
        return set()
    zeros = {j for j, p_j in enumerate(sample.x) if p_j == 0}
    return zeros if sample.declared.input == "probabilities" else zeros | {j - 1 for j in zeros if j > 0}


def completed(sample: Sample, received: Sequence[float], exact: Iterable[Fraction]) -> list[Fraction]:
    """Return a received gradient with the exact entries, of the same constant, where it is not finite."""
    if all(map(isfinite, received)):
        return [*map(Fraction, received)]
    known = {j: Fraction(x) for j, x in enumerate(received) if isfinite(x)}
    exact, shift = [*exact], Fraction(0)
    if sample.declared.input == "probabilities" and known:
        shift = sum((x - exact[j] for j, x in known.items()), Fraction(0)) / len(known)
    wanted = [*exact, *[Fraction(0)] * (len(received) - len(exact))]  # the last entry for a CDF is a convention
    return [known[j] if j in known else wanted[j] + shift for j in range(len(received))]
