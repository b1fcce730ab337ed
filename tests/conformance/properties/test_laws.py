"""Properties hold for right implementations, break for wrong ones, and end in a counter-example that can be pasted."""

import importlib
import sys
import threading
import time
import unittest

import emd_conformance
import hypothesis
import losses
import numpy as np
import pytest
import torch
from emd_conformance import Declaration
from emd_conformance._cli.main import main
from emd_conformance._properties.laws import degree
from emd_conformance._run.parametrize import assertions


def drawn(loss, **options):
    return [check for check in assertions(loss, options, properties=True) if check.id.startswith("property/")]


def broken(loss, only="", **options):
    results = [check.check.examine() for check in drawn(loss, **options) if only in check.id]
    return {result.case.removeprefix("property/"): result for result in results if result.failed}


RIGHT = [
    (losses.scan, {"grad": losses.free_gradient}),
    (losses.difference_of_cdfs, {}),
    (losses.energy, {}),
    (lambda p, t: np.sqrt(losses.scan(p, t) / p.shape[-1]), {"computes": "sqrt(E/C)"}),
    (lambda p, t: losses.torch_scan(p, t).mean(), {"reduction": "mean", "array": "torch", "grad": "autograd"}),
    (lambda z, t: losses.torch_scan(z.softmax(-1), t), {"input": "logits", "array": "torch", "grad": "autograd"}),
    (lambda p, t, G: -(((p - t) @ G) * (p - t)).sum(-1) / 2, {"ground": "matrix"}),
    (lambda p, t, x: (np.square(np.cumsum(p - t, -1)[:, :-1]) * np.diff(x)).sum(-1), {"ground": "positions"}),
    (lambda p, t: np.abs(np.cumsum(p - t, -1)[:, :-1]).sum(-1), {"computes": "W1"}),
    (lambda p, k: losses.scan(p, losses.one_hot(k, p.shape[-1])), {"target": "labels"}),
    (lambda p, t: float(losses.scan(p, t)), {"batched": False}),
    (lambda P, T: np.square(P - T).sum(-1), {"input": "cdf"}),
    (losses.scan, {"dtype": "float32"}),
    ("losses:PerClasses(num_classes=C)", {"classes": (3, 5, 1000)}),
]


@pytest.mark.costly
@pytest.mark.parametrize(("loss", "options"), RIGHT)
def test_right_implementations_have_every_property(loss, options):
    assert len(drawn(loss, **options)) >= 6
    assert broken(loss, **options) == {}


def remembering():
    calls = []

    def loss(p, t):
        calls.append(p)
        return losses.scan(p, t) + len(calls)

    return loss


def hurried():
    """Keep what it computes with in a variable that all threads share."""
    shared = {}

    def loss(p, t):
        shared[0] = token = object()
        time.sleep(0.001)
        return losses.scan(p, t) + (shared[0] is not token)

    return loss


def coupled(p, t):
    D = losses.scan(p, t)
    return D + (D - D.mean()) / 8


WRONG = [
    ("oracle", lambda p, t: losses.scan(p, t) * (1 + 2.0**-30), {}),
    ("symmetry", lambda p, t: np.square(np.cumsum(p - t, -1)).sum(-1) * (1 + p[..., 0] / 8), {}),
    ("identity", lambda p, t: losses.scan(p, t) + 2.0**-40, {}),
    ("homogeneity", lambda p, t: np.abs(np.cumsum(p - t, -1)).sum(-1), {}),
    ("limits", lambda p, t: losses.scan(p, t) * 8, {}),
    ("reversal", lambda p, t: np.square(np.cumsum(p - t, -1)[..., :-1]) @ np.arange(1.0, p.shape[-1]), {}),
    ("empty-class", lambda p, t: losses.scan(p, t) / p.shape[-1], {}),
    ("logits-shift", lambda z, t: losses.scan(np.exp(z) / 8, t), {"input": "logits"}),
    ("batch-order", lambda p, t: losses.scan(p, t) * np.arange(1, len(p) + 1), {}),
    ("batch-independence", coupled, {}),
    ("gradient", losses.scan, {"grad": lambda p, t: -losses.free_gradient(p, t)}),
]


