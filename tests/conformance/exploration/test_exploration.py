"""Fresh cases are valid, right losses pass them, and a failure is shrunk and reproduced by its seed."""

from fractions import Fraction
from random import Random

import emd_conformance
import losses
import numpy as np
import pytest
from emd_conformance import Declaration
from emd_conformance._calling.caller import Caller
from emd_conformance._cli.main import main
from emd_conformance._exploration.cases import drawn
from emd_conformance._exploration.explore import explore
from emd_conformance._exploration.rows import mass_error, mass_tolerance, probabilities
from emd_conformance._exploration.solve import results
from emd_conformance._reports import json as json_report
from emd_conformance._reports.read import read

NUMBERS = range(40)


def positions(p, t, x):
    return (np.square(np.cumsum(p - t, -1)[..., :-1]) * np.diff(x)).sum(-1)


def circle(p, t):
    D = np.cumsum(p - t, -1)
    return np.square(np.roll(D, -(p.shape[-1] // 2), -1) - D).sum(-1) / 2


def matrix(p, t, G):
    return -(((p - t) @ G) * (p - t)).sum(-1) / 2


def penalised(p, k, G, exponent, bias, weight):
    return -np.log(p[np.arange(len(k)), k]) + weight * (p * p * (G[k] ** exponent + bias)).sum(-1)


def torch_of_logits(z, k):
    import torch

    return losses.torch_scan(z.softmax(-1), torch.nn.functional.one_hot(k, z.shape[-1]).to(z.dtype)).mean()


RIGHT = [
    (losses.scan, {"grad": losses.free_gradient}),
    (losses.difference_of_cdfs, {"capabilities": ("batch-axes",)}),
    (losses.scan, {"capabilities": ("off-simplex",)}),
    (losses.scan, {"dtype": "float32"}),
    (losses.energy, {"classes": (2, 3, 7)}),
    (lambda p, t: np.sqrt(losses.scan(p, t) / p.shape[-1]).mean(), {"computes": "sqrt(E/C)", "reduction": "mean"}),
    (losses.torch_scan, {"array": "torch", "grad": "autograd", "dtype": "bfloat16"}),
    (
        torch_of_logits,
        {"array": "torch", "grad": "autograd", "input": "logits", "target": "labels", "reduction": "mean"},
    ),
    (lambda p, t: np.abs(np.cumsum(p - t, -1)[..., :-1]).sum(-1), {"computes": "W1"}),
    (positions, {"ground": "positions"}),
    (circle, {"ground": "circle"}),
    (matrix, {"ground": "matrix"}),
    (
        penalised,
        {"ground": "matrix", "target": "labels", "computes": "XE + weight*R"}
        | {"call": "p, k, G, exponent, bias, weight"},
    ),
    (lambda P, T: np.square(P - T).sum(-1), {"input": "cdf"}),
    (lambda x, t: losses.scan(np.exp(x), t), {"input": "log-probabilities"}),
    (lambda p, t: float(losses.scan(p, t)), {"batched": False}),
    (lambda p, t: np.square(np.cumsum(p - t, 0)).sum(0), {"axis": 0}),
]


@pytest.mark.parametrize(("loss", "options"), RIGHT)
def test_right_losses_pass_every_fresh_case(loss, options):
    caller = Caller(lambda classes: loss, Declaration(**options))
    answered = [result for n in NUMBERS for result in results(drawn(n, caller.declared), caller)]
    assert [(result.id, result.message) for result in answered if result.failed] == []
    assert len(answered) > len(NUMBERS) / 2
    assert {result.quantity for result in answered} == ({"value", "gradient"} if "grad" in options else {"value"})


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_fresh_distributions_are_valid_and_many_are_rounded(dtype):
    cases = [drawn(n, Declaration(dtype=dtype)) for n in range(300)]
    rows = [row for case in cases for row in (*case.predicted, *(case.target or ()))]
    off = [abs(sum(map(Fraction, row)) - 1) for row in rows]
    assert all(x <= Fraction(mass_tolerance(len(row), dtype)) for x, row in zip(off, rows, strict=True))
    assert all(x >= 0 for row in rows for x in row)
    assert 0.1 < sum(x > 0 for x in off) / len(off) < 0.9


def test_fresh_cases_visit_the_regions_that_tests_leave_out():
    cases = [drawn(n, Declaration(target="labels", capabilities=("batch-axes",))) for n in range(400)]
    assert any(case.classes - 1 in (case.labels or ()) for case in cases)
    assert {1, 2} <= {case.classes for case in cases}
    assert max(case.classes for case in cases) > 1024
    assert max(len(case.predicted) for case in cases) > 1024
    assert {len(case.shape) for case in cases} == {0, 2, 3}
    assert {case.passed for case in cases} > {"", "fortran", "strided", "int8", "uint32"}
    assert any(row[-1] == 0 for case in cases for row in case.predicted)
    assert any(len({*row}) == 1 for case in cases for row in case.predicted if len(row) > 2)


def forgets_a_chunk(p, t):
    return losses.scan(p, t) * (np.arange(len(p)) < 1024)


def wrong_for_nine(p, t):
    return losses.scan(p, t) * (1 + 1e-9 * (p.shape[-1] == 9))


@pytest.mark.thorough
@pytest.mark.parametrize("loss", [forgets_a_chunk, wrong_for_nine])
def test_a_failure_is_shrunk_and_reproduced_by_its_seed(loss):
    found = explore(Caller(lambda classes: loss, Declaration()), 600, 5)
    assert found.failure is not None
    assert found.failure.case == f"explore/{found.last}"
    again = explore(Caller(lambda classes: loss, Declaration()), 0, found.last)
    assert (again.failure, again.program) == (found.failure, found.program)


def test_the_counter_example_is_small_and_runs():
    found = explore(Caller(lambda classes: wrong_for_nine, Declaration()), 600, 5)
    p = []
    exec(found.program.replace("print(loss(p, t))", "loss(p, t)"), {"loss": lambda x, t: p.append(x)})
    assert p[0].shape == (1, 9)
    assert {*p[0].ravel()} == {0.0, 1.0}


def test_a_failure_counts_in_the_verdict_and_in_every_report():
    report = emd_conformance.run(wrong_for_nine, explore=600, seed=5, classes=(2, 9))
    (failed,) = [result for result in report.results if result.failed]
    assert report.verdict == "does-not-conform"
    assert failed.group == "explore"
    assert report.findings[0].id == failed.case
    assert "--seed 5" in str(report)
    assert read(json_report.render(report)) == report


def test_a_gradient_is_explored_too():
    report = emd_conformance.run(
        losses.scan, grad=lambda p, t: losses.free_gradient(p, t) * (1 + (p.shape[-1] == 11)), explore=600, seed=7
    )
    assert [result.quantity for result in report.results if result.failed and result.group == "explore"] == ["gradient"]


def test_exploring_in_vain_is_no_certificate():
    report = emd_conformance.run(lambda z, t: np.log(z), input="cumulative-logits", computes="W1", explore=0.01)
    assert report.verdict == "nothing-ran"
    assert report.not_examined["value: no fresh case fits the declaration"] == 1


def test_the_command_line_takes_the_seconds_and_the_seed(capsys):
    assert main(["run", "losses:scan", "--classes", "3", "--no-isolate", "--explore", "0.01", "--seed", "12"]) == 0
    assert "--seed 12 draws" in capsys.readouterr().out


def test_valid_rows_leave_room_for_the_rounding_of_a_sum():
    """A right implementation may refuse a row whose sum is within 6 roundings of the tolerance (8.2)."""
    rng, farthest = Random(0), 0.0
    for _ in range(2000):
        row = probabilities(rng, 8, "float64", exact=False)
        farthest = max(farthest, float(mass_error(row)))
    unit = 2.0**-53
    assert farthest <= mass_tolerance(8, "float64") - 6 * unit
    assert farthest > 0.8 * (mass_tolerance(8, "float64") - 6 * unit)
