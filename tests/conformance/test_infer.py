"""`infer` proposes the declaration under which a loss is right, or says that there is none."""

import pytest
from emd_conformance._cli.main import main
from emd_conformance._run.infer import infer

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


def test_the_command_prints_what_to_run(capsys):
    assert main(["infer", HERE + "right_conventions:verification"]) == 0
    assert "'--computes=E/(C-1)'" in capsys.readouterr().out


def test_the_command_says_that_none_fits(capsys):
    assert main(["infer", HERE + "values:absolute_first"]) == 1
    assert "no declaration fits" in capsys.readouterr().out


def test_the_command_says_that_a_target_cannot_be_loaded(capsys):
    assert main(["infer", "nowhere:loss"]) == 4
    assert "nowhere" in capsys.readouterr().out
