"""Rounding error bounds of the EMD, and of the optimality of its gradients (specification 7.3)."""

from fractions import Fraction

from emd_conformance._bounds import softmax
from emd_conformance._bounds.analysis import analyse
from emd_conformance._bounds.precision import Form, Precision, up
from emd_conformance._exact.grounds import LINE, Ground
from emd_conformance._exact.numbers import Numbers


def value(p: Numbers, t: Numbers, ground: Ground, precision: Precision, form: Form) -> Fraction:
    """Return the bound of the EMD.

    A circle's EMD, min_a Σ |D_k - a|, is 1-Lipschitz in every D_k, and |D_k - a| <= max D - min D: the bound is twice
    that of the line.
    """
    errors = analyse(p, t, LINE if ground.kind == "circle" else ground, precision, form)
    return up(ground.prefix_sums * errors.emd + errors.emd_underflow)


def subgradient_gap(p: Numbers, t: Numbers, ground: Ground, precision: Precision) -> Fraction:
    """Return the bound of the optimality gap (3.6) of a rounded subgradient."""
    return analyse(p, t, ground, precision, "any").subgradient_gap


def value_of_logits(z: Numbers, t: Numbers, ground: Ground, precision: Precision) -> Fraction:
    """Return the bound of EMD(softmax(z), t), which is Lipschitz in p with the largest distance."""
    p, _, e = softmax.probabilities(z, precision)
    carried = 2 * e * ground.farthest(len(p)) * (1 + precision.gamma(len(p) + 4))
    return value(p, t, ground, precision, "any") + up(carried)
