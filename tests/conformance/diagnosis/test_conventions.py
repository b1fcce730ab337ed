"""Conventions: right once they are declared, and named by the diagnosis when they are not."""

import emd_conformance
import losses
import numpy as np
import pytest

CONVENTIONS = [
    ({"computes": "E/C"}, lambda p, t: losses.scan(p, t) / p.shape[-1]),
    ({"computes": "E/(C-1)"}, lambda p, t: losses.scan(p, t) / max(p.shape[-1] - 1, 1)),
    ({"computes": "sqrt(E/C)"}, lambda p, t: np.sqrt(losses.scan(p, t) / p.shape[-1])),
    ({"computes": "sqrt(2*E)"}, lambda p, t: np.sqrt(2 * losses.scan(p, t))),
    ({"computes": "W1"}, lambda p, t: np.abs(np.cumsum(p - t, -1)).sum(-1)),
    ({"reduction": "mean"}, lambda p, t: losses.scan(p, t).mean()),
    ({"reduction": "sum"}, lambda p, t: losses.scan(p, t).sum()),
    ({"computes": "E/C", "reduction": "mean"}, lambda p, t: np.square(np.cumsum(p - t, -1)).mean()),
    ({"input": "logits"}, lambda z, t: losses.scan(losses.softmax(z), t)),
    (
        {"target": "labels-from-1"},
        lambda p, k: losses.scan(p, losses.one_hot(np.asarray(k) - 1, p.shape[-1])),
    ),
]


@pytest.mark.costly
@pytest.mark.parametrize(("options", "loss"), CONVENTIONS)
def test_a_declared_convention_conforms(options, loss):
    report = emd_conformance.run(loss, **options)
    assert report.verdict == "conforms", report


@pytest.mark.costly
@pytest.mark.parametrize(("options", "loss"), CONVENTIONS)
def test_an_undeclared_convention_is_named(options, loss):
    declared = {"target": "labels"} if "target" in options else {}
    report = emd_conformance.run(loss, **declared)
    assert report.verdict == "does-not-conform"
    (finding,) = [finding for finding in report.findings if finding.kind != "advice"]
    assert finding.kind == "convention"
    for name, value in options.items():
        assert f"{name}={value!r}" in finding.id.replace('"', "'")


@pytest.mark.costly
@pytest.mark.parametrize(
    ("options", "loss"),
    [
        ({"axis": 0}, lambda p, t: np.square(np.cumsum(p - t, 0)).sum(0)),
        ({"batched": False}, lambda p, t: float(losses.scan(p, t))),
        ({"input": "cdf"}, lambda P, T: np.square(P - T).sum(-1)),
        ({"input": "log-probabilities"}, lambda x, t: losses.scan(np.exp(x), t)),
        ({"order": "target-first", "target": "labels"}, lambda k, p: losses.scan(p, losses.one_hot(k, p.shape[-1]))),
        (
            {"target": "labels", "label_shape": "(N,1)"},
            lambda p, k: losses.scan(p, losses.one_hot(k[:, 0], p.shape[-1])),
        ),
        (
            {"array": "list", "batched": False},
            lambda p, t: sum((sum(p[:k]) - sum(t[:k])) ** 2 for k in range(1, len(p) + 1)),
        ),
        ({"capabilities": ("off-simplex", "empty-batch")}, losses.scan),
        (
            {"ground": "positions", "capabilities": ("off-simplex",)},
            lambda p, t, x: (np.square(np.cumsum(p - t, -1)[:, :-1]) * np.diff(x)).sum(-1),
        ),
    ],
)
def test_a_declared_way_to_call_conforms(options, loss):
    report = emd_conformance.run(loss, **options)
    assert report.verdict == "conforms", report


def test_a_circular_loss_conforms_and_an_ordered_one_does_not():
    def loss(p, t):
        D = np.cumsum(p - t, -1)
        return np.square(np.roll(D, -(p.shape[-1] // 2), -1) - D).sum(-1) / 2

    assert emd_conformance.run(loss, ground="circle").verdict == "conforms"
    assert emd_conformance.run(losses.scan, ground="circle").verdict == "does-not-conform"


@pytest.mark.thorough
def test_matrix_conforms_with_its_gradient():
    report = emd_conformance.run(
        lambda p, t, G: -(((p - t) @ G) * (p - t)).sum(-1) / 2, ground="matrix", grad=lambda p, t, G: -(p - t) @ G
    )
    assert report.verdict == "conforms", report


@pytest.mark.costly
@pytest.mark.parametrize("start", ["probabilities", "logits"])
@pytest.mark.parametrize(("sign", "verdict"), [(1, "conforms"), (-1, "does-not-conform")])
def test_cross_entropy_with_a_ground_distance(start, sign, verdict):
    def loss(x, k, G, exponent, bias, weight):
        rows = np.arange(len(k))
        p = x if start == "probabilities" else losses.softmax(x)
        penalty = (p * p * (G[k] ** exponent + sign * bias)).sum(-1)
        if start == "probabilities":
            return -np.log(p[rows, k]) + weight * penalty
        top = x.max(-1)
        return np.log(np.exp(x - top[:, None]).sum(-1)) + (top - x[rows, k]) + weight * penalty

    report = emd_conformance.run(
        loss,
        ground="matrix",
        input=start,
        target="labels",
        computes="XE + weight*R",
        call="p, k, G, exponent, bias, weight",
    )
    assert report.verdict == verdict, report
