"""`infer` proposes the declaration under which a loss is right, or says that there is none."""

from dataclasses import dataclass

import emd_conformance
import jax
import losses
import numpy as np
import pytest
import torch
from emd_conformance import infer
from emd_conformance._cli.main import main
from emd_conformance._run import infer as module

HERE = "emd_conformance.defects."


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Confirm a proposal with the first groups of cases only."""
    monkeypatch.setattr(module, "SECONDS", 0.1)


@pytest.mark.costly
@pytest.mark.parametrize(
    ("target", "options"),
    [
        ("right_algorithms:scan", {}),
        ("right_conventions:nima", {"computes": "sqrt(E/C)"}),
        ("right_conventions:mean_over_everything", {"computes": "E/C", "reduction": "mean"}),
        ("right_conventions:labels_first", {"target": "labels", "order": "target-first"}),
        ("right_conventions:labels_from_1", {"target": "labels-from-1"}),
        ("right_conventions:logits", {"input": "logits"}),
        ("right_conventions:cdfs", {"input": "cdf"}),
        ("right_conventions:classes_first", {"axis": 0}),
        ("right_conventions:one_sample", {"batched": False}),
        ("right_forms:value_and_cumulative", {"returns": "[0]"}),
        ("right_outputs:target_cdf", {"target": "cdf"}),
        ("right_outputs:exceedances_and_labels", {"input": "cumulative", "target": "labels", "reduction": "mean"}),
        (
            "right_torch:classifier",
            {"array": "torch", "input": "logits", "target": "labels", "reduction": "mean", "grad": "autograd"},
        ),
    ],
)
def test_one_declaration_fits(target, options):
    assert [proposal.options for proposal in infer(HERE + target)] == [options]


@dataclass
class Output:
    loss: torch.Tensor


def in_float32(p, t):
    if p.dtype != torch.float32:
        raise TypeError("expected Float")
    return Output(loss=(p - t).cumsum(-1).square().sum(-1).mean())


def detached(p, t):
    return (p - t).cumsum(-1).square().sum(-1).detach() + 0 * p.sum(-1)


def in_jax(p, t):
    return jax.numpy.square(jax.numpy.cumsum(jax.lax.sub(p, t), -1)).mean(-1)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("loss", "hints", "options"),
    [
        (
            in_float32,
            {},
            {"array": "torch", "dtype": "float32", "reduction": "mean", "grad": "autograd", "returns": ".loss"},
        ),
        (detached, {}, {"array": "torch"}),
        (in_jax, {"array": "jax"}, {"array": "jax", "dtype": "float32", "computes": "E/C", "grad": "autograd"}),
    ],
)
def test_formats_places_and_gradients_are_found(loss, hints, options):
    (proposal,) = infer(loss, **hints)
    assert proposal.options == options
    assert ("gradient" in proposal.why) == (loss is detached)
    assert emd_conformance.run(loss, classes=[2, 3, 5], **proposal.options).verdict == "conforms"


def test_weights_are_found_with_the_call_as_a_hint():
    def weighted_mean(p, t, w):
        return (w * np.square(np.cumsum(p - t, -1)).sum(-1)).sum() / w.sum()

    (proposal,) = infer(weighted_mean, call="p, t, w")
    assert proposal.options == {"reduction": "weighted-mean", "call": "p, t, w"}


@pytest.mark.thorough
def test_a_public_loss_that_takes_both_targets_has_two_declarations():
    proposals = infer("dlordinal.losses:EMDLoss(num_classes=C)", array="torch", input="logits")
    assert [proposal.options.get("target", "distribution") for proposal in proposals] == ["distribution", "labels"]


@pytest.mark.thorough
def test_a_proposal_says_why_and_its_options_are_those_of_run():
    (proposal,) = infer(losses.scan)
    assert proposal.options == {}
    assert proposal.why.startswith("all ")
    assert proposal.why.endswith(" checks that were tried pass")


@pytest.mark.thorough
def test_a_hint_is_part_of_every_proposal():
    target = "dlordinal.losses:EMDLoss(num_classes=C)"
    hints = {"target": "labels", "array": "torch", "dtype": "float32", "classes": (3, 5), "grad": None}
    (proposal,) = infer(target, **hints)
    assert proposal.options == {
        "array": "torch",
        "input": "logits",
        "target": "labels",
        "reduction": "mean",
        "dtype": "float32",
        "classes": (3, 5),
    }
    assert emd_conformance.run(target, isolate=False, **proposal.options).verdict == "conforms"


@pytest.mark.thorough
def test_a_wrong_hint_leaves_no_proposal_and_says_what_was_tried():
    hints = {"array": "numpy", "dtype": "float64"}
    assert infer(losses.scan, reduction="mean", **hints) == []
    proposals = infer(losses.scan, computes="E/C", **hints)
    assert proposals == []
    assert "ways to call it were tried" in proposals.tried


def test_a_hint_that_is_not_understood_is_refused():
    with pytest.raises(ValueError, match="input='votes' is not understood"):
        infer(losses.scan, input="votes")


NUMPY = ["--array", "numpy", "--dtype", "float64"]


@pytest.mark.thorough
def test_the_command_takes_hints(capsys):
    target = HERE + "right_conventions:verification"
    assert main(["infer", target, "--computes", "E/(C-1)", "--order", "predicted-first"]) == 0
    assert main(["infer", target, "--computes", "E/C", *NUMPY]) == 1
    assert "no declaration fits" in capsys.readouterr().out


def test_the_command_prints_what_to_run(capsys):
    assert main(["infer", HERE + "right_conventions:verification"]) == 0
    assert "'--computes=E/(C-1)'" in capsys.readouterr().out


@pytest.mark.thorough
def test_the_command_says_that_none_fits_and_what_was_tried(capsys):
    assert main(["infer", HERE + "values:absolute_first", *NUMPY]) == 1
    out = capsys.readouterr().out
    assert "no declaration fits" in out
    assert "gave answers that no known expression and reduction explain" in out


def test_the_command_says_that_a_target_cannot_be_loaded(capsys):
    assert main(["infer", "nowhere:loss"]) == 4
    assert "nowhere" in capsys.readouterr().out


@pytest.mark.thorough
def test_a_sum_of_the_cross_entropy_and_the_squared_emd_is_found():
    class Mixed(torch.nn.Module):
        def forward(self, z, k):
            D = (torch.softmax(z, -1) - torch.nn.functional.one_hot(k, z.shape[-1])).cumsum(-1)
            return torch.nn.functional.cross_entropy(z, k) + 0.1 * D.square().sum(-1).mean()

    (proposal,) = infer(Mixed, array="torch", input="logits", target="labels")
    assert (proposal.options["computes"], proposal.options["reduction"]) == ("XE + 0.1*E", "mean")


def test_the_command_keeps_the_hints_and_names_arguments_that_it_cannot_guess(capsys, tmp_path):
    (tmp_path / "three.py").write_text("def loss(p, t, temperature):\n    return temperature\n")
    file = f"{tmp_path}/three.py:loss"
    assert main(["infer", file, "--input", "logits", *NUMPY]) == 1
    out = capsys.readouterr().out
    assert "needs the arguments p, t, temperature: state what they are, as in --call" in out
    assert f"emd-conformance run {file} --input=logits" in out


def test_a_case_of_which_the_emd_is_not_defined_rules_it_out_no_more():
    """Masses that float32 leaves unequal have no EMD, and the first cases hold some."""

    def loss(k, p):
        t = np.eye(len(p), dtype=p.dtype)[k - 1]
        return np.abs(np.cumsum(p - t)[:-1]).sum() / (len(p) - 1)

    (proposal,) = emd_conformance.infer(loss, dtype="float32", classes=(2, 3, 4, 5, 10))
    assert proposal.options["computes"] == "W1/(C-1)"
    assert proposal.options["target"] == "labels-from-1"


def emd_on_a_circle(p, t):
    D = np.cumsum(p - t, axis=-1)
    return np.abs(D - np.median(D, axis=-1, keepdims=True)).sum(axis=-1)


def test_a_loss_on_a_circle_is_found_without_a_hint():
    (proposal,) = emd_conformance.infer(emd_on_a_circle, array="numpy", dtype="float64", input="probabilities")
    assert proposal.options == {"ground": "circle", "computes": "W1"}
