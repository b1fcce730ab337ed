"""Bounds of softmax, the cross-entropy and the penalty are what their formulas give (5.5, 6.1, 6.2, 7.3)."""

from fractions import Fraction
from itertools import accumulate
from math import exp, inf, log

import pytest
from bound_formulas import FORMATS, LABEL, SOFT, P, T, close, energy, eta, gamma, gradient, probabilities
from emd_conformance import _bounds
from emd_conformance._bounds import softmax
from emd_conformance._exact.grounds import LINE

Z = (0.5, -2.0, 3.25, -inf)


@FORMATS
@pytest.mark.parametrize("t", [LABEL, SOFT])
def test_the_cross_entropy(t, form):
    soft = t == SOFT
    summation = gamma(len(t), form) if soft else 0
    pairs = [(p_j, t_j) for p_j, t_j in zip(P, t, strict=True) if t_j]
    size = sum(t_j * abs(log(p_j)) for p_j, t_j in pairs)
    formula = (8 * form.unit + float(summation)) * size + len(pairs) * form.tiny
    close(_bounds.cross_entropy.value(P, t, form), formula)
    assert _bounds.cross_entropy.value((1.0, 0.0, 0.0, 0.0), t, form) == 0
    largest = max(t_j / p_j for p_j, t_j in pairs)
    close(_bounds.cross_entropy.gradient_size(P, t, form), largest)
    close(_bounds.cross_entropy.simplex_gradient(P, t, form), 8 * form.unit * largest)


@FORMATS
def test_softmax_and_what_passes_through_it(form):
    p, h, q = probabilities(Z), eta(Z, form), softmax.probabilities(Z, form)
    e = sum(p_j * h_j for p_j, h_j in zip(p, h, strict=True)) + len(Z) * form.tiny
    assert q.eta == pytest.approx(h, rel=1e-12, abs=0)
    assert q.e == pytest.approx(e, rel=1e-12, abs=0)
    assert (q.left, q.mismatch) == (0.0, 0.0)
    error, size, tiny = 3e-9, 7.0, 4 * form.tiny
    shared = (2 + e) * error + 3 * (e + float(gamma(len(Z) + 3, form))) * size
    for bound, p_j, h_j in zip(q.chained(error, size), p, h, strict=True):
        close(bound, p_j * (shared + 2 * h_j * size) + tiny * size + tiny)


@FORMATS
def test_logarithms_of_probabilities(form):
    x = tuple(log(p_j) for p_j in (0.5, 0.25, 0.125, 0.0625))  # of mass 0.9375
    p, h = [exp(x_j) for x_j in x], [(abs(x_j) + 16) * form.unit for x_j in x]
    q = softmax.probabilities(x, form, "log-probabilities")
    e = sum(p_j * h_j for p_j, h_j in zip(p, h, strict=True)) + len(x) * form.tiny
    assert q.eta == pytest.approx(h, rel=1e-12, abs=0)
    assert q.e == pytest.approx(e, rel=1e-12, abs=0)
    assert q.mismatch == pytest.approx(0.0625, rel=1e-12)
    left = 0.0625 + 2 * form.output_unit
    assert q.left == pytest.approx(left, rel=1e-12)
    error, size, tiny = 3e-9, 7.0, 4 * form.tiny
    shared = (2 + e) * error + (3 * (e + float(gamma(len(x) + 3, form))) + left) * size
    for bound, p_j, h_j in zip(q.chained(error, size), p, h, strict=True):
        close(bound, p_j * (shared + 2 * h_j * size) + tiny * size + tiny)
    shared = float(gamma(len(x), form)) + 0.0625 + e + left + 8 * form.unit  # SOFT has this error of its mass, too
    found = _bounds.cross_entropy.gradient_of_logits(x, SOFT, form, "log-probabilities")
    for bound, p_j, h_j, t_j in zip(found, p, h, SOFT, strict=True):
        close(bound, p_j * h_j + p_j * shared + left * t_j + 2 * form.unit + form.tiny)


