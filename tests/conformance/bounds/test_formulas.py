"""Every bound is the number that its formula gives: those of clause 7.3, and those that the modules state.

The formulas are written anew here, in fractions, for a class k at a time. A bound is rounded up by 2^-30 at most.
"""

from fractions import Fraction
from itertools import accumulate, pairwise
from math import exp, inf, log, log1p

import pytest
from emd_conformance import _bounds
from emd_conformance._bounds import ordinal, softmax
from emd_conformance._bounds.analysis import analyse
from emd_conformance._bounds.precision import FLOAT64, PRECISIONS
from emd_conformance._exact.grounds import LINE, Circle, Line, Matrix, Tree

P, T = (0.5, 0.125, 0.25, 0.125), (0.0625, 0.5, 0.0, 0.4375)
UNEQUAL = (0.5, 0.125, 0.25, 0.1875)  # of mass 1.0625
X = (0.0, 1.0, 1.5, 4.0)
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


LINES = pytest.mark.parametrize(
    ("ground", "w"), [(LINE, [1, 1, 1, 1]), (Line(X), [1, Fraction(1, 2), Fraction(5, 2), 0])], ids=["1", "positions"]
)
FORMATS = pytest.mark.parametrize("form", [FLOAT64, NATIVE], ids=["float64", "float32"])
KINDS = pytest.mark.parametrize("kind", ["scan", "any"])


@LINES
@FORMATS
@KINDS
@pytest.mark.parametrize("p", [P, UNEQUAL, T, (0.0, 1.0, 0.0, 0.0)])
def test_the_squared_emd_on_a_line(p, ground, w, form, kind):
    close(_bounds.squared_emd.value(p, T, ground, form, kind), energy(p, T, w, form, kind))
    g = gradient(p, T, w, form, kind)
    for bound, formula in zip(_bounds.squared_emd.gradient(p, T, ground, form, kind), g, strict=True):
        close(bound, formula)
    W, delta = sum(w), abs(sum(map(Fraction, p)) - sum(map(Fraction, T)))
    close(_bounds.squared_emd.simplex_gradient(p, T, ground, form, kind), 4 * max(g) + 4 * (W + 1) * delta)
    D = accumulate(Fraction(a) - Fraction(b) for a, b in zip(p, T, strict=True))
    if p != T:
        size = 2 * sum(w_k * abs(D_k) for w_k, D_k in zip(w, D, strict=True))
        close(_bounds.squared_emd.gradient_size(p, T, ground, form), size)


@LINES
@FORMATS
@KINDS
@pytest.mark.parametrize("p", [P, UNEQUAL])
def test_the_emd_on_a_line(p, ground, w, form, kind):
    C, W, tau = len(p), sum(w), Fraction(form.tiny)
    _, m, e, _, _ = of_cuts(p, T, w, form, kind)
    formula = sum(w_k * e_k for w_k, e_k in zip(w, e, strict=True))
    formula += gamma(C + 3, form) * sum(w_k * (m_k + e_k) for w_k, m_k, e_k in zip(w, m, e, strict=True))
    close(_bounds.emd.value(p, T, ground, form, kind), formula + (C + 2) * (1 + W) * tau)


@FORMATS
def test_the_emd_on_a_circle_has_twice_the_bound_of_a_line(form):
    C, tau = len(P), Fraction(form.tiny)
    _, m, e, _, _ = of_cuts(P, T, [1] * C, form, "scan")
    formula = sum(e) + gamma(C + 3, form) * (sum(m) + sum(e))
    close(_bounds.emd.value(P, T, Circle(), form, "scan"), 2 * formula + (C + 2) * (1 + C) * tau)


@FORMATS
def test_the_optimality_gap(form):
    w, _, e, _, A = of_cuts(P, T, [1] * 4, form, "any")
    rounding = gamma(len(w) + 3, form) + Fraction(form.output_unit)
    close(_bounds.emd.subgradient_gap(P, T, LINE, form), 4 * sum(e) + rounding * sum(w) * A + Fraction(form.least))
    off = abs(sum(map(Fraction, UNEQUAL)) - 1)
    w, _, e, _, A = of_cuts(UNEQUAL, T, [1] * 4, form, "any")
    formula = 4 * sum(e) + rounding * sum(w) * A + Fraction(form.least) + 2 * off * 4  # W, the weight of all cuts
    close(_bounds.emd.subgradient_gap(UNEQUAL, T, LINE, form), formula)


@FORMATS
@KINDS
def test_a_tree_whose_edges_are_the_cuts_of_its_classes(form, kind):
    """A star: the cuts are the classes, which the root is not."""
    C, tau = len(P), Fraction(form.tiny)
    lengths = (1.0, 0.5, 2.0, 0.25)
    ground = Tree((4, 4, 4, 4, -1), (*lengths, 0.0))
    d, A = sizes(P, T), Fraction(2)
    if kind == "scan":
        e, m = [gamma(C, form) * x + 2 * C * tau for x in d], d
    else:
        e, m = [gamma(2 * C + 4, form) * A + 2 * C * tau] * C, d
    w, n = [Fraction(x) for x in lengths], len(list(ground.weights(C)))
    B = sum(w_k * (2 * m_k * e_k + e_k**2) for w_k, m_k, e_k in zip(w, m, e, strict=True))
    B += gamma(n + 4, form) * sum(w_k * (m_k + e_k) ** 2 for w_k, m_k, e_k in zip(w, m, e, strict=True))
    B += (n + 2) * (1 + sum(w)) * tau
    if kind == "any":
        a = [Fraction(x) + Fraction(y) for x, y in zip(P, T, strict=True)]
        B = max(B, gamma(2 * C + 4, form) * sum(w_k * a_k * (A - a_k) for w_k, a_k in zip(w, a, strict=True)))
    close(_bounds.squared_emd.value(P, T, ground, form, kind), B)


