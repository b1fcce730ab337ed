"""A table of small losses, and what the report must say first: a cause that is the cause, or that none is known."""

import emd_conformance
import losses
import numpy as np
import pytest
import torch
from losses import free_gradient, one_hot, scan, softmax

pytestmark = pytest.mark.thorough  # whole runs of the suite: the functions have tests of their own

SMALL = {"classes": (1, 2, 3, 4, 5, 10)}


def cumulative(p, t):
    return np.cumsum(p - t, -1)


def single(p, t):
    return scan(p.astype(np.float32), t.astype(np.float32))


def blurred(k, classes, width):
    weights = np.exp(-np.square(np.arange(classes) - k[:, None]) / (2 * width**2))
    return weights / weights.sum(-1, keepdims=True)


def positive_only(p, t):
    with np.errstate(all="ignore"):
        return scan(p, t) + 0 * np.log(p).sum(-1)


def of_one_sample(p, t):
    return float(scan(p, t)) / max(len(p) - 1, 1)


def clipped(gradient, limit):
    return lambda p, t: np.clip(gradient(p, t), -limit, limit)


VALUES = [
    # what only looked like another way to call, or like a low precision
    ("probabilities-clipped", lambda p, t: scan(np.clip(p, 0.01, 0.99), t), {}),
    ("target-smoothed", lambda p, t: scan(p, 0.95 * t + 0.05 / p.shape[-1]), {}),
    ("constant-added", lambda p, t: scan(p, t) + 1e-12, {}),
    ("first-class-left-out", lambda p, t: scan(p[..., 1:], t[..., 1:]), {}),
    ("class-weights", lambda p, t: (np.square(cumulative(p, t)) * np.arange(1, p.shape[-1] + 1)).sum(-1), {}),
    ("computes='100*E/C'", lambda p, t: 100 * scan(p, t) / p.shape[-1], {}),
    ("computes='E/(C-1)'", of_one_sample, {"batched": False}),
    ("low-precision", lambda p, t: np.round(scan(p, t), 4), {}),
    ("nan-at-zero", positive_only, {}),
    # numbers
    ("constant-factor", lambda p, t: 1.37 * scan(p, t), {}),
    ("computes='3*sqrt(E/(C-1))'", lambda p, t: 3 * np.sqrt(scan(p, t) / max(p.shape[-1] - 1, 1)), {}),
    ("low-precision", lambda p, t: (single(p, t) / np.float32(p.shape[-1])).astype(float), {}),
    ("softmax-temperature", lambda z, t: scan(softmax(z / 3.3), t), {"input": "logits"}),
    ("target-blurred", lambda p, k: scan(p, blurred(k, p.shape[-1], 1.1)), {"target": "labels"}),
    ("another-power", lambda p, t: (np.abs(cumulative(p, t)) ** 1.7).sum(-1), {}),
    ("differences-shifted", lambda p, t: np.sqrt(np.square(cumulative(p, t) + 1e-6).sum(-1)), {"computes": "sqrt(E)"}),
    ("distance-clipped", lambda p, t: np.minimum(scan(p, t), 0.2), {}),
    # other formulas
    ("trapezoids", lambda p, t: np.square(cumulative(p, t))[..., :-1].sum(-1) - np.square(p - t)[..., 0] / 2, {}),
    ("target-not-accumulated", lambda p, t: np.square(np.cumsum(p, -1) - t).sum(-1), {}),
    ("not-summed", lambda p, t: np.square(cumulative(p, t)), {}),
    ("expected-distance", lambda p, t: ((p @ losses.line(p.shape[-1])) * t).sum(-1), {}),
]


@pytest.mark.parametrize(("name", "loss", "options"), VALUES)
def test_the_first_finding_of_a_wrong_value(name, loss, options):
    report = emd_conformance.run(loss, **options, **SMALL)
    assert report.verdict == "does-not-conform"
    assert report.findings[0].id == name, report
    assert "but not" not in report.findings[0].message


