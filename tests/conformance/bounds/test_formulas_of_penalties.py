"""Bounds of the penalty are what its formulas give, for labels and soft targets (6.2, 6.4, 7.3)."""

from fractions import Fraction
from math import exp, log

import pytest
from bound_formulas import FORMATS, LABEL, SOFT, P, close, eta, gamma, probabilities
from emd_conformance import _bounds
from emd_conformance._bounds import softmax
from emd_conformance._bounds.precision import FLOAT64
from emd_conformance._exact.grounds import LINE, Circle, Line, Matrix, Tree

Z = (0.5, -2.0, 3.25, 1.0)
LOGARITHMS = tuple(log(x) for x in (0.5, 0.25, 0.125, 0.0625))  # of mass 0.9375
G = ((0.0, 1.0, 3.0, 4.0), (1.0, 0.0, 2.0, 3.0), (3.0, 2.0, 0.0, 0.125), (4.0, 3.0, 0.125, 0.0))
TREE = Tree((4, 4, 4, 4, -1), (1.0, 0.5, 2.0, 0.25, 9.0))
GROUNDS = {  # the distances; a bound of |log G| to class 2, and of all |log G|
    "line": (LINE, [[abs(i - j) for j in range(4)] for i in range(4)], log(2), log(4)),
    "circle": (Circle(), [[min(abs(i - j), 4 - abs(i - j)) for j in range(4)] for i in range(4)], log(2), log(2)),
    "positions": (
        Line((0.0, 1.0, 1.125, 4.0)),
        [[abs(x - y) for y in (0.0, 1.0, 1.125, 4.0)] for x in (0.0, 1.0, 1.125, 4.0)],
        log(8),
        log(8),
    ),
    "tree": (
        TREE,
        [[0, 1.5, 3, 1.25], [1.5, 0, 2.5, 0.75], [3, 2.5, 0, 2.25], [1.25, 0.75, 2.25, 0]],
        log(3),
        log(4),  # an edge has length 1/4, and all of them 3.75
    ),
    "matrix": (Matrix(G), G, log(8), log(8)),
}
EVERY = pytest.mark.parametrize(("ground", "G", "to_label", "between"), GROUNDS.values(), ids=GROUNDS)
TARGETS = pytest.mark.parametrize("t", [LABEL, SOFT], ids=["label", "soft"])
EXPONENTS = pytest.mark.parametrize(("exponent", "bias"), [(1.5, -0.25), (1, 0), (2, 0.5), (0.5, 0.25)])


def parts(t, G, exponent, bias, form, to_label, between):
    """The factors, their relative error, and the error of a mass that is counted as 1."""
    f = [sum(t_k * (G[i][k] ** exponent + abs(bias)) for k, t_k in enumerate(t)) for i in range(4)]
    additions, largest = (4, to_label) if t == LABEL else (8, between)
    rounding = float(gamma(additions + 24 + int(4 * exponent * largest), form))
    return f, rounding, abs(bias) * (0 if t == LABEL else 0.0625)


@EVERY
@TARGETS
@EXPONENTS
@FORMATS
def test_the_penalty_of_probabilities(ground, G, to_label, between, t, exponent, bias, form):
    f, rounding, shift = parts(t, G, exponent, bias, form, to_label, between)
    given = (P, t, ground, exponent, bias, form)
    size, squares = sum(p_i * p_i * f_i for p_i, f_i in zip(P, f, strict=True)), sum(p_i * p_i for p_i in P)
    close(_bounds.penalty.value(*given), rounding * size + shift * squares + 4 * 4 * form.tiny)
    g = [2 * p_i * (rounding * f_i + shift) + 4 * form.tiny for p_i, f_i in zip(P, f, strict=True)]
    for bound, formula in zip(_bounds.penalty.gradient(*given), g, strict=True):
        close(bound, formula)
    close(_bounds.penalty.simplex_gradient(*given), 4 * max(g))
    close(_bounds.penalty.gradient_size(*given), max(2 * p_i * f_i for p_i, f_i in zip(P, f, strict=True)))


@EVERY
@TARGETS
@EXPONENTS
@FORMATS
@pytest.mark.parametrize("encoding", ["logits", "log-probabilities"])
def test_the_penalty_of_logits(ground, G, to_label, between, t, exponent, bias, form, encoding):
    f, rounding, shift = parts(t, G, exponent, bias, form, to_label, between)
    if encoding == "logits":
        x, p, h, lacking = Z, probabilities(Z), eta(Z, form), 0.0
    else:
        x, lacking = LOGARITHMS, 0.0625
        p, h = [exp(x_j) for x_j in x], [(abs(x_j) + 16) * form.unit for x_j in x]
    given, q = (t, ground, exponent, bias, form), softmax.probabilities(x, form, encoding)
    carried = sum(3 * (h_i + lacking) * p_i * p_i * f_i for h_i, p_i, f_i in zip(h, p, f, strict=True))
    of_p = float(_bounds.penalty.value(q.p, *given))
    close(_bounds.penalty.value_of_logits(x, *given, encoding), of_p + carried)
    sizes = [2 * p_i * f_i for p_i, f_i in zip(p, f, strict=True)]
    error = max(s * (rounding + 2 * (h_i + lacking)) for s, h_i in zip(sizes, h, strict=True)) + 2 * shift
    chained = q.chained(error, max(sizes) + error)
    for bound, formula in zip(_bounds.penalty.gradient_of_logits(x, *given, encoding), chained, strict=True):
        close(bound, float(formula))


@FORMATS
def test_classes_may_be_at_no_distance(form):
    given = ((1.0,), (1.0,), LINE, 1, 0, form)
    close(_bounds.penalty.value(*given), 4 * form.tiny)
    assert _bounds.penalty.gradient_size(*given) == 0
    biased = ((1.0,), (1.0,), LINE, 1, Fraction(1, 2), form)
    close(_bounds.penalty.value(*biased), float(gamma(25, form)) / 2 + 4 * form.tiny)
    together = ((0.5, 0.5), (0.5, 0.5), Matrix(((0, 0), (0, 0))), 1, Fraction(1, 2), form)
    close(_bounds.penalty.value(*together), float(gamma(28, form)) / 4 + 4 * 2 * form.tiny)


def test_without_an_encoding_numbers_are_logits():
    given = (Z, LABEL, LINE, 1.5, 0.25, FLOAT64)
    for bound in (_bounds.penalty.value_of_logits, _bounds.penalty.gradient_of_logits):
        assert bound(*given) == bound(*given, "logits")
