"""Hypotheses: which are proposed for a declaration, in what order, and how near an answer must be."""

from fractions import Fraction
from math import inf, nan

import emd_conformance
import numpy as np
import pytest
from emd_conformance import Declaration
from emd_conformance._calling.caller import Caller
from emd_conformance._cases.load import find
from emd_conformance._diagnosis.changes import changes, hypotheses
from emd_conformance._diagnosis.evidence import Answered, Evidence, reproduces
from emd_conformance._diagnosis.first_contact import _ways
from emd_conformance._diagnosis.hypothesis import Change, Inputs, Slack, agree, declared, predicted
from emd_conformance._diagnosis.otherwise import _dullness, _others
from emd_conformance._diagnosis.values import Search
from emd_conformance._exact.interval import Interval
from emd_conformance._judging.result import Result
from losses import scan

UNIT = 2.0**-53


def test_the_slack_is_a_rounding_for_each_addition():
    assert Slack(UNIT).of(5) == Fraction(UNIT) * 36
    assert Slack(UNIT, roundings=4).of(1000) == Fraction(UNIT) * 4


def test_answers_agree_within_an_interval_and_four_roundings():
    guess, size = Interval(Fraction(1), Fraction(2)), Fraction(2)
    room = 4 * Fraction(UNIT) * (size + size)
    near = [float(x) for x in (1, 2, size + room * Fraction(9, 10), 1 - room / 2)]
    assert all(agree([x], [guess], Slack(UNIT)) for x in near)
    assert not any(agree([float(x)], [guess], Slack(UNIT)) for x in (2 + 2 * room, 1 - 2 * room, 0.0))
    assert not agree([1.0, 1.0], [guess], Slack(UNIT))


def test_a_cross_entropy_errs_by_as_much_as_it_and_its_logits_are_large():
    declares = Declaration(computes="XE", target="labels")
    case = next(x for x in emd_conformance.vectors() if x.labels and x.group == "line" and x.classes == 5)
    samples = Caller(lambda classes: scan, declares).samples(case)
    for quantity in declared(declares).quantities(samples, Slack(UNIT)):
        width = quantity["XE"].hi - quantity["XE"].lo
        assert float(width) == pytest.approx(2 * 36 * UNIT * (float(quantity["XE"].middle) + 1), rel=1e-6, abs=0)


def test_a_change_that_is_an_option_is_a_convention():
    assert [Change(name, {}).kind for name in ("reduction='mean'", "missing-cumsum")] == ["convention", "defect"]


def names(declared, number=1):
    return [tuple(change.name for change in guess.changes) for guess in hypotheses(declared, number)]


def test_conventions_come_before_defects_and_no_two_defects_together():
    for number in (1, 2):
        defects = [sum("=" not in name for name in chosen) for chosen in names(Declaration(), number)]
        assert defects == sorted(defects)
        assert {*defects} == {0, 1}
    assert all("=" in name for chosen in names(Declaration(), 3) for name in chosen)
    assert len({len(chosen) for chosen in names(Declaration(), 2)}) == 1


def proposed(**options):
    return {change.name for place in changes(Declaration(**options)) for change in place}


def test_what_is_proposed_depends_on_the_declaration():
    plain = proposed()
    assert {"computes='E/C'", "reduction='mean'", "wrong-axis", "softmax-twice"} - plain == {"softmax-twice"}
    assert {"softmax-twice", "softmax-along-batch"} <= proposed(input="logits")
    assert "prediction-normalised" in proposed(capabilities=("off-simplex",)) - plain
    assert "cumsum-twice" in plain
    assert {"input='probabilities'"} == {"input='probabilities'", "cumsum-twice"} & proposed(input="cdf")
    assert not {"expected-distance", "divergence-for-emd", "energy-of-target-missing"} & proposed(target="labels")
    assert "computes='E/range'" in proposed(ground="positions") - plain
    assert "wrong-axis" not in proposed(ground="circle")
    assert "epsilon-under-root" in proposed(computes="sqrt(E/C)") - plain
    assert "epsilon-under-root" not in proposed(computes="sqrt(E) + 1")


