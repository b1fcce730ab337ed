"""The fused kernels pass the conformance suite."""

from collections.abc import Callable
from typing import Any

import emd_conformance
import pytest
from support import thorough
from support.thorough import published_cases

import emd_ref


def value(fused: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    return lambda p, t: fused(p, t, **options)[0]


def gradient(fused: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    return lambda p, t: fused(p, t, **options)[1]


THIRD = [case for i, case in enumerate(published_cases()) if i % 3 == 0 or case.needs or not thorough.whole]


@pytest.mark.costly
@pytest.mark.parametrize("target", ["distribution", "labels"])
@pytest.mark.parametrize("input", ["probabilities", "logits"])
def test_it_conforms(fused, input: str, target: str) -> None:
    options = {"from_logits": input == "logits"}
    report = emd_conformance.run(
        value(fused, **options),
        grad=gradient(fused, **options),
        input=input,
        target=target,
        validates=True,
        cases=published_cases() if (input, target) == ("probabilities", "distribution") else THIRD,
    )
    assert report.verdict == "conforms", str(report)
    if input == "probabilities":
        grades = {r.id: r.grade for r in report.examined if r.quantity == "value" and r.status == "pass"}
        assert max(grades.values()) <= 1, grades


@pytest.mark.costly
def test_it_conforms_with_positions(fused) -> None:
    report = emd_conformance.run(
        lambda p, t, x: fused(p, t, ground=emd_ref.Ordered(x))[0],
        grad=lambda p, t, x: fused(p, t, ground=emd_ref.Ordered(x))[1],
        ground="positions",
        validates=True,
        cases=THIRD[::2],
    )
    assert report.verdict == "conforms", str(report)


@pytest.mark.thorough
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_narrow_dtypes_conform(fused, dtype: str) -> None:
    report = emd_conformance.run(value(fused), grad=gradient(fused), dtype=dtype, compute_dtype="float64", cases=THIRD)
    assert report.verdict == "conforms", str(report)


def test_it_conforms_off_the_simplex_and_on_empty_batches(fused) -> None:
    report = emd_conformance.run(
        value(fused, check=False),
        grad=gradient(fused, check=False),
        capabilities=("off-simplex", "empty-batch"),
        cases=[case for case in THIRD if case.needs],
    )
    assert report.verdict == "conforms", str(report)
    assert any(result.case.startswith("off-simplex/") for result in report.examined)