GRADIENTS = [
    ("gradient-factor", lambda p, t: 0.37 * free_gradient(p, t), {}),
    ("gradient-factor", lambda p, t: free_gradient(p, t) / p.shape[-1], {}),
    ("gradient-clipped", clipped(free_gradient, 0.25), {}),
    ("gradient-of-l1", lambda p, t: np.cumsum(np.sign(cumulative(p, t))[..., ::-1], -1)[..., ::-1], {}),
]


@pytest.mark.parametrize(("name", "gradient", "options"), GRADIENTS)
def test_the_first_finding_of_a_wrong_gradient(name, gradient, options):
    report = emd_conformance.run(scan, grad=gradient, **options, **SMALL)
    assert report.verdict == "does-not-conform"
    assert report.findings[0].id == name, report


def test_the_gradient_of_positions_without_their_intervals_is_named():
    def loss(p, t, x):
        return (np.square(cumulative(p, t)[:, :-1]) * np.diff(x)).sum(-1)

    def gradient(p, t, x):
        D = cumulative(p, t)
        return 2 * np.cumsum((D * (np.arange(D.shape[-1]) < D.shape[-1] - 1))[:, ::-1], -1)[:, ::-1]

    report = emd_conformance.run(loss, grad=gradient, ground="positions", **SMALL)
    assert report.findings[0].id == "gradient-without-weights", report


def test_a_wrong_gradient_of_the_emd_is_named():
    def gradient(p, t):
        return -np.cumsum(np.sign(cumulative(p, t))[..., ::-1], -1)[..., ::-1]

    report = emd_conformance.run(lambda p, t: np.abs(cumulative(p, t)).sum(-1), grad=gradient, computes="W1", **SMALL)
    assert report.findings[0].id == "gradient-sign", report


UNKNOWN = [
    lambda p, t: scan(p, t) + np.abs(p - t).max(-1) / 10,
    lambda p, t: np.where(p[:, 0] > t[:, 0], scan(p, t), 3 * scan(p, t)),
]


@pytest.mark.parametrize("loss", UNKNOWN)
def test_nothing_is_claimed_where_nothing_explains_the_answers(loss):
    (finding,) = [found for found in emd_conformance.run(loss, **SMALL).findings if found.kind != "advice"]
    assert (finding.kind, finding.id) == ("unknown", "unexplained")
    assert "cases fail" in finding.message


def test_a_proposed_declaration_makes_the_run_conform():
    report = emd_conformance.run(lambda p, t: 100 * scan(p, t) / p.shape[-1], **SMALL)
    assert "checks pass" in report.findings[0].message
    declared = emd_conformance.run(lambda p, t: 100 * scan(p, t) / p.shape[-1], computes="100*E/C", **SMALL)
    assert declared.verdict == "conforms"


def test_clipped_differences_are_not_taken_for_another_order_of_the_arguments():
    def loss(p, k):
        return np.minimum(np.abs(cumulative(p, one_hot(k, p.shape[-1]))), 0.6).sum(-1)

    report = emd_conformance.run(loss, target="labels", **SMALL)
    assert "order" not in report.findings[0].id
    assert "batched" not in report.findings[0].id


def test_a_rare_random_answer_is_chance_and_not_memory():
    rng = np.random.default_rng(0)
    report = emd_conformance.run(lambda p, t: scan(p, t) * (2 if rng.random() < 0.1 else 1), **SMALL)
    assert "state-between-calls" not in {finding.id for finding in report.findings}


def squeezed(p, k):
    """Refuses narrow labels, and loses the axis of a batch of one sample."""
    if k.dtype != torch.int64:
        raise RuntimeError("labels must be int64")
    T = (torch.arange(p.shape[-1]) >= k[:, None]).to(p.dtype)
    return (p.cumsum(-1) - T).square().sum(-1, keepdim=True).squeeze()


def test_a_blur_that_changes_nothing_is_no_cause_of_a_lost_axis():
    assert emd_conformance.run(squeezed, array="torch", target="labels").findings[0].id == "wrong-shape"


def test_a_weight_of_0_times_infinity_is_not_blamed_on_equal_distributions():
    def loss(p, k, w):
        with np.errstate(all="ignore"):
            return -w * np.log(p[np.arange(len(p)), k])

    report = emd_conformance.run(loss, target="labels", computes="XE", call="p, k, w")
    assert report.findings[0].id == "not-finite"