@pytest.mark.parametrize(("name", "loss", "options"), WRONG)
def test_a_wrong_implementation_breaks_the_property(name, loss, options):
    assert name in broken(loss, only=f"/{name}:", **options)


def test_state_between_calls_breaks_statelessness():
    assert "statelessness" in broken(remembering(), only="statelessness")


def test_a_variable_that_threads_share_breaks_the_property_of_threads():
    assert set(broken(hurried())) == {"threads"}


def buffered():
    """Sum in one array for all calls, which takes no longer than a new one."""
    buffers = {}

    def loss(p, t):
        buffer = buffers.setdefault(p.shape, np.empty(p.shape))
        np.subtract(p, t, out=buffer)
        np.cumsum(buffer, -1, out=buffer)
        return np.square(buffer).sum(-1)

    return loss


def test_a_buffer_that_threads_share_is_found():
    before = sys.getswitchinterval()
    assert set(broken(buffered())) == {"threads"}
    assert sys.getswitchinterval() == before


def test_the_counter_example_is_small_and_runs_as_code():
    wrong = lambda p, t: losses.scan(p, t) * (1 + (p.shape[-1] > 2) / 8)  # noqa: E731
    result = broken(wrong, only="oracle")["oracle"]
    names = {"numpy": np, "loss": wrong}
    exec(result.received, names)
    assert names["p"].shape == names["t"].shape == (1, 3)
    assert float(wrong(names["p"], names["t"])[0]) == names["received"]
    assert set(names["p"].ravel()) | set(names["t"].ravel()) <= {k / 8 for k in range(9)}


def test_every_run_tries_the_same_examples():
    wrong = lambda p, t: losses.scan(p, t) * (1 + p[..., 0] / 8)  # noqa: E731
    first, second = (broken(wrong, only="oracle") for _ in range(2))
    assert first == second
    assert first


def test_an_exception_is_a_counter_example():
    result = broken(lambda p, t: [][1], only="a")
    assert "IndexError" in result["oracle"].message
    assert "IndexError" in result["threads"].message
    assert len(result) >= 4


def test_a_run_tries_properties_only_if_asked():
    plain = emd_conformance.run(losses.scan, classes=(3,))
    assert not any(result.case.startswith("property/") for result in plain.results)
    report = emd_conformance.run(losses.scan, classes=(3,), properties=True)
    assert report.verdict == "conforms"
    assert sum(result.case.startswith("property/") for result in report.results) >= 10


def test_a_broken_property_fails_the_run_and_is_a_finding():
    def loss(p, t):  # right for every stored vector: they do not contain this number
        return losses.scan(p, t) + (p[..., 0] == 0.125) * (p[..., 1] == 0.875)

    report = emd_conformance.run(loss, classes=(2,), properties=True)
    assert report.verdict == "does-not-conform"
    (finding,) = [finding for finding in report.findings if finding.kind == "unknown"]
    assert finding.id.startswith("property/")
    broken = [result for result in report.results if result.group == "property" and result.failed]
    assert len(broken) > 1 or hypothesis.__version_info__ < (6, 101)  # old ones draw other cases
    assert ("these do not hold either: property/" in finding.message) == (len(broken) > 1)
    assert "p = np.array([" in str(report)
    assert "[0.125, 0.875]," in str(report)


@pytest.mark.thorough
def test_a_known_deviation_of_a_property_can_be_declared():
    loss = lambda p, t: losses.scan(p, t) + hurried()(p, t) * 0  # noqa: E731
    assert emd_conformance.run(loss, classes=(3,), properties=True).verdict == "conforms"
    known = {"property/threads:value": "one variable for all threads"}
    report = emd_conformance.run(hurried(), classes=(3,), properties=True, deviations=known)
    assert report.verdict == "conforms-with-declared-deviations"