@FORMATS
@pytest.mark.parametrize("t", [LABEL, SOFT])
def test_the_cross_entropy_of_logits(t, form):
    z = (0.5, -2.0, 3.25, 1.0)
    p, h = probabilities(z), eta(z, form)
    e = sum(p_j * h_j for p_j, h_j in zip(p, h, strict=True)) + len(z) * form.tiny
    added = float(gamma(len(t), form)) + 0.0625 if t == SOFT else 0.0
    carried = sum(t_j * h_j for t_j, h_j in zip(t, h, strict=True)) + e
    formula = carried + (4 * form.unit + added) * (2 * 3.25 + len(z)) + form.tiny
    close(_bounds.cross_entropy.value_of_logits(z, t, form), formula)
    found = _bounds.cross_entropy.gradient_of_logits(z, t, form)
    for bound, p_j, h_j in zip(found, p, h, strict=True):
        close(bound, p_j * h_j + p_j * added + 2 * form.unit + form.tiny)
    assert _bounds.cross_entropy.value_of_logits((-inf, 0.0, -inf, 0.0), t, form) == 0


@FORMATS
def test_the_squared_emd_of_logits(form):
    z = (0.5, -2.0, 3.25, 1.0)
    p, h = probabilities(z), eta(z, form)
    moved = 2 * (sum(p_j * h_j for p_j, h_j in zip(p, h, strict=True)) + len(z) * form.tiny)
    mass = sum(map(Fraction, p))
    p = [Fraction(p_j) / mass for p_j in p]  # the exact ones, to about a unit in the last place
    close(_bounds.squared_emd.value_of_logits(z, T, LINE, form), energy(p, T, [1] * 4, form, "any", Fraction(moved)))
    error = max(gradient(p, T, [1] * 4, form, "any", Fraction(moved)))
    D = accumulate(a - Fraction(b) for a, b in zip(p, T, strict=True))
    size = float(error + 2 * sum(map(abs, D)))
    chained = softmax.probabilities(z, form).chained(float(error), size)
    for bound, formula in zip(_bounds.squared_emd.gradient_of_logits(z, T, LINE, form), chained, strict=True):
        close(bound, float(formula))


@FORMATS
def test_the_penalty(form):
    k, exponent, bias, C = 2, 1.5, -0.25, len(P)
    f = [abs(i - k) ** exponent + abs(bias) for i in range(C)]
    rounding = float(gamma(C + 24 + int(4 * exponent * log(2)), form))
    given = (P, LABEL, LINE, exponent, bias, form)
    size = sum(p_i * p_i * f_i for p_i, f_i in zip(P, f, strict=True))
    close(_bounds.penalty.value(*given), rounding * size + 4 * C * form.tiny)
    g = [2 * p_i * rounding * f_i + 4 * form.tiny for p_i, f_i in zip(P, f, strict=True)]
    for bound, formula in zip(_bounds.penalty.gradient(*given), g, strict=True):
        close(bound, formula)
    close(_bounds.penalty.simplex_gradient(*given), 4 * max(g))
    close(_bounds.penalty.gradient_size(*given), max(2 * p_i * f_i for p_i, f_i in zip(P, f, strict=True)))


@FORMATS
def test_the_penalty_of_a_soft_target(form):
    exponent, bias, C = 1.5, -0.25, len(P)
    f = [sum(t_k * (abs(i - k) ** exponent + abs(bias)) for k, t_k in enumerate(SOFT)) for i in range(C)]
    rounding = float(gamma(2 * C + 24 + int(4 * exponent * log(4)), form))
    shift = 0.25 * 0.0625
    given = (P, SOFT, LINE, exponent, bias, form)
    size, squares = sum(p_i * p_i * f_i for p_i, f_i in zip(P, f, strict=True)), sum(p_i * p_i for p_i in P)
    close(_bounds.penalty.value(*given), rounding * size + shift * squares + 4 * C * form.tiny)
    for bound, p_i, f_i in zip(_bounds.penalty.gradient(*given), P, f, strict=True):
        close(bound, 2 * p_i * (rounding * f_i + shift) + 4 * form.tiny)
