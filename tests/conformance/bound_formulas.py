"""The error bounds of clause 7.3 on cuts and of softmax, written anew in fractions, for a class at a time."""

from fractions import Fraction
from itertools import accumulate
from math import exp, inf

import pytest
from emd_conformance._bounds.precision import FLOAT64, PRECISIONS, Precision

P, T = (0.5, 0.125, 0.25, 0.125), (0.0625, 0.5, 0.0, 0.4375)
UNEQUAL = (0.5, 0.125, 0.25, 0.1875)  # of mass 1.0625
NATIVE = PRECISIONS["float32"].native()
COARSE = Precision(2.0**-12, 2.0**-11, 2.0**-9, 2.0**-7, 2.0**10)  # a made-up format: each term of a bound matters
WIDTH = 2.0**-28  # to which a bound is known


def close(bound, formula):
    assert formula * (1 - 1e-12) <= bound <= formula * (1 + WIDTH)


def unit(form):
    return Fraction(form.unit)


def gamma(n, form):
    return n * unit(form) / (1 - n * unit(form))


def differences(p, t):
    return [Fraction(a) - Fraction(b) for a, b in zip(p, t, strict=True)]


def sizes(p, t):
    return [abs(x) for x in differences(p, t)]


def sums(p, t):
    return [Fraction(a) + Fraction(b) for a, b in zip(p, t, strict=True)]


def of_cuts(p, t, w, form, kind, carried=0.0):
    """w, m and ε of every prefix, δ and A."""
    C, tau = len(p), Fraction(form.tiny)
    D = [*accumulate(differences(p, t))]
    A, delta = sum(sums(p, t)), abs(D[-1])
    if kind == "scan":
        e = [gamma(k, form) * x + carried + 2 * C * tau for k, x in enumerate(accumulate(sizes(p, t)), 1)]
        return w, [abs(x) for x in D], e, Fraction(0), A
    e = [gamma(2 * C + 4, form) * (A + carried) + carried + 2 * C * tau] * C
    return w, [abs(x) + delta for x in D], e, delta, A


def of_squares(w, m, e, form):
    """Σ w (2 m ε + ε²) and the rounding of a sum of n squares."""
    n, W, tau = len(w), sum(w), Fraction(form.tiny)
    B = sum(w_k * (2 * m_k * e_k + e_k**2) for w_k, m_k, e_k in zip(w, m, e, strict=True))
    B += gamma(n + 4, form) * sum(w_k * (m_k + e_k) ** 2 for w_k, m_k, e_k in zip(w, m, e, strict=True))
    return B + (n + 2) * (1 + W) * tau


def of_any_form(B, w, m, a, A, delta, classes, form):
    """B, but at least the rounding of the products, and what forms differ by at a mass mismatch."""
    products = gamma(2 * classes + 4, form) * sum(w_k * a_k * (A - a_k) for w_k, a_k in zip(w, a, strict=True))
    mismatch = delta * (2 * sum(w_k * m_k for w_k, m_k in zip(w, m, strict=True)) + (sum(w) + 1) * delta)
    return max(B, products) + mismatch


def energy(p, t, w, form, kind, carried=0.0):
    w, m, e, delta, A = of_cuts(p, t, w, form, kind, carried)
    B = of_squares(w, m, e, form)
    return B if kind == "scan" else of_any_form(B, w, m, [*accumulate(sums(p, t))], A, delta, len(p), form)


def gradient_terms(w, m, e, classes, form, kind):
    """2 w (ε + γ (m + ε)) for every cut."""
    rounding = gamma(classes + 3 if kind == "scan" else 2 * classes + 4, form)
    return [2 * w_k * (e_k + rounding * (m_k + e_k)) for w_k, m_k, e_k in zip(w, m, e, strict=True)]


def gradient(p, t, w, form, kind, carried=0.0):
    C, tau = len(p), Fraction(form.tiny)
    w, m, e, _, _ = of_cuts(p, t, w, form, kind, carried)
    terms = gradient_terms(w, m, e, C, form, kind)
    return [sum(terms[j:] if kind == "scan" else terms) + C * tau for j in range(C)]


def of_work(w, m, e, form):
    """Σ w ε + γ_{n+3} Σ w (m + ε), without underflow."""
    sizes = sum(w_k * (m_k + e_k) for w_k, m_k, e_k in zip(w, m, e, strict=True))
    return sum(w_k * e_k for w_k, e_k in zip(w, e, strict=True)) + gamma(len(w) + 3, form) * sizes


FORMATS = pytest.mark.parametrize("form", [FLOAT64, NATIVE, COARSE], ids=["float64", "float32", "coarse"])
KINDS = pytest.mark.parametrize("kind", ["scan", "any"])

LABEL, SOFT = (0.0, 0.0, 1.0, 0.0), (0.25, 0.0, 0.5, 0.1875)  # of mass 0.9375


def eta(z, form):
    top, size = max(z), max(abs(x) for x in z if x > -inf)
    return [0.0 if x == -inf else (abs(x) + size + abs(x - top) + len(z) + 16) * form.unit for x in z]


def probabilities(z):
    powers = [exp(x) for x in z]
    return [x / sum(powers) for x in powers]
