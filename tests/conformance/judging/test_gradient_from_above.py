"""A backward pass is asked with gradients from above that differ, have signs, and are 0; a right one only scales."""

from typing import Any

import emd_conformance
import jax
import jax.numpy as jnp
import pytest
import torch
from emd_conformance._cases.load import find
from emd_conformance._run.explanation import explanation
from emd_conformance._run.parametrize import assertions
from support import xla

CASES = [find(id) for id in ("line/soft-2", "line/soft-3", "line/soft-5", "line/labels-3", "line/one-sample-4")]


class Analytic(torch.autograd.Function):
    """E with its gradient, saved by the forward pass."""

    @staticmethod
    def forward(ctx: Any, p, t):
        D = (p - t).cumsum(-1)
        ctx.save_for_backward(2 * D.flip(-1).cumsum(-1).flip(-1))
        return D.square().sum(-1)

    @staticmethod
    def backward(ctx: Any, above):
        (g,) = ctx.saved_tensors
        return g, -g


def findings(report: emd_conformance.Report) -> list[str]:
    return [finding.id for finding in report.findings if finding.kind != "advice"]


def test_a_backward_pass_that_ignores_the_gradient_from_above_does_not_conform() -> None:
    report = emd_conformance.run(Analytic.apply, array="torch", grad="autograd", cases=CASES)
    assert report.verdict == "does-not-conform"
    assert findings(report) == ["gradient-upstream-ignored"]


@jax.custom_vjp
def ignoring(p, t):
    return jnp.square(jnp.cumsum(p - t, -1)).sum(-1)


def _forward(p, t):
    return ignoring(p, t), 2 * jnp.cumsum(jnp.cumsum(p - t, -1)[..., ::-1], -1)[..., ::-1]


ignoring.defvjp(_forward, lambda g, above: (g, -g))


def test_so_is_one_in_jax() -> None:
    with xla.enable_x64(True):
        report = emd_conformance.run(ignoring, array="jax", grad="autograd", cases=CASES)
    assert findings(report) == ["gradient-upstream-ignored"], report


def scaled(p, t):
    return (p - t).cumsum(-1).square().sum(-1)


@pytest.mark.costly
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_a_right_one_conforms(reduction: str, dtype: str) -> None:
    reduce = {"none": lambda x: x, "mean": torch.mean, "sum": torch.sum}[reduction]
    options: dict[str, Any] = {"reduction": reduction, "dtype": dtype, "array": "torch", "grad": "autograd"}
    report = emd_conformance.run(lambda p, t: reduce(scaled(p, t)), **options)
    assert report.verdict == "conforms", report


def test_the_explanation_of_a_failure_reproduces_it() -> None:
    checks = assertions(Analytic.apply, {"array": "torch", "grad": "autograd"})
    check = next(one.check for one in checks if one.id == "line/soft-3:gradient")
    text = explanation(check, check.examine())
    assert "result.backward(torch.tensor([-1024.0, 0.5, 1.0]" in text