def test_what_is_declared_is_not_proposed():
    assert "computes='E'" not in proposed()
    assert "computes='E'" in proposed(computes="E/C")
    assert "computes='E/C'" not in proposed(computes="E/C")
    assert {"reduction='none'", "reduction='sum'"} <= proposed(reduction="mean")
    assert "reduction='mean'" not in proposed(reduction="mean")
    assert "reduction='weighted-mean'" not in proposed()
    assert "reduction='none'" not in proposed(batched=False, reduction="mean")


def test_the_input_of_a_cross_entropy_may_be_read_in_two_ways():
    found = [c for place in changes(Declaration(computes="XE + E", input="logits", target="labels")) for c in place]
    twice = [change for change in found if change.name == "input-read-twice"]
    assert {change.detail for change in twice} == {"as probabilities", "as log-probabilities"}
    assert not any(change.name.startswith("input=") for change in found)


def test_epsilons_are_added_under_the_root():
    texts = {
        c.fields["expression"].text for c in sum(changes(Declaration(computes="sqrt(E/C)")), ()) if "eps" in c.name
    }
    assert {"sqrt(E/C + 1e-8)", "sqrt(E/C + 1e-4)"} <= texts


def others(answered=True, **options):
    return [*_others(Declaration(**options), answered)]


def test_other_calls_are_proposed_single_changes_first():
    assert others()[:3] == [{"order": "target-first"}, {"axis": 0}, {"batched": False}]
    assert {"ground": "circle"} in others()
    assert {"order": "predicted-first"} in others(order="target-first")
    assert not any("order" in way for way in others(call="t, p"))
    assert {"axis": -1} in others(axis=0)
    assert {"batched": True} in others(batched=False)
    assert not any("batched" in way for way in others(reduction="mean"))
    assert not any("ground" in way for way in others(ground="circle"))
    assert {"label_shape": "(N,1)"} in others(target="labels")
    assert not any("label_shape" in way for way in others())
    assert {"input": "logits"} in others(computes="XE + E", target="labels")
    assert not any("input" in way for way in others())


def test_other_targets_and_results_are_proposed_if_no_call_was_answered():
    assert not any({"target", "returns"} & way.keys() for way in others())
    found = others(answered=False)
    assert {"returns": "[0]"} in found
    assert {"target": "labels"} in found
    sizes = [len(way) for way in found if "target" in way]
    assert sizes == sorted(sizes)
    assert not any("returns" in way for way in others(answered=False, returns="[1]"))
    assert not any("target" in way for way in others(answered=False, call="p, t"))


def ways(**options):
    return [*_ways(Caller(lambda classes: scan, Declaration(**options)))]


def test_what_else_a_loss_may_take_is_tried_few_changes_first():
    found = ways()
    assert {"array": "list"} in found
    assert {"dtype": "float32"} in found
    assert {"target": "labels"} in found
    assert [len(way) for way in found] == sorted(len(way) for way in found)
    assert {} not in found
    assert len({repr(way) for way in found}) == len(found)
    assert not any("target" in way for way in ways(call="p, t"))
    assert not any("dtype" in way for way in ways(dtype="float32"))


def test_telling_cases_are_asked_first():
    """Several samples of 3 to 12 classes, few classes before many; then single samples; then the others."""
    names = "line/soft-3", "line/soft-5", "line/one-sample-3", "line/soft-2", "near/line-20"
    dull = [_dullness(find(name)) for name in names]
    assert dull == sorted(dull)
    assert len({*dull}) == len(names)


def evidence(loss, *names, **options):
    caller = Caller(lambda classes: loss, Declaration(**options))
    results = [Result(name, "value", "fail") for name in names]
    return Evidence(caller, [find(name) for name in names], results)


def test_answers_of_one_number_for_each_class_are_summed():
    found = evidence(lambda p, t: np.square(np.cumsum(p - t, -1)), "line/soft-3", "line/soft-5").summed()
    right = evidence(scan, "line/soft-3", "line/soft-5")
    pairs = zip(found.answers, right.answers, strict=True)
    assert all(a.received == pytest.approx(b.received, rel=1e-15) for a, b in pairs)
    assert right.summed() is None
    assert evidence(lambda p, t: np.ones(2), "line/soft-3").summed() is None


