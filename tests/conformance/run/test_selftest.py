"""The suite catches every defect through every path that can carry it, names it, and blames no right variant."""

import json
from collections import Counter

import losses
import pytest
from emd_conformance._cli import defects
from emd_conformance._cli.main import main
from emd_conformance._run import selftest
from emd_conformance.defects import Defect, Variant, load
from support.thorough import some_of

ENTRIES, MISSING = load()
DEFECTS = [entry for entry in ENTRIES if isinstance(entry, Defect)]
VARIANTS = [entry for entry in ENTRIES if isinstance(entry, Variant)]
IN_PROCESS = [entry for entry in ENTRIES if not getattr(entry, "isolated", False)]
KINDS = {entry.module: entry for entry in DEFECTS if not entry.isolated}  # one of each kind
OTHERWISE = {  # what is caught under another name
    "values.squared_distances": "missing-square",  # and the square of that: W1*W1
    "batches.mean_of_the_wrong_ones[reduction=mean]": "unexplained",
    "independent_numerics.expanded_square": "unexplained",
    "independent_torch_values.autocast_inside[array=torch, grad=autograd, input=logits, target=labels]": "unexplained",
}


def test_there_are_enough_of_both():
    assert len(DEFECTS) >= 60
    assert len(VARIANTS) >= 40
    assert max(Counter(entry.id for entry in ENTRIES).values()) == 1


def test_at_most_one_in_twenty_is_caught_under_another_name():
    known = {entry.id for entry in ENTRIES if not entry.independent}
    assert len(OTHERWISE.keys() & known) <= len(DEFECTS) / 20


@pytest.mark.parametrize("entry", some_of(IN_PROCESS, every=12), ids=lambda entry: entry.id)
def test_an_entry_is_judged_and_named_as_its_author_says(entry):
    (outcome,) = selftest.examine([entry], main, ["callable"])
    assert outcome.right, outcome
    if entry.id in OTHERWISE:
        assert outcome.received == f"does-not-conform: {OTHERWISE[entry.id]}"
    else:
        assert outcome.exact, outcome


@pytest.mark.thorough
@pytest.mark.parametrize("module", sorted(KINDS))
def test_every_defect_fails_a_test_of_parametrize(module):
    entries = [entry for entry in DEFECTS if entry.module == module and not entry.isolated]
    outcomes = list(selftest.examine(entries, main, ["parametrize"]))
    assert [outcome.entry for outcome in outcomes if not outcome.right] == []


@pytest.mark.parametrize("path", ["string", "command"])
@pytest.mark.parametrize("module", some_of(sorted(KINDS), every=20))
def test_one_defect_of_each_kind_on_the_other_paths(module, path):
    (outcome,) = selftest.examine([KINDS[module]], main, [path])
    assert outcome.right, outcome
    assert outcome.exact or outcome.entry in OTHERWISE, outcome


def test_defects_that_would_end_the_suite_run_in_a_process_of_their_own():
    isolated = [entry for entry in DEFECTS if entry.isolated]
    assert {entry.finding for entry in isolated} >= {"hang", "crash", "exits", "memory"}
    assert all(entry.paths == ("string",) for entry in isolated)


@pytest.mark.thorough
def test_the_command_prints_both_figures(monkeypatch, capsys, tmp_path):
    chosen = [entry for entry in ENTRIES if entry.module.endswith((".gradients", ".right_grounds"))][-9:]
    monkeypatch.setattr(defects, "load", lambda: (chosen, []))
    file = tmp_path / "figures.json"
    assert main(["defects", "--jobs", "1", "--json", str(file)]) == 0
    document = json.loads(file.read_text("utf-8"))
    assert f"caught {document['caught']} of {document['defects']} defects" in capsys.readouterr().out
    assert document["blamed"] == 0


@pytest.mark.thorough
def test_processes_share_the_entries_and_find_what_one_process_finds():
    chosen = [entry for entry in ENTRIES if entry.module.endswith(".right_grounds")][:2]
    chosen += [entry for entry in DEFECTS if entry.module.endswith(".precision")][:2]
    outcomes = [outcome for found in selftest.examine_all(chosen, main, 2) for outcome in found]
    assert {outcome.entry for outcome in outcomes} == {entry.id for entry in chosen}
    assert all(outcome.right for outcome in outcomes)


def test_every_path_is_tried_with_one_entry_of_each_module():
    for entry in {entry.module: entry for entry in reversed(DEFECTS)}.values():
        assert set(entry.paths) <= set(selftest.chosen_paths(entry, ENTRIES))
    assert all("callable" in selftest.chosen_paths(entry, ENTRIES) for entry in ENTRIES)


def test_the_command_fails_when_a_defect_slips_through(monkeypatch, capsys):
    slipped = Defect(losses.scan, "losses", "scan", "missing-cumsum", declares={})
    monkeypatch.setattr(defects, "load", lambda: ([slipped], []))
    assert main(["defects", "--jobs", "1"]) == 1
    assert "caught 0 of 1 defects" in capsys.readouterr().out


def test_the_command_fails_when_a_right_loss_is_blamed(monkeypatch, capsys):
    blamed = Variant(lambda p, t: 2 * losses.scan(p, t), "losses", "twice", declares={})
    monkeypatch.setattr(defects, "load", lambda: ([blamed], ["torch"]))
    assert main(["defects", "--jobs", "1"]) == 1
    assert "need torch" in capsys.readouterr().out


@pytest.mark.thorough
def test_the_entries_of_the_independent_author_are_counted_apart(monkeypatch, capsys, tmp_path):
    chosen = [
        next(entry for entry in kind if entry.independent == apart)
        for kind in (DEFECTS, VARIANTS)
        for apart in (True, False)
    ]
    monkeypatch.setattr(defects, "load", lambda: (chosen, []))
    file = tmp_path / "figures.json"
    assert main(["defects", "--json", str(file)]) == 0
    document = json.loads(file.read_text("utf-8"))
    assert document["defects"] == document["variants"] == 2
    assert document["independent"] == {"defects": 1, "caught": 1, "exact": 1, "variants": 1, "blamed": 0}
    assert "alone:\ncaught 1 of 1 defects, 1 with exactly" in capsys.readouterr().out


@pytest.mark.skipif(bool(MISSING), reason=f"not all entries are here, for want of {', '.join(MISSING)}")
def test_one_in_three_is_by_an_author_who_did_not_know_the_suite():
    assert 3 * sum(entry.independent for entry in DEFECTS) >= len(DEFECTS)
