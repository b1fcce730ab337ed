"""Roundings are counted by the number of classes: the formulas of 7.3 for two, three and six of them."""

from fractions import Fraction
from itertools import accumulate

import pytest
from bound_formulas import COARSE, close, energy, eta, gamma, gradient, of_cuts, of_squares, of_work, sizes, sums
from emd_conformance import _bounds
from emd_conformance._bounds import softmax
from emd_conformance._bounds.analysis import analyse
from emd_conformance._bounds.precision import FLOAT64
from emd_conformance._exact.grounds import LINE, Circle, Matrix, Tree

F = Fraction
CLASSES = pytest.mark.parametrize("classes", [2, 3, 6])
FORMATS = pytest.mark.parametrize("form", [FLOAT64, COARSE], ids=["float64", "coarse"])
KINDS = pytest.mark.parametrize("kind", ["scan", "any"])


def sample(classes):
    """Halves, quarters and so on from the left, and from the right."""
    p = [F(1, 2 ** min(k, classes - 1)) for k in range(1, classes + 1)]
    return p, p[::-1]


@CLASSES
@FORMATS
@KINDS
def test_a_line(classes, form, kind):
    (p, t), ones, tau = sample(classes), [1] * classes, F(form.tiny)
    close(_bounds.squared_emd.value(p, t, LINE, form, kind), energy(p, t, ones, form, kind))
    found = _bounds.squared_emd.gradient(p, t, LINE, form, kind)
    for bound, formula in zip(found, gradient(p, t, ones, form, kind), strict=True):
        close(bound, formula)
    _, m, e, _, A = of_cuts(p, t, ones, form, kind)
    work = of_work(ones, m, e, form) + (classes + 2) * (1 + classes) * tau
    close(_bounds.emd.value(p, t, LINE, form, kind), work)
    if kind == "any":
        rounding = gamma(classes + 3, form) + F(form.output_unit)
        gap = 4 * sum(e) + rounding * classes * A + F(form.least)
        close(_bounds.emd.subgradient_gap(p, t, LINE, form), gap)


@CLASSES
@FORMATS
def test_the_products_of_equal_distributions(classes, form):
    p, ones = sample(classes)[0], [1] * classes
    close(_bounds.squared_emd.value(p, p, LINE, form, "any"), energy(p, p, ones, form, "any"))


@CLASSES
@FORMATS
@KINDS
def test_arcs_and_leaves(classes, form, kind):
    (p, t), tau = sample(classes), F(form.tiny)
    d, n = sizes(p, t), classes
    arcs = [2 * gamma(n + 3, form) * sum(d) if kind == "scan" else 2 * gamma(2 * n + 4, form) * 2] * n
    assert analyse(p, t, Circle(), form, kind).e == pytest.approx([float(x + 4 * n * tau) for x in arcs], rel=1e-12)
    star = Tree((*[n] * n, -1), (*range(1, n + 1), 0))
    leaves = [gamma(n, form) * x if kind == "scan" else gamma(2 * n + 4, form) * 2 for x in d]
    e = [x + 2 * n * tau for x in leaves]
    root = 2 * n * tau + (gamma(n, form) * sum(d) if kind == "scan" else gamma(2 * n + 4, form) * 2)
    found = analyse(p, t, star, form, kind)
    assert sorted(found.e) == pytest.approx(sorted(float(x) for x in [*e, root]), rel=1e-12)
    w = [F(x) for x in found.w]
    B = of_squares(w, [F(x) for x in found.m], [F(x) for x in found.e], form)
    if kind == "scan":
        close(_bounds.squared_emd.value(p, t, star, form, kind), B)


@CLASSES
@FORMATS
@KINDS
def test_a_matrix(classes, form, kind):
    (p, t), n, tau = sample(classes), classes, F(form.tiny)
    G = tuple(tuple(abs(i - j) for j in range(n)) for i in range(n))
    s = sizes(p, t) if kind == "scan" else sums(p, t)
    times = [sum(x * y for x, y in zip(row, s, strict=True)) for row in G]
    underflow, half = 2 * n * n * n * tau, sum(x * y for x, y in zip(s, times, strict=True)) / 2
    close(_bounds.squared_emd.value(p, t, Matrix(G), form, kind), gamma(2 * n + 4, form) * half + underflow)
    rounding = gamma(n + 2 if kind == "scan" else 2 * n + 4, form)
    for bound, x in zip(_bounds.squared_emd.gradient(p, t, Matrix(G), form, kind), times, strict=True):
        close(bound, rounding * x + underflow)
    programme = 2 * (n - 1) * (F(1e-12) + gamma(2 * n + 4, form)) + n * tau
    close(_bounds.emd.value(p, t, Matrix(G), form, kind), programme)


@CLASSES
@FORMATS
def test_softmax(classes, form):
    z = tuple(0.5 * k for k in range(classes))
    q = softmax.probabilities(z, form)
    assert q.eta == pytest.approx(eta(z, form), rel=1e-12)
    assert q.e == pytest.approx(sum(q.errors) + classes * form.tiny, rel=1e-12)
    error, size, tiny = 0.5, 3.0, 4 * form.tiny
    shared = (2 + q.e) * error + 3 * (q.e + float(gamma(classes + 3, form))) * size
    for bound, p_j, eta_j in zip(q.chained(error, size), q.p, q.eta, strict=True):
        close(bound, float(p_j) * (shared + 2 * eta_j * size) + tiny * size + tiny)
    moved = 4 * q.e * classes * (1 + float(gamma(classes + 4, form)))
    close(_bounds.emd.carried(z, LINE, form, "logits"), moved)
    chained = q.chained(float(gamma(classes + 3, form)) * 2 * classes, 2 * classes)
    for bound, formula in zip(_bounds.emd.gradient_of_logits(z, LINE, form, "logits"), chained, strict=True):
        close(bound, float(formula))


@CLASSES
@FORMATS
@pytest.mark.parametrize("soft", [True, False])
def test_the_penalty(classes, form, soft):
    p, t = sample(classes)[0], [F(1, 2), F(1, 2), *[0] * (classes - 2)] if soft else [1, *[0] * (classes - 1)]
    f = [sum(t_k * abs(i - k) for k, t_k in enumerate(t)) for i in range(classes)]
    logarithm = {2: 0.0, 3: 0.6931, 6: 1.6094}[classes]  # of the largest distance to the label, or ...
    logarithm = {2: 0.6931, 3: 1.0986, 6: 1.7918}[classes] if soft else logarithm  # ... of the sum of all weights
    rounding = gamma((2 if soft else 1) * classes + 24 + int(4 * logarithm), form)
    size = sum(x * x * f_i for x, f_i in zip(p, f, strict=True))
    formula = rounding * size + 4 * classes * F(form.tiny)
    close(_bounds.penalty.value(p, t, LINE, 1, 0, form), formula)


@CLASSES
@FORMATS
def test_the_products_of_prefixes(classes, form):
    p, t = sample(classes)
    found = analyse(p, t, LINE, form, "any")
    a = [*accumulate(sums(p, t))]
    assert found.products == pytest.approx(float(sum(x * (2 - x) for x in a)), rel=1e-12)
