"""Rounding error bounds of the penalty of the cross-entropy (specification 6.2, 7.3).

The factors Σ_k t_k (G_ik^ω + μ) err by a relative γ_{C+24+4ω|log G|}, since the power of a library may round ω log G on
the way; those of a soft target by γ_{2C+…}, and by |μ| |1 - Σ t| where its mass is counted as 1.
"""

from fractions import Fraction

from emd_conformance import _exact
from emd_conformance._bounds import softmax
from emd_conformance._bounds.precision import Form, Precision, up
from emd_conformance._exact.grounds import Ground, Matrix
from emd_conformance._exact.interval import log
from emd_conformance._exact.numbers import Number, Numbers, fractions
from emd_conformance._exact.softmax import Encoding


def value(
    p: Numbers, t: Numbers, ground: Ground, exponent: Number, bias: Number, precision: Precision, form: Form = "any"
) -> Fraction:
    """Return the error of the factors times Σ p_i² Σ_k t_k (G_ik^ω + |μ|)."""
    size = _exact.penalty.value(p, t, ground, exponent, abs(Fraction(bias))).hi
    shift = _shift(t, bias) * float(sum(x * x for x in fractions(p)))
    return up(_relative_error(t, ground, exponent, precision) * float(size) + shift + 4 * len(p) * precision.tiny)


def gradient(
    p: Numbers, t: Numbers, ground: Ground, exponent: Number, bias: Number, precision: Precision
) -> list[Fraction]:
    """Return the error of the factors times 2 p_i Σ_k t_k (G_ik^ω + |μ|)."""
    factors, shift = _largest_factors(t, ground, exponent, bias), _shift(t, bias)
    rounding = _relative_error(t, ground, exponent, precision)
    return [
        up(2 * float(p_i) * (rounding * float(f) + shift) + 4 * precision.tiny)
        for p_i, f in zip(p, factors, strict=True)
    ]


def simplex_gradient(
    p: Numbers, t: Numbers, ground: Ground, exponent: Number, bias: Number, precision: Precision, form: Form = "any"
) -> Fraction:
    """Return the bound of every entry of g - mean(g), in any form."""
    return 4 * max(gradient(p, t, ground, exponent, bias, precision))


def gradient_size(
    p: Numbers, t: Numbers, ground: Ground, exponent: Number, bias: Number, precision: Precision
) -> Fraction:
    """Return max 2 p_i Σ_k t_k (G_ik^ω + |μ|)."""
    factors = _largest_factors(t, ground, exponent, bias)
    return max(2 * p_i * f for p_i, f in zip(fractions(p), factors, strict=True))


def value_of_logits(
    x: Numbers,
    t: Numbers,
    ground: Ground,
    exponent: Number,
    bias: Number,
    precision: Precision,
    encoding: Encoding = "logits",
) -> Fraction:
    """Return the bound of R(softmax(x), t): twice the relative error of p_i in each term, and its rounding."""
    q = softmax.probabilities(x, precision, encoding)
    factors = _largest_factors(t, ground, exponent, bias)
    terms = zip(q.eta, q.p, factors, strict=True)
    carried = sum(3 * (h + q.mismatch) * float(p_i) ** 2 * float(f) for h, p_i, f in terms)
    return value(q.p, t, ground, exponent, bias, precision) + up(carried)


def gradient_of_logits(
    x: Numbers,
    t: Numbers,
    ground: Ground,
    exponent: Number,
    bias: Number,
    precision: Precision,
    encoding: Encoding = "logits",
) -> list[Fraction]:
    """Return the bound of p_i (g_i - <p, g>), as for the squared EMD, with g = ∂R/∂p."""
    q = softmax.probabilities(x, precision, encoding)
    factors, shift = _largest_factors(t, ground, exponent, bias), _shift(t, bias)
    sizes = [2 * float(p_i * f) for p_i, f in zip(q.p, factors, strict=True)]
    rounding = _relative_error(t, ground, exponent, precision)
    error = max(size * (rounding + 2 * (h + q.mismatch)) for size, h in zip(sizes, q.eta, strict=True)) + 2 * shift
    return q.chained(error, max(sizes) + error)


def _largest_factors(t: Numbers, ground: Ground, exponent: Number, bias: Number) -> list[Fraction]:
    """Return Σ_k t_k (G_ik^ω + |μ|), rounded up."""
    return [f.hi for f in _exact.penalty.factors(t, ground, exponent, abs(Fraction(bias)))]


def _shift(t: Numbers, bias: Number) -> float:
    return abs(float(bias)) * softmax.mass_error(t)


def _relative_error(t: Numbers, ground: Ground, exponent: Number, precision: Precision) -> float:
    labels = [k for k, x in enumerate(t) if x]
    if len(labels) == 1:
        powers, additions = ground.nearest({labels[0]: Fraction(0)}, len(t)), len(t)
    else:
        powers, additions = _extremes(ground, len(t)), 2 * len(t)
    logs = [abs(float(log(x, 64).middle)) for x in powers if x > 0]
    return precision.gamma(additions + 24 + int(4 * abs(float(exponent)) * max(logs, default=0.0)))


def _extremes(ground: Ground, classes: int) -> list[Fraction]:
    """Return a length that no distance between two classes falls below, and one that none exceeds."""
    if isinstance(ground, Matrix):
        lengths = [x for x in fractions([x for row in ground.rows for x in row]) if x]
    else:
        lengths = [length for _, _, length in ground.edges(classes)]
    return [min(lengths, default=Fraction(1)), Fraction(ground.farthest(classes))]
