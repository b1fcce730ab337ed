"""Wrong losses get the finding that says what is wrong; whatever else they do, the run goes on."""

import emd_conformance
import losses
import numpy as np
import pytest
import torch
from findings import kinds


@pytest.mark.parametrize(
    ("name", "loss", "options"),
    [
        ("missing-cumsum", lambda p, t: np.square(p - t).sum(-1), {}),
        ("abs-inside-sum", lambda p, t: np.square(np.cumsum(np.abs(p - t), -1)).sum(-1), {}),
        ("wrong-axis", lambda p, t: np.square(np.cumsum(p - t, 0)).sum(-1), {}),
        (
            "batch-coupled-root",
            lambda p, t: np.sqrt(np.square(np.cumsum(p - t, -1)).mean()),
            {"computes": "sqrt(E/C)", "reduction": "mean"},
        ),
        (
            "huge-logits",
            lambda z, t: losses.scan(np.exp(z) / np.exp(z).sum(-1, keepdims=True), t),
            {"input": "logits"},
        ),
        ("input-mutated", lambda p, t: np.square(np.cumsum(np.subtract(p, t, out=p), -1)).sum(-1), {}),
        ("gradient-sign", losses.scan, {"grad": lambda p, t: -losses.free_gradient(p, t)}),
        ("gradient-no-2", losses.scan, {"grad": lambda p, t: losses.free_gradient(p, t) / 2}),
        ("gradient-prefix", losses.scan, {"grad": lambda p, t: 2 * np.cumsum(np.cumsum(p - t, -1), -1)}),
        ("gradient-detached", losses.scan, {"grad": lambda p, t: 0 * p}),
        (
            "gradient-reduction",
            lambda p, t: losses.scan(p, t).mean(),
            {"grad": losses.free_gradient, "reduction": "mean"},
        ),
        (
            "root-gradient-nan",
            lambda p, t: torch.sqrt(losses.torch_scan(p, t) / p.shape[-1]),
            {"array": "torch", "grad": "autograd", "computes": "sqrt(E/C)"},
        ),
    ],
)
def test_a_known_defect_is_named(name, loss, options):
    report = emd_conformance.run(loss, **options, classes=(1, 3, 4, 5, 10))
    assert report.verdict == "does-not-conform"
    assert kinds(report) == [("defect", name)], report


@pytest.mark.thorough
def test_writing_an_object_into_a_list_is_a_mutation():
    def loss(p, t):
        E = sum((sum(p[:k]) - sum(t[:k])) ** 2 for k in range(1, len(p) + 1))
        p[0] = object()
        return E

    report = emd_conformance.run(loss, array="list", batched=False)
    assert kinds(report) == [("defect", "input-mutated")]


def test_an_unknown_defect_still_fails_with_its_smallest_case():
    report = emd_conformance.run(lambda p, t: losses.scan(p, t) * (1 + 1e-3))
    assert report.verdict == "does-not-conform"
    (finding,) = [finding for finding in report.findings if finding.kind == "unknown"]
    assert "line/one-sample-2" in finding.evidence


def test_a_random_answer_fails_and_says_that_two_calls_differ():
    rng = np.random.default_rng(0)
    report = emd_conformance.run(lambda p, t: losses.scan(p, t) * rng.random())
    assert "two calls" in next(result.message for result in report.results if result.failed)


def test_an_exception_is_a_result_and_the_run_goes_on():
    def loss(p, t):
        if p.shape[-1] == 7:
            raise KeyError("seven")
        return losses.scan(p, t)

    report = emd_conformance.run(loss)
    assert report.verdict == "does-not-conform"
    assert {result.status for result in report.results if result.classes == 7 and result.quantity == "value"} == {
        "error"
    }
    assert sum(result.status == "pass" for result in report.results) > 50


def test_a_wrong_shape_is_an_error_that_names_the_right_one():
    report = emd_conformance.run(lambda p, t: losses.scan(p, t)[:, None])
    assert "wanted (3,)" in next(result.message for result in report.results if result.failed)


def masked(answer):
    """Return a loss that answers otherwise if a logit is -inf."""

    def loss(z, k):
        z = np.asarray(z)
        with np.errstate(all="ignore"):
            powers = np.exp(z - z.max(-1, keepdims=True))
            E = losses.scan(powers / powers.sum(-1, keepdims=True), np.eye(z.shape[-1])[k])
        return np.where(np.isinf(z).any(-1), answer(E), E)

    return loss


@pytest.mark.parametrize("answer", [lambda E: np.nan * E, lambda E: E + 1])
def test_wrong_answers_to_logits_of_minus_infinity_are_named(answer):
    report = emd_conformance.run(masked(answer), input="logits", target="labels")
    assert kinds(report) == [("defect", "infinite-logits")], report


def test_a_loss_that_takes_logits_of_minus_infinity_conforms():
    assert emd_conformance.run(masked(lambda E: E), input="logits", target="labels").verdict == "conforms"
