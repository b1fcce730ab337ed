"""Rounding error bounds of the EMD, and of the optimality of its gradients (specification 7.3)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._bounds import softmax
from emd_conformance._bounds.cuts import Form, analyse, dot, longest, up
from emd_conformance._bounds.precision import Precision
from emd_conformance._exact.grounds import Circle, Ground, Line, Matrix
from emd_conformance._exact.numbers import Number, fractions


def value(p: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision, form: Form) -> Fraction:
    """Return Σ w e + γ_{n+3} Σ w (m + e) + (n + 2)(1 + W) τ; for a matrix the promise of a linear programme, 1e-12.

    A circle's EMD, min_a Σ |D_k - a|, is 1-Lipschitz in every D_k: the line's errors, and |D_k - a| <= max D - min D.
    """
    if isinstance(ground, Matrix):
        mass, farthest = float(sum(fractions([*p, *t]))), longest(ground)
        return up(mass * farthest * (1e-12 + precision.gamma(2 * len(p) + 4)) + len(p) * precision.tiny)
    cuts = analyse(p, t, Line() if isinstance(ground, Circle) else ground, precision, form)
    twice = 2 if isinstance(ground, Circle) else 1
    errors, sizes = dot(cuts.w, cuts.e), dot(cuts.w, [m + e for m, e in zip(cuts.m, cuts.e, strict=True)])
    n = len(cuts.w)
    return up(twice * (errors + precision.gamma(n + 3) * sizes) + (n + 2) * (1 + cuts.weight) * precision.tiny)


def subgradient_gap(p: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision) -> Fraction:
    """Return the bound of the optimality gap (3.6) of a rounded subgradient.

    A sign is wrong only where |d(S)| <= e, which costs 2 w e (4 w e beside a rounded median); the rounding of g, of
    entries up to W, moves <g, p> + <v, t> by (γ_{n+3} + output unit) W A.
    """
    A = float(sum(fractions([*p, *t])))
    if isinstance(ground, Matrix):
        return 2 * value(p, t, ground, precision, "any") + up(precision.output_unit * A * longest(ground))
    cuts = analyse(p, t, ground, precision, "any")
    rounding = precision.gamma(len(cuts.w) + 3) + precision.output_unit
    return up(4 * dot(cuts.w, cuts.e) + rounding * cuts.weight * A + precision.least)


def value_of_logits(z: Sequence[Number], t: Sequence[Number], ground: Ground, precision: Precision) -> Fraction:
    """Return the bound of EMD(softmax(z), t), which is Lipschitz in p with the largest distance."""
    p, _, e = softmax.probabilities(z, precision)
    farthest = sum(float(w) for w in ground.weights(len(p))) if not isinstance(ground, Matrix) else longest(ground)
    return value(p, t, ground, precision, "any") + up(2 * e * farthest * (1 + precision.gamma(len(p) + 4)))