def test_what_is_not_small_finite_and_plain_shows_no_formula():
    clear = [a.case.id for a in evidence(scan, "line/soft-5", "line/soft-3").clear]
    assert clear == ["line/soft-3", "line/soft-5"]
    assert evidence(lambda p, t: np.full(len(p), nan), "line/soft-3").clear == []
    assert evidence(lambda p, t: 1 / 0, "line/soft-3").clear == []
    assert evidence(scan, "axes/soft-2x3-4").clear


def test_what_a_hypothesis_reproduces_is_counted():
    names = "line/soft-2", "line/soft-3", "line/soft-5"
    loss = lambda p, t: scan(p, t) * (1 if p.shape[-1] < 5 else 2)  # noqa: E731
    found = evidence(loss, *names).support(declared(Declaration()), Slack(UNIT))
    assert (found.right, [a.case.id for a in found.wrong], found.larger) == (2, ["line/soft-5"], 0)
    assert evidence(scan, *names).support(declared(Declaration()), Slack(UNIT)).right == 3


def test_a_comparison_stops_where_a_hypothesis_is_refuted_or_misses_too_many():
    twice = evidence(lambda p, t: 2 * scan(p, t), "line/soft-2", "line/soft-3", "line/soft-5")
    guess, slack = declared(Declaration()), Slack(UNIT)
    assert len(twice.support(guess, slack).wrong) == 3
    assert len(twice.support(guess, slack, 0.5).wrong) == 2
    assert len(twice.support(guess, slack, refutes=lambda answer: answer.case.classes == 3).wrong) == 2


def test_wrong_answers_of_plain_batches_probe_first():
    """Then right ones; rows with zeros, single samples, and fewer than three or more than five classes come later."""
    names = "line/one-sample-3", "line/soft-2", "line/soft-3", "soft/binomial-12", "line/one-class"
    found = evidence(scan, *names).probes
    assert [a.case.id for a in found] == ["line/soft-3", "line/soft-2", "soft/binomial-12", "line/one-sample-3"]


def test_an_answer_refutes_a_hypothesis_if_it_differs_by_more_than_digits():
    """Not one that is no number, nor one of p near t, where forms of one formula differ, too."""
    guess = declared(Declaration())

    def refuted(loss, name="line/soft-3"):
        found = Search(evidence(loss, name))
        return [found._refutes(guess, a) for a in found.evidence.answers]

    assert refuted(lambda p, t: 2 * scan(p, t)) == [True]
    assert refuted(lambda p, t: scan(p, t) + 1e-15) == [False]
    assert refuted(lambda p, t: np.full(len(p), nan)) == [False]
    assert refuted(lambda p, t: 2 * scan(p, t), "near/line-20") == [False]


def answer(received, case="line/soft-3"):
    caller = Caller(lambda classes: scan, Declaration())
    found = find(case)
    return Answered(found, Inputs(caller.samples(found), False), Result(case, "value", "fail"), received)


def test_a_hypothesis_reproduces_finite_answers_alone():
    guess, slack = declared(Declaration()), Slack(UNIT)
    case = find("line/soft-3")
    right = scan(np.array(case.predicted), np.array(case.target)).tolist()
    assert reproduces(guess, answer(right), slack)
    for wrong in (None, right[:-1], [*right[:-1], nan], [*right[:-1], inf], [x + 1e-12 for x in right]):
        assert not reproduces(guess, answer(wrong), slack)


def test_an_expression_without_a_value_for_one_class_predicts_nothing():
    caller = Caller(lambda classes: scan, Declaration(computes="E/(C-1)"))
    one = next(x for x in emd_conformance.vectors() if x.classes == 1 and x.predicted and not x.invalid)
    assert predicted(declared(caller.declared), caller.samples(one), Slack(UNIT)) is None
    assert predicted(declared(caller.declared), caller.samples(find("line/soft-3")), Slack(UNIT)) is not None
