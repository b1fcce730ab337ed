"""Bounds of softmax and of the cross-entropy are what their formulas give (5.5, 6.1, 7.3)."""

from dataclasses import FrozenInstanceError, replace
from math import exp, inf, log

import pytest
from bound_formulas import FORMATS, LABEL, SOFT, P, close, eta, gamma, probabilities
from emd_conformance import _bounds
from emd_conformance._bounds import softmax
from emd_conformance._bounds.precision import FLOAT64
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
def test_without_a_mass_only_underflow_is_left(form):
    """A label of probability 1, and logits of one class."""
    close(_bounds.cross_entropy.value((1.0, 0.0), (1, 0), form), form.tiny)
    close(_bounds.cross_entropy.value((1.0, 1.0), (0.5, 0.5), form), 2 * form.tiny)
    assert softmax.probabilities((-inf, 7.0, -inf), form).eta == [0.0, (7 + 7 + 3 + 16) * form.unit, 0.0]


@FORMATS
def test_an_error_that_allows_any_probability_is_finite(form):
    z = (2.0**1000, -(2.0**1000), 1.0, -inf)
    assert softmax.relative_errors(z, form) == [2.0**400, 2.0**400, 2.0**400, 0.0]
    assert all(0 < x < inf for x in softmax.probabilities(z, form).chained(1.0, 1.0))


def test_the_error_of_a_mass_is_its_distance_from_1():
    assert softmax.mass_error(SOFT) == 0.0625
    assert softmax.mass_error((0.5, 0.75)) == 0.25
    assert softmax.mass_error(LABEL) == 0
    assert softmax.largest_magnitude((-inf, -3.0, 2.0)) == 3


@FORMATS
def test_a_target_beside_a_whole_class_is_soft(form):
    t, unit = (1.0, 2.0**-40), form.unit
    formula = (8 * unit + float(gamma(2, form))) * (1 + 2.0**-40) * log(2) + 2 * form.tiny
    close(_bounds.cross_entropy.value((0.5, 0.5), t, form), formula)


def test_only_an_infinite_value_has_no_rounding_error():
    assert _bounds.cross_entropy.value_of_logits((0.0, -inf), (0.5, 0.5), FLOAT64) == 0
    assert _bounds.cross_entropy.value_of_logits((0.0, -inf), (1, 0), FLOAT64) > 0
    assert _bounds.cross_entropy.value_of_logits((0.0, 1.0), (0.5, 0.5), FLOAT64) > 0


def test_probabilities_are_kept_and_cannot_be_changed():
    found = softmax.probabilities([0.0, 1.0], FLOAT64)
    assert softmax.probabilities((0.0, 1.0), FLOAT64) is found
    with pytest.raises(FrozenInstanceError):
        found.e = 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda p, t: _bounds.cross_entropy.value(p, t, FLOAT64),
        lambda p, t: _bounds.cross_entropy.gradient_size(p, t, FLOAT64),
        lambda p, t: _bounds.cross_entropy.value_of_logits(p, t, FLOAT64),
        lambda p, t: _bounds.cross_entropy.gradient_of_logits(p, t, FLOAT64),
        lambda p, t: replace(softmax.probabilities(p, FLOAT64), eta=[*t]).errors,
        lambda p, t: replace(softmax.probabilities(p, FLOAT64), eta=[*t]).chained(1.0, 1.0),
        lambda p, t: _bounds.penalty.gradient(p, t, LINE, 1, 0, FLOAT64),
        lambda p, t: _bounds.penalty.gradient_size(p, t, LINE, 1, 0, FLOAT64),
        lambda p, t: _bounds.penalty.value_of_logits(p, t, LINE, 1, 0, FLOAT64),
        lambda p, t: _bounds.penalty.gradient_of_logits(p, t, LINE, 1, 0, FLOAT64),
    ],
)
def test_predictions_and_targets_have_the_same_classes(call):
    for p, t in (((0.5, 0.5), (0.5, 0.25, 0.25)), ((0.5, 0.25, 0.25), (0.5, 0.5))):
        with pytest.raises(ValueError, match="argument"):
            call(p, t)
