"""Bounds of distances of logits and of logarithms are what their formulas give (5.5, 5.7, 7.3)."""

from fractions import Fraction
from itertools import accumulate
from math import exp, log

import pytest
from bound_formulas import FORMATS, T, close, energy, eta, gamma, gradient, probabilities
from emd_conformance import _bounds
from emd_conformance._bounds import softmax
from emd_conformance._bounds.analysis import analyse
from emd_conformance._exact.grounds import LINE, Circle, Line, Matrix, Tree

F = Fraction
Z = (0.5, -2.0, 3.25, 1.0)
LOGARITHMS = tuple(log(x) for x in (0.5, 0.25, 0.125, 0.0625))  # of mass 0.9375
MATRIX = Matrix(((0.0, 1.0, 3.0, 4.0), (1.0, 0.0, 2.0, 3.0), (3.0, 2.0, 0.0, 1.5), (4.0, 3.0, 1.5, 0.0)))
FARTHEST = {  # the sum of the weights of all cuts, or the largest entry
    "line": (LINE, 4),
    "positions": (Line((0.0, 1.0, 1.5, 4.0)), 4),
    "circle": (Circle(), 2),
    "tree": (Tree((4, 4, 4, 4, -1), (1.0, 0.5, 2.0, 0.25, 9.0)), 3.75),
    "matrix": (MATRIX, 4),
}
GROUNDS = pytest.mark.parametrize(("ground", "farthest"), FARTHEST.values(), ids=FARTHEST)
ENCODINGS = pytest.mark.parametrize("encoding", ["logits", "log-probabilities"])


def errors(encoding, form):
    """The logits or logarithms, p, its relative errors, the error of its mass, and what its mass lacks."""
    if encoding == "logits":
        x, p, h, lacking = Z, probabilities(Z), eta(Z, form), 0.0
    else:
        x, lacking = LOGARITHMS, 0.0625
        p, h = [exp(x_j) for x_j in x], [(abs(x_j) + 16) * form.unit for x_j in x]
    return x, p, h, sum(p_j * h_j for p_j, h_j in zip(p, h, strict=True)) + len(x) * form.tiny, lacking


@FORMATS
def test_the_squared_emd_of_logits(form):
    _, p, _, e, _ = errors("logits", form)
    mass = sum(map(F, p))
    p = [F(p_j) / mass for p_j in p]  # the exact ones, to about a unit in the last place
    close(_bounds.squared_emd.value_of_logits(Z, T, LINE, form), energy(p, T, [1] * 4, form, "any", F(2 * e)))
    error = max(gradient(p, T, [1] * 4, form, "any", F(2 * e)))
    D = accumulate(a - F(b) for a, b in zip(p, T, strict=True))
    size = float(error + 2 * sum(map(abs, D)))
    chained = softmax.probabilities(Z, form).chained(float(error), size)
    for bound, formula in zip(_bounds.squared_emd.gradient_of_logits(Z, T, LINE, form), chained, strict=True):
        close(bound, float(formula))


@GROUNDS
@ENCODINGS
@FORMATS
def test_the_squared_emd_carries_the_errors_of_p(ground, farthest, encoding, form):
    x, p, h, _, _ = errors(encoding, form)
    q = softmax.probabilities(x, form, encoding)
    found = analyse(q.p, T, ground, form, "any", [a * b for a, b in zip(map(float, q.p), q.eta, strict=True)])
    assert q.errors == pytest.approx([a * b for a, b in zip(p, h, strict=True)], rel=1e-12, abs=0)
    close(_bounds.squared_emd.value_of_logits(x, T, ground, form, encoding), found.energy)
    error = max(found.gradient) + found.constant
    chained = q.chained(error, error + found.largest)
    assert _bounds.squared_emd.gradient_of_logits(x, T, ground, form, encoding) == chained


@GROUNDS
@ENCODINGS
@FORMATS
def test_the_emd_moves_by_the_largest_distance(ground, farthest, encoding, form):
    x, _, _, e, lacking = errors(encoding, form)
    moved = 4 * (e + lacking) * farthest * (1 + float(gamma(len(x) + 4, form)))
    close(_bounds.emd.carried(x, ground, form, encoding), moved)
    q = softmax.probabilities(x, form, encoding)
    of_p = _bounds.emd.value(q.p, T, ground, form, "any")
    close(_bounds.emd.value_of_logits(x, T, ground, form, encoding), float(of_p) + moved / 2)


@GROUNDS
@ENCODINGS
@FORMATS
def test_a_subgradient_has_entries_up_to_twice_the_largest_distance(ground, farthest, encoding, form):
    x, *_ = errors(encoding, form)
    error = float(gamma(len(x) + 3, form)) * 2 * farthest
    chained = softmax.probabilities(x, form, encoding).chained(error, 2 * farthest)
    for bound, formula in zip(_bounds.emd.gradient_of_logits(x, ground, form, encoding), chained, strict=True):
        close(bound, float(formula))


@FORMATS
def test_without_an_encoding_numbers_are_logits(form):
    for bound in (_bounds.squared_emd.value_of_logits, _bounds.squared_emd.gradient_of_logits):
        assert bound(Z, T, LINE, form) == bound(Z, T, LINE, form, "logits")
    assert _bounds.emd.value_of_logits(Z, T, LINE, form) == _bounds.emd.value_of_logits(Z, T, LINE, form, "logits")
