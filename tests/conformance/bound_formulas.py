"""The error bounds of clause 7.3 on a line and of softmax, written anew in fractions, for a class k at a time."""

from fractions import Fraction
from itertools import accumulate
from math import exp, inf

import pytest
from emd_conformance._bounds.precision import FLOAT64, PRECISIONS

P, T = (0.5, 0.125, 0.25, 0.125), (0.0625, 0.5, 0.0, 0.4375)
UNEQUAL = (0.5, 0.125, 0.25, 0.1875)  # of mass 1.0625
NATIVE = PRECISIONS["float32"].native()
WIDTH = 2.0**-28  # to which a bound is known


def close(bound, formula):
    assert formula * (1 - 1e-12) <= bound <= formula * (1 + WIDTH)


def unit(form):
    return Fraction(form.unit)


def gamma(n, form):
    return n * unit(form) / (1 - n * unit(form))


def sizes(p, t):
    return [abs(Fraction(a) - Fraction(b)) for a, b in zip(p, t, strict=True)]


def of_cuts(p, t, w, form, kind, carried=0.0):
    """w, m and ε of every prefix, and δ."""
    C, tau = len(p), Fraction(form.tiny)
    D = [*accumulate(Fraction(a) - Fraction(b) for a, b in zip(p, t, strict=True))]
    A, delta = sum(map(Fraction, (*p, *t))), abs(D[-1])
    if kind == "scan":
        e = [gamma(k, form) * x + carried + 2 * C * tau for k, x in enumerate(accumulate(sizes(p, t)), 1)]
        return w, [abs(x) for x in D], e, Fraction(0), A
    e = [gamma(2 * C + 4, form) * (A + carried) + carried + 2 * C * tau] * C
    return w, [abs(x) + delta for x in D], e, delta, A


def energy(p, t, w, form, kind, carried=0.0):
    C, W, tau = len(p), sum(w), Fraction(form.tiny)
    w, m, e, delta, A = of_cuts(p, t, w, form, kind, carried)
    B = sum(w_k * (2 * m_k * e_k + e_k**2) for w_k, m_k, e_k in zip(w, m, e, strict=True))
    B += gamma(C + 4, form) * sum(w_k * (m_k + e_k) ** 2 for w_k, m_k, e_k in zip(w, m, e, strict=True))
    B += (C + 2) * (1 + W) * tau
    if kind == "scan":
        return B
    a = accumulate(Fraction(x) + Fraction(y) for x, y in zip(p, t, strict=True))
    products = gamma(2 * C + 4, form) * sum(w_k * a_k * (A - a_k) for w_k, a_k in zip(w, a, strict=True))
    mismatch = delta * (2 * sum(w_k * m_k for w_k, m_k in zip(w, m, strict=True)) + (W + 1) * delta)
    return max(B, products) + mismatch


def gradient(p, t, w, form, kind, carried=0.0):
    C, tau = len(p), Fraction(form.tiny)
    w, m, e, _, _ = of_cuts(p, t, w, form, kind, carried)
    rounding = gamma(C + 3 if kind == "scan" else 2 * C + 4, form)
    terms = [2 * w_k * (e_k + rounding * (m_k + e_k)) for w_k, m_k, e_k in zip(w, m, e, strict=True)]
    return [sum(terms[j:] if kind == "scan" else terms) + C * tau for j in range(C)]


FORMATS = pytest.mark.parametrize("form", [FLOAT64, NATIVE], ids=["float64", "float32"])
KINDS = pytest.mark.parametrize("kind", ["scan", "any"])

LABEL, SOFT = (0.0, 0.0, 1.0, 0.0), (0.25, 0.0, 0.5, 0.1875)  # of mass 0.9375


def eta(z, form):
    top, size = max(z), max(abs(x) for x in z if x > -inf)
    return [0.0 if x == -inf else (abs(x) + size + abs(x - top) + len(z) + 16) * form.unit for x in z]


def probabilities(z):
    powers = [exp(x) for x in z]
    return [x / sum(powers) for x in powers]
