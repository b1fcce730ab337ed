"""Cross-entropies, penalties, EMDs and their sums are examined on every ground, target and input, with gradients."""

from fractions import Fraction

import emd_conformance
import numpy as np
import pytest
import torch
from emd_conformance import exact
from emd_conformance.defects import expressions, right_expressions
from emd_conformance.defects._register import REGISTER, Defect

import emd_ref

MODULES = (expressions.__name__, right_expressions.__name__)
ENTRIES = [entry for entry in REGISTER if entry.module in MODULES]
P, T = [0.5, 0.25, 0.125, 0.125], [0.25, 0.25, 0.0, 0.5]
GROUND = exact.Line((0.0, 1.0, 2.5, 3.0))


@pytest.mark.costly
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_right_losses_conform_and_wrong_ones_are_named(entry):
    report = emd_conformance.run(entry.loss, **{**entry.declares, "classes": (2, 3, 4)})
    if isinstance(entry, Defect):
        assert report.verdict == "does-not-conform"
        assert next(f.id for f in report.findings if f.kind != "advice") == entry.finding
    else:
        assert report.verdict == "conforms", report
        assert {result.quantity for result in report.examined} >= {"value", "gradient"}


@pytest.mark.costly
@pytest.mark.parametrize("ground", ["line", "positions", "circle", "tree", "matrix"])
def test_the_cross_entropy_is_examined_on_every_ground(ground):
    def loss(p, t, *rest):
        with np.errstate(divide="ignore", invalid="ignore"):
            return -np.where(t > 0, t * np.log(p), 0).sum(-1)

    report = emd_conformance.run(loss, computes="XE", ground=ground)
    assert report.verdict == "conforms", report
    assert len(report.examined) > 20


def slope(function, x, j, step=1e-6):
    up, down = ([v + (i == j) * h for i, v in enumerate(x)] for h in (step, -step))
    return float(function(up) - function(down)) / (2 * step)


@pytest.mark.parametrize("exponent", [1, 2.5])
def test_gradients_are_differences_of_the_values(exponent):
    power = {"ground": GROUND, "exponent": exponent, "bias": 0.25}
    pairs = [
        (lambda p: exact.cross_entropy(p, T).middle, exact.cross_entropy_gradient(P, T)),
        (
            lambda p: exact.ground_distance_penalty(p, T, **power).middle,
            exact.ground_distance_penalty_gradient(P, T, **power),
        ),
        (
            lambda z: exact.ground_distance_penalty(z, T, from_logits=True, **power).middle,
            exact.ground_distance_penalty_gradient(P, T, from_logits=True, **power),
        ),
        (
            lambda z: exact.cross_entropy(z, T, from_logits=True).middle,
            exact.cross_entropy_gradient(P, T, from_logits=True),
        ),
    ]
    for function, gradient in pairs:
        for j, g in enumerate(gradient):
            assert float(g.middle) == pytest.approx(slope(function, P, j), abs=1e-7)


def test_the_penalty_of_a_target_distribution_is_the_mean_over_its_labels():
    labels = [exact.ground_distance_penalty(P, k, ground=GROUND, bias=0.5).lo for k in range(4)]
    mean = sum(Fraction(t) * R for t, R in zip(T, labels, strict=True))
    assert exact.ground_distance_penalty(P, T, ground=GROUND, bias=0.5).lo == mean


def test_the_reference_agrees_with_the_suite():
    p, t = np.array([P]), np.array([T])
    assert emd_ref.cross_entropy(p, t)[0] == pytest.approx(float(exact.cross_entropy(P, T).middle), rel=1e-15)
    from_logits = emd_ref.cross_entropy(p, t, from_logits=True)[0]
    assert from_logits == pytest.approx(float(exact.cross_entropy(P, T, from_logits=True).middle), rel=1e-15)


def test_both_conventions_of_a_gradient_by_logarithms_conform_and_a_third_does_not():
    def emd(p, t):
        return (p - t).cumsum(-1).square().sum(-1)

    class Shifted(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, t):
            p = x.exp()
            g = 2 * (p - t).cumsum(-1).flip(-1).cumsum(-1).flip(-1)
            ctx.save_for_backward(p, g)
            return emd(p, t)

        @staticmethod
        def backward(ctx, up):
            p, g = ctx.saved_tensors
            return up[:, None] * (p * g + 1), None  # a constant, which is no multiple of p

    options = {"input": "log-probabilities", "array": "torch", "grad": "autograd", "classes": (2, 3)}
    for right in (lambda x, t: emd(x.exp(), t), lambda x, t: emd(x.softmax(-1), t)):
        assert emd_conformance.run(right, **options).verdict == "conforms"
    assert emd_conformance.run(Shifted.apply, **options).verdict == "does-not-conform"


def test_a_cross_entropy_may_have_no_gradient_where_a_probability_is_0_but_must_have_the_others():
    def loss(p, t):
        return -torch.xlogy(t, p).sum(-1)

    def half(p, t):
        return -torch.xlogy(t, (p + p.detach()) / 2).sum(-1)

    options = {"computes": "XE", "array": "torch", "grad": "autograd", "classes": (3, 4)}
    assert emd_conformance.run(loss, **options).verdict == "conforms"
    assert emd_conformance.run(half, **options).verdict == "does-not-conform"
