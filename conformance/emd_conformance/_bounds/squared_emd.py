"""Rounding error bounds of the squared EMD and its gradients (specification 7.3).

A bound says how far a right answer may be from the exact one before it is rounded to the output format. The *scan*
bounds hold for implementations that subtract first and then sum; the *any* bounds also hold for differences of CDFs,
tail sums, triangular products and the energy forms.

Every bound is a sum of non-negative terms, evaluated in float64. At C = 10^6 that loses a relative 2^-33 at most, and
`up` adds 2^-30, so a bound is rounded up and never down.
"""

from fractions import Fraction

from emd_conformance._bounds import ordinal, softmax
from emd_conformance._bounds.analysis import analyse
from emd_conformance._bounds.precision import Form, Precision, up
from emd_conformance._exact.grounds import Ground
from emd_conformance._exact.numbers import Numbers
from emd_conformance._exact.softmax import Encoding


def value(p: Numbers, t: Numbers, ground: Ground, precision: Precision, form: Form, unequal: bool = False) -> Fraction:
    return up(analyse(p, t, ground, precision, form, unequal=unequal).energy)


def gradient(p: Numbers, t: Numbers, ground: Ground, precision: Precision, form: Form) -> list[Fraction]:
    return [up(x) for x in analyse(p, t, ground, precision, form).gradient]


def simplex_gradient(p: Numbers, t: Numbers, ground: Ground, precision: Precision, form: Form) -> Fraction:
    """Return 4 max B_g + 4 (W + 1) δ, the bound of every entry of g - mean(g)."""
    errors = analyse(p, t, ground, precision, form)
    return 4 * up(max(errors.gradient)) + up(2 * errors.constant)


def gradient_size(p: Numbers, t: Numbers, ground: Ground, precision: Precision) -> Fraction:
    """Return 2 Σ w |d(S)|, or max G |d|: no entry of a gradient is larger, whatever its constant."""
    return up(analyse(p, t, ground, precision, "scan").largest)


def value_of_logits(
    x: Numbers, t: Numbers, ground: Ground, precision: Precision, encoding: Encoding = "logits"
) -> Fraction:
    if encoding == "cumulative-logits" or encoding == "conditional-logits":
        return ordinal.value(x, t, ground, precision, encoding)
    q = softmax.probabilities(x, precision, encoding)
    return up(analyse(q.p, t, ground, precision, "any", q.errors).energy)


def gradient_of_logits(
    x: Numbers, t: Numbers, ground: Ground, precision: Precision, encoding: Encoding = "logits"
) -> list[Fraction]:
    """Return B_z,j = p_j ((2 + e) B_g + 3 (e + γ_{C+3}) M + 2 η_j M) + 4 τ M, with M a bound of every |g_j|.

    Logarithms of probabilities add p_j (|1 - Σ p| + 2 u) M, with the unit roundoff u of the output (5.7).
    """
    if encoding == "cumulative-logits" or encoding == "conditional-logits":
        return ordinal.gradient(x, t, ground, precision, encoding)
    q = softmax.probabilities(x, precision, encoding)
    errors = analyse(q.p, t, ground, precision, "any", q.errors)
    error = max(errors.gradient) + errors.constant
    return q.chained(error, error + errors.largest)
