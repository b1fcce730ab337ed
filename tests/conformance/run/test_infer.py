"""`infer` proposes the declaration under which a loss is right, or says that there is none."""

import emd_conformance
import losses
import pytest
from emd_conformance import infer
from emd_conformance._cli.main import main

HERE = "emd_conformance.defects."


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
        (
            "right_torch:classifier",
            {"array": "torch", "input": "logits", "target": "labels", "reduction": "mean"},
        ),
    ],
)
def test_one_declaration_fits(target, options):
    assert [proposal.options for proposal in infer(HERE + target)] == [options]


def test_a_public_loss_that_takes_both_targets_has_two_declarations():
    proposals = infer("dlordinal.losses:EMDLoss(num_classes=C)")
    assert [proposal.options.get("target", "distribution") for proposal in proposals] == ["distribution", "labels"]
    assert all(proposal.options["input"] == "logits" for proposal in proposals)


def test_a_proposal_says_why_and_its_options_are_those_of_run():
    (proposal,) = infer(losses.scan)
    assert proposal.options == {}
    examined = emd_conformance.run(losses.scan, classes=(2, 3, 5)).examined
    assert proposal.why == f"all {len(examined)} checks of cases with 2, 3, 5 classes pass"


def test_a_hint_is_part_of_every_proposal():
    target = "dlordinal.losses:EMDLoss(num_classes=C)"
    (proposal,) = infer(target, target="labels", array="torch", dtype="float32", classes=(3, 5))
    assert proposal.options == {
        "array": "torch",
        "input": "logits",
        "target": "labels",
        "reduction": "mean",
        "dtype": "float32",
        "classes": (3, 5),
    }
    assert emd_conformance.run(target, isolate=False, **proposal.options).verdict == "conforms"


def test_a_wrong_hint_leaves_no_proposal():
    assert infer(losses.scan, reduction="mean") == []
    assert infer(losses.scan, computes="E/C") == []


def test_a_hint_that_is_not_understood_is_refused():
    with pytest.raises(ValueError, match="input='votes' is not understood"):
        infer(losses.scan, input="votes")


def test_the_command_takes_hints(capsys):
    target = HERE + "right_conventions:verification"
    assert main(["infer", target, "--computes", "E/(C-1)", "--order", "predicted-first"]) == 0
    assert main(["infer", target, "--computes", "E/C"]) == 1
    assert "no declaration fits" in capsys.readouterr().out


def test_the_command_prints_what_to_run(capsys):
    assert main(["infer", HERE + "right_conventions:verification"]) == 0
    assert "'--computes=E/(C-1)'" in capsys.readouterr().out


def test_the_command_says_that_none_fits(capsys):
    assert main(["infer", HERE + "values:absolute_first"]) == 1
    assert "no declaration fits" in capsys.readouterr().out


def test_the_command_says_that_a_target_cannot_be_loaded(capsys):
    assert main(["infer", "nowhere:loss"]) == 4
    assert "nowhere" in capsys.readouterr().out
