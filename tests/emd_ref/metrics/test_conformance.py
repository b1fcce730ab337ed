"""The metric for torchmetrics conforms, as the mean over a batch; so do derivatives of the function."""

import emd_conformance
import pytest
import torch
from support.thorough import published_cases

from emd_ref.metrics import RankedProbabilityScore, ranked_probability_score


def metric(normalize: bool, from_logits: bool):
    """A function that computes the metric of one batch in two updates."""

    def compute(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        score = RankedProbabilityScore(normalize=normalize, from_logits=from_logits)
        half = len(p) // 2
        for part in (slice(half), slice(half, None)):
            score.update(p[part], t[part])
        return score.compute().to(p.dtype)

    return compute


@pytest.mark.costly
@pytest.mark.parametrize("target", ["distribution", "labels"])
@pytest.mark.parametrize("input", ["probabilities", "logits"])
@pytest.mark.parametrize("normalize", [False, True])
def test_the_metric_conforms(normalize: bool, input: str, target: str) -> None:
    report = emd_conformance.run(
        metric(normalize, input == "logits"),
        input=input,
        target=target,
        computes="E/(C-1)" if normalize else "E",
        reduction="mean",
        array="torch",
        cases=published_cases(),
        validates=True,
    )
    assert report.verdict == "conforms", str(report)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_metric_of_narrow_predictions_conforms(dtype: str) -> None:
    report = emd_conformance.run(
        metric(normalize=False, from_logits=False),
        reduction="mean",
        array="torch",
        cases=published_cases(),
        dtype=dtype,
        compute_dtype="float64",
    )
    assert report.verdict == "conforms", str(report)


@pytest.mark.costly
@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_derivatives_of_the_function_conform(reduction: str) -> None:
    def score(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return ranked_probability_score(p, t, reduction=reduction, normalize=True)

    report = emd_conformance.run(
        score,
        computes="E/(C-1)",
        reduction=reduction,
        array="torch",
        grad="autograd",
        validates=True,
        cases=published_cases(),
    )
    assert report.verdict == "conforms", str(report)
