"""Rounding error bounds of the EMD, and of the optimality of its gradients (specification 7.3)."""

from fractions import Fraction

from emd_conformance._bounds import softmax
from emd_conformance._bounds.analysis import analyse
from emd_conformance._bounds.precision import Form, Precision, up
from emd_conformance._exact.grounds import LINE, Ground
from emd_conformance._exact.numbers import Numbers, fractions
from emd_conformance._exact.softmax import Encoding


def value(p: Numbers, t: Numbers, ground: Ground, precision: Precision, form: Form) -> Fraction:
    """Return the bound of the EMD.

    A circle's EMD, min_a Σ |D_k - a|, is 1-Lipschitz in every D_k, and |D_k - a| <= max D - min D: the bound is twice
    that of the line.
    """
    errors = analyse(p, t, LINE if ground.kind == "circle" else ground, precision, form)
    return up(ground.prefix_sums * errors.emd + errors.emd_underflow)


def subgradient_gap(p: Numbers, t: Numbers, ground: Ground, precision: Precision) -> Fraction:
    """Return the bound of the optimality gap (3.6) of a rounded subgradient, of entries up to the largest distance."""
    unequal = abs(sum(fractions(p), Fraction(0)) - sum(fractions(t), Fraction(0)))
    shift = 2 * unequal * Fraction(ground.farthest(len(p)))
    return analyse(p, t, ground, precision, "any").subgradient_gap + shift


def value_of_logits(
    x: Numbers, t: Numbers, ground: Ground, precision: Precision, encoding: Encoding = "logits"
) -> Fraction:
    """Return the bound of EMD(softmax(x), t), which is Lipschitz in p with the largest distance.

    The exponentials of logarithms may also be taken as they are, with a mass that is not quite 1.
    """
    q = softmax.probabilities(x, precision, encoding)
    return value(q.p, t, ground, precision, "any") + carried(x, ground, precision, encoding) / 2


def carried(x: Numbers, ground: Ground, precision: Precision, encoding: Encoding) -> Fraction:
    """Return how much larger the optimality gap may be for the error of p: a subgradient for p' is one for p then."""
    q = softmax.probabilities(x, precision, encoding)
    rounding = 1 + precision.gamma(len(q.p) + 4)
    return up(4 * (q.e + q.mismatch) * ground.farthest(len(q.p)) * rounding)


def gradient_of_logits(x: Numbers, ground: Ground, precision: Precision, encoding: Encoding) -> list[Fraction]:
    """Return the bound of p_j (g_j - <p, g>) for a subgradient g: its entries are sums of up to W, or potentials."""
    size = 2 * ground.farthest(len(x))
    return softmax.probabilities(x, precision, encoding).chained(precision.gamma(len(x) + 3) * size, size)
