"""A copied case does not need the suite: right losses pass it and wrong ones fail it, for every case."""

import sys
import types

import emd_conformance
import losses
import numpy as np
import pytest
import torch
from emd_conformance._cases.load import find
from emd_conformance._cli.main import main
from emd_conformance._code.call import suited
from emd_conformance._code.test_module import test_module as copied
from emd_conformance._declaration.errors import DeclarationError

CASES = emd_conformance.vectors()
LINE = [case for case in CASES if case.group == "line" and "overflow" not in case.flags]


@pytest.fixture
def run(monkeypatch):
    """Run the test of a copied case against a loss, a gradient, and a library that must not be the suite."""

    def run(text, loss=None, gradient=None):
        assert "emd_conformance" not in text
        module = types.SimpleNamespace(loss=loss, gradient=gradient)
        monkeypatch.setitem(sys.modules, "my_package", module)
        names = {}
        exec(compile(text, "copied", "exec"), names)
        (test,) = [value for name, value in names.items() if name.startswith("test_")]
        test()

    return run


def of(loss):
    """The loss, and a label as the distribution that it means."""
    return lambda p, t: loss(p, t if t.ndim == p.ndim else losses.one_hot(t, p.shape[-1]))


@pytest.mark.parametrize("case", LINE, ids=lambda case: case.id)
def test_a_right_loss_passes_and_a_wrong_one_fails(case, run):
    text = copied(case, suited(case), "value")
    run(text, of(losses.scan))
    with pytest.raises(AssertionError):
        run(text, of(lambda p, t: losses.scan(p, t) + 1))
    with pytest.raises(AssertionError):
        run(text, of(lambda p, t: losses.scan(p, t) + np.nan))


@pytest.mark.parametrize("case", [case for case in LINE if 1 < case.classes <= 10], ids=lambda case: case.id)
def test_a_right_gradient_passes_and_a_wrong_one_fails(case, run):
    text = copied(case, suited(case, grad=losses.free_gradient), "gradient")
    run(text, gradient=of(lambda p, t: losses.free_gradient(p, t) + 3))
    with pytest.raises(AssertionError):
        run(text, gradient=of(lambda p, t: losses.free_gradient(p, t) + np.arange(p.shape[-1])))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_case_is_code_that_runs(case, capsys, run):
    dtype = "float64" if "float64" in case.dtypes or case.input == "logits" else case.dtypes[0]
    array = "torch" if dtype == "bfloat16" else "numpy"
    assert main(["copy", case.id, "--dtype", dtype, "--array", array]) == 0
    text = capsys.readouterr().out

    def stop(*arguments):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        run(text, stop)


def test_invalid_input_must_be_rejected(run):
    case = find("invalid/predicted-nan")
    text = copied(case, suited(case), "rejection")
    run(text, losses.validating)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        run(text, losses.scan)


@pytest.mark.parametrize(
    ("options", "loss"),
    [
        ({"reduction": "mean"}, lambda p, t: losses.scan(p, t).mean()),
        ({"computes": "sqrt(E/C)"}, lambda p, t: np.sqrt(losses.scan(p, t) / 3)),
        ({"computes": "W1"}, lambda p, t: np.abs(np.cumsum(p - t, -1)).sum(-1)),
        ({"axis": 0}, lambda p, t: np.square(np.cumsum(p - t, 0)).sum(0)),
        ({"order": "target-first"}, lambda t, p: losses.scan(p, t)),
        ({"array": "torch"}, losses.torch_scan),
        ({"array": "list", "batched": False}, lambda p, t: losses.scan(np.array(p), np.array(t))),
        ({"batched": False}, losses.scan),
        ({"input": "cdf"}, lambda P, T: np.square(P - T).sum(-1)),
    ],
)
def test_declared_conventions_are_copied(options, loss, run):
    case = find("line/steps-3" if options.get("input") == "cdf" else "line/soft-3")
    text = copied(case, suited(case, target="distribution", **options), "value")
    run(text, loss)
    with pytest.raises(AssertionError):
        run(text, lambda *arguments: loss(*arguments) + 1)


def test_labels_from_1_are_copied(run):
    case = find("line/steps-3")
    text = copied(case, suited(case, target="labels-from-1"), "value")
    run(text, lambda p, k: losses.scan(p, losses.one_hot(k - 1, 3)))


def test_automatic_gradients_are_copied(run):
    case = find("line/soft-3")
    text = copied(case, suited(case, array="torch", grad="autograd", reduction="mean"), "gradient")
    run(text, lambda p, t: losses.torch_scan(p, t).mean())
    with pytest.raises(AssertionError):
        run(text, losses.torch_scan)  # the gradient of a sum


def test_logits_and_their_gradient_are_copied(run):
    case = find("logits/labels-2-1")

    def loss(z, k):
        return losses.torch_scan(torch.softmax(z, -1), torch.nn.functional.one_hot(k, 2).double())

    for quantity in ("value", "gradient"):
        run(copied(case, suited(case, array="torch", grad="autograd"), quantity), loss)


def test_an_infinite_expectation_is_copied(run):
    case = find("positions/overflow")
    text = copied(case, suited(case), "value")
    assert "expected = [inf, " in text

    def loss(p, t, x):
        with np.errstate(over="ignore"):
            return (np.square(np.cumsum(p - t, -1)[:, :-1]) * np.diff(x)).sum(-1)

    run(text, loss)
    with pytest.raises(AssertionError):
        run(text, lambda *arguments: -loss(*arguments))


def test_a_case_that_the_declaration_excludes_is_refused_with_the_reason():
    with pytest.raises(DeclarationError, match="its input is probabilities"):
        copied(find("line/soft-3"), suited(find("line/soft-3"), input="logits"), "value")
    emd = find("emd/soft-line-4")
    with pytest.raises(DeclarationError, match="optimality"):
        copied(emd, suited(emd, grad=losses.free_gradient), "gradient")


def test_copied_code_is_short_and_exact(capsys):
    assert main(["copy", "circle/even-null-4", "--computes", "W1"]) == 0
    text = capsys.readouterr().out
    assert "expected = [Fraction(1), Fraction(1, 2), Fraction(0)]" in text
    assert "[0.25, 0.25, 0.25, 0.25]," in text