@FORMATS
def test_a_circle(form):
    C, tau = len(P), Fraction(form.tiny)
    e = 2 * gamma(C + 3, form) * sum(sizes(P, T)) + 4 * C * tau
    ground = Circle()
    weights = [Fraction(x) for x in ground.weights(C)]
    D = [*accumulate(Fraction(a) - Fraction(b) for a, b in zip(P, T, strict=True))]
    found = analyse(P, T, ground, form, "scan")
    assert all(abs(x - e) <= WIDTH * e for x in map(Fraction, found.e))
    rounding = gamma(C + 3, form)
    terms = [2 * w * (e + rounding * (Fraction(m) + e)) for w, m in zip(weights, found.m, strict=True)]
    for bound in _bounds.squared_emd.gradient(P, T, ground, form, "scan"):
        close(bound, sum(terms) + C * tau)  # an arc may be that on either side
    assert {float(abs(x - y)) for x in D for y in D} >= {*found.m}


G = ((0.0, 1.0, 3.0, 4.0), (1.0, 0.0, 2.0, 3.0), (3.0, 2.0, 0.0, 1.5), (4.0, 3.0, 1.5, 0.0))


@FORMATS
@KINDS
def test_a_matrix(form, kind):
    C, tau = len(P), Fraction(form.tiny)
    s = sizes(P, T) if kind == "scan" else [Fraction(a) + Fraction(b) for a, b in zip(P, T, strict=True)]
    times = [sum(Fraction(x) * y for x, y in zip(row, s, strict=True)) for row in G]
    underflow = 2 * C * C * (1 + 4) * tau
    half = sum(x * y for x, y in zip(s, times, strict=True)) / 2
    close(_bounds.squared_emd.value(P, T, Matrix(G), form, kind), gamma(2 * C + 4, form) * half + underflow)
    rounding = gamma(C + 2 if kind == "scan" else 2 * C + 4, form)
    for bound, x in zip(_bounds.squared_emd.gradient(P, T, Matrix(G), form, kind), times, strict=True):
        close(bound, rounding * x + underflow)
    programme = Fraction(2) * 4 * (Fraction(1e-12) + gamma(2 * C + 4, form)) + C * tau
    close(_bounds.emd.value(P, T, Matrix(G), form, kind), programme)
    gap = 2 * programme + Fraction(form.output_unit) * 2 * 4
    close(_bounds.emd.subgradient_gap(P, T, Matrix(G), form), gap)


LABEL, SOFT = (0.0, 0.0, 1.0, 0.0), (0.25, 0.0, 0.5, 0.1875)  # of mass 0.9375


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


Z = (0.5, -2.0, 3.25, -inf)


def eta(z, form):
    top, size = max(z), max(abs(x) for x in z if x > -inf)
    return [0.0 if x == -inf else (abs(x) + size + abs(x - top) + len(z) + 16) * form.unit for x in z]


def probabilities(z):
    powers = [exp(x) for x in z]
    return [x / sum(powers) for x in powers]


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


@FORMATS
def test_outputs_of_ordinal_models(form):
    z = (1.5, -0.5, -3.0)

    def loss(x):
        return max(-x, 0.0) + log1p(exp(-abs(x)))  # |log σ(x)|

    def eta_of(k, L):
        return ((k + 8) * L + 8 * k + 16) * form.unit

    alone = [eta_of(1, loss(x)) for x in z]
    assert ordinal.relative_errors(z, form, "cumulative-logits") == pytest.approx(alone, rel=1e-12, abs=0)
    products = [eta_of(k, L) for k, L in enumerate(accumulate(map(loss, z)), 1)]
    assert ordinal.relative_errors(z, form, "conditional-logits") == pytest.approx(products, rel=1e-12, abs=0)
    S = [exp(-loss(x)) for x in z]
    parts = [0.0, *(a * b for a, b in zip(S, alone, strict=True)), 0.0]
    wanted = [a + b + 2 * form.unit for a, b in pairwise(parts)]
    assert ordinal.errors(z, form, "cumulative-logits") == pytest.approx(wanted, rel=1e-12, abs=0)


@FORMATS
@pytest.mark.parametrize("output", ["cumulative-logits", "conditional-logits"])
def test_gradients_of_ordinal_models(output, form):
    z = (1.5, -0.5, -3.0)
    off = analyse(ordinal.middles(z, output), T, LINE, form, "any", ordinal.errors(z, form, output))
    close(_bounds.squared_emd.value_of_logits(z, T, LINE, form, output), off.energy)
    B = max(off.gradient) + off.constant
    M = 2 * (off.largest + B)
    sigmoids = [1 / (1 + exp(-x)) for x in z]
    S = sigmoids if output == "cumulative-logits" else [*accumulate(sigmoids, lambda a, b: a * b)]
    h = ordinal.relative_errors(z, form, output)
    summands = [S_k * (2 * B + (h_k + (len(z) + 17) * form.unit) * M) for S_k, h_k in zip(S, h, strict=True)]
    found = _bounds.squared_emd.gradient_of_logits(z, T, LINE, form, output)
    for i, bound in enumerate(found):
        places = range(i, len(z)) if output == "conditional-logits" else [i]
        formula = (1 - sigmoids[i]) * sum(summands[k] for k in places) + 6 * form.unit * len(places) * M
        close(bound, formula + 4 * len(z) * form.tiny * (M + 1))