@emd_conformance.parametrize(losses.scan, classes=[3], properties=True)
def test_parametrize_makes_a_test_of_each_property(check):
    check()


EXTRA = "pip install 'emd-ref[conformance]'"


def uninstall_hypothesis(monkeypatch):
    """Call it inside a test: the plugin of Hypothesis for pytest imports Hypothesis around each test."""
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    monkeypatch.setitem(sys.modules, "hypothesis.strategies", None)


def test_without_hypothesis_properties_are_not_examined_and_the_results_of_cases_are_kept(monkeypatch):
    uninstall_hypothesis(monkeypatch)
    plain = emd_conformance.run(losses.scan, classes=(3,))
    report = emd_conformance.run(losses.scan, classes=(3,), properties=True)
    assert report.results[: len(plain.results)] == plain.results
    untried = report.results[len(plain.results) :]
    assert untried
    assert all(result.status == "skip" and EXTRA in result.message for result in untried)
    assert report.not_examined[f"property: Hypothesis is not installed: {EXTRA}"] == len(untried)
    assert (report.verdict, report.broken) == ("conforms-partially", "")
    assert EXTRA in " ".join(str(report).split())


def test_without_hypothesis_a_wrong_loss_keeps_its_verdict_and_findings(monkeypatch):
    uninstall_hypothesis(monkeypatch)
    plain, report = (
        emd_conformance.run(lambda p, t: 2 * losses.scan(p, t), classes=(2, 3, 5), properties=properties)
        for properties in (False, True)
    )
    assert (report.verdict, report.findings) == (plain.verdict, plain.findings)
    assert report.verdict == "does-not-conform"


def test_without_hypothesis_a_test_of_a_property_is_skipped(monkeypatch):
    uninstall_hypothesis(monkeypatch)
    with pytest.raises(unittest.SkipTest, match="Hypothesis is not installed"):
        drawn(losses.scan)[0]()


def test_without_hypothesis_the_command_line_refuses_properties_before_it_runs(monkeypatch, capsys):
    uninstall_hypothesis(monkeypatch)
    assert main(["run", "losses:scan", "--properties"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "--properties" in printed.err
    assert EXTRA in printed.err


def test_importing_the_suite_does_not_import_hypothesis():
    assert "hypothesis" not in vars(importlib.import_module("emd_conformance._properties.drawn_cases"))


@pytest.mark.parametrize("isolate", [True, False])
def test_an_implementation_in_another_process_is_not_called_from_threads(isolate):
    report = emd_conformance.run("losses:scan", properties=True, classes=(3,), isolate=isolate)
    assert report.verdict == "conforms", str(report)
    assert any("property/" in result.case for result in report.results)
    assert any("threads" in result.case for result in report.results) is not isolate


def test_threads_do_not_outlive_a_run():
    before = threading.active_count()
    assert broken(losses.scan, only="threads") == {}
    assert threading.active_count() == before


def test_the_counter_example_of_a_torch_loss_has_torch_tensors():
    result = broken(lambda p, t: losses.torch_scan(p, t) * 2, only="oracle", array="torch")["oracle"]
    names = {"torch": torch, "loss": lambda p, t: losses.torch_scan(p, t) * 2}
    exec(result.received, names)
    assert names["p"].dtype == torch.float64


@pytest.mark.parametrize(
    ("computes", "wanted"),
    [("E", 2), ("E/(C-1)", 2), ("W1*W1", 2), ("sqrt(E/C)", 1), ("W1/2", 1), ("E + W1", None), ("E + 1", None)],
)
def test_half_way_to_the_target_a_value_is_divided_by_a_power_of_2_if_its_expression_has_a_degree(computes, wanted):
    assert degree(Declaration(computes=computes)) == wanted
