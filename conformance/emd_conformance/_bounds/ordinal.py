"""Rounding error bounds of the outputs of ordinal models, and of gradients that pass through them (1.9, 5.10, 7.3).

A product of k sigmoids, each of which errs by 6 units in the last place, errs by a relative 7k u. The exponential of a
sum of k logarithms l_i of sigmoids errs by the rounding of the sum, γ_k Σ |l_i|, by a few units in the last place of
each l_i, and by u where a sigmoid was rounded to 1 before its logarithm was taken. With L_k = Σ |l_i| = -log S_k, both
are within η_k = ((k + 8) L_k + 8 k + 16) u. A sigmoid alone is the case k = 1.
"""

from fractions import Fraction
from itertools import accumulate, pairwise
from math import exp, log1p

from emd_conformance._bounds.analysis import analyse
from emd_conformance._bounds.precision import Precision, up
from emd_conformance._exact import ordinal
from emd_conformance._exact.grounds import Ground
from emd_conformance._exact.numbers import Numbers
from emd_conformance._exact.ordinal import Output

BITS = 256  # of enclosures, far below any rounding error


def relative_errors(z: Numbers, precision: Precision, output: Output) -> list[float]:
    """Return η_k."""
    logarithms = [max(-x, 0.0) + log1p(exp(-abs(x))) for x in map(float, z)]  # |log σ(z)|
    if output == "cumulative-logits":
        return [_relative_error(1, L, precision) for L in logarithms]
    return [_relative_error(k, L, precision) for k, L in enumerate(accumulate(logarithms), 1)]


def _relative_error(k: int, L: float, precision: Precision) -> float:
    return ((k + 8) * L + 8 * k + 16) * precision.unit


def errors(z: Numbers, precision: Precision, output: Output) -> list[float]:
    """Return how much each p_j may err: by the errors of S_{j-1} and of S_j, and by a rounding of their difference."""
    eta = relative_errors(z, precision, output)
    S = [float(x.hi) for x in ordinal.exceedances(z, BITS, output)]
    e = [0.0, *(x * y for x, y in zip(S, eta, strict=True)), 0.0]
    return [a + b + 2 * precision.unit for a, b in pairwise(e)]


def middles(z: Numbers, output: Output) -> list[Fraction]:
    """Return p, which sums to 1."""
    return [x.middle for x in ordinal.probabilities(z, BITS, output)]


def value(z: Numbers, t: Numbers, ground: Ground, precision: Precision, output: Output) -> Fraction:
    """Return the bound of E."""
    return up(analyse(middles(z, output), t, ground, precision, "any", errors(z, precision, output)).energy)


def gradient(z: Numbers, t: Numbers, ground: Ground, precision: Precision, output: Output) -> list[Fraction]:
    """Return the bound of each ∂E/∂z_i (5.10).

    With B a bound of the error of every g_j, and M one of every |g_{k+1} - g_k|, a summand S_k (g_{k+1} - g_k) errs by
    S_k (2 B + (η_k + (C + 16) u) M). The factor σ(z_i) (1 - σ(z_i)) errs by 6 u, whether it is computed from the
    sigmoid of z_i or from that of -z_i: one of the two is near 1 where the other one is small.
    """
    off, unit = analyse(middles(z, output), t, ground, precision, "any", errors(z, precision, output)), precision.unit
    B = max(off.gradient) + off.constant
    M, tiny = 2 * (off.largest + B), precision.tiny
    S = [float(x.hi) for x in ordinal.exceedances(z, BITS, output)]
    eta = relative_errors(z, precision, output)
    rest = [float(1 - ordinal.sigmoid(Fraction(x), BITS).lo) for x in z]
    summands = [S_k * (2 * B + (h + (len(S) + 17) * unit) * M) for S_k, h in zip(S, eta, strict=True)]
    bounds: list[Fraction] = []
    for i, r in enumerate(rest):
        places = range(i, len(S) if output == "conditional-logits" else i + 1)
        bounds.append(
            up(r * sum(summands[k] for k in places) + 6 * unit * len(places) * M + 4 * len(S) * tiny * (M + 1))
        )
    return bounds
