"""Sentences of findings: what they count, what they name, and what only the failing cases have in common."""

from types import SimpleNamespace

import pytest
from emd_conformance import vectors
from emd_conformance._cases.load import find
from emd_conformance._diagnosis import traits
from emd_conformance._diagnosis.catalogue import CATALOGUE, finding
from emd_conformance._diagnosis.conventions import bare_factor, options, replaced
from emd_conformance._diagnosis.diagnose import smallest
from emd_conformance._diagnosis.evidence import Answered, Support, agree_to, close, listed
from emd_conformance._diagnosis.otherwise import Trial
from emd_conformance._diagnosis.traits import TRAITS, in_common, where
from emd_conformance._diagnosis.where import PECULIARITIES, explain_where
from emd_conformance._judging.result import Result


def case(classes=3, samples=2, **fields):
    rows = ((1.0 / classes,) * classes,) * samples
    plain = {"id": f"C{classes}-N{samples}", "classes": classes, "predicted": rows, "target": (), "labels": None}
    return SimpleNamespace(**{**plain, "shape": (), "flags": (), "needs": (), "passed": "", **fields})


HAVE = {
    "with one class": case(1),
    "with at most two classes": case(2),
    "with more than two classes": case(3),
    "with an odd number of classes": case(5),
    "with an even number of classes": case(4),
    "of one sample": case(samples=1),
    "of several samples": case(samples=2),
    "with as many samples as classes": case(3, 3),
    "with another number of samples than of classes": case(3, 4),
    "of several batch axes": case(shape=(2, 1)),
    "in which a predicted probability is 0": case(predicted=((0.0, 1.0),)),
    "in which a target probability is 0": case(target=((0.5, 0.0),)),
    "in which a probability is 0": case(target=((0.0, 0.5),)),
    "in which a probability is 1": case(target=((1.0, 0.25),)),
    "in which a prediction equals its target": case(predicted=((0.5, 0.5),), target=((0.5, 0.5),)),
    "in which no label is the last class": case(labels=(0, 1)),
    "in which a label is the last class": case(labels=(0, 2)),
    "in which a label is class 0": case(labels=(0, 2)),
    "with huge logits": case(flags=("huge-logits",)),
    "in which p and t nearly agree": case(flags=("near-equal",)),
    "with unequal masses": case(needs=("off-simplex",)),
}
LACK = {
    "with one class": case(2),
    "with at most two classes": case(3),
    "with more than two classes": case(2),
    "with an odd number of classes": case(2),
    "with an even number of classes": case(3),
    "of one sample": case(),
    "of several samples": case(samples=1),
    "with as many samples as classes": case(3, 2),
    "with another number of samples than of classes": case(3, 3),
    "of several batch axes": case(shape=(2,)),
    "in which a predicted probability is 0": case(target=((0.0, 1.0),)),
    "in which a target probability is 0": case(predicted=((0.0, 1.0),)),
    "in which a probability is 0": case(),
    "in which a probability is 1": case(),
    "in which a prediction equals its target": case(predicted=((0.5, 0.5),), target=((0.25, 0.75),)),
    "in which no label is the last class": case(labels=(2,)),
    "in which a label is the last class": case(labels=(1,)),
    "in which a label is class 0": case(labels=(1,)),
    "with huge logits": case(flags=("near-equal",)),
    "in which p and t nearly agree": case(),
    "with unequal masses": case(),
}


def test_a_trait_is_what_it_is_called():
    for words, has in TRAITS:
        assert has(HAVE[words]), words
        assert not has(LACK[words]), words


def test_what_only_the_failing_cases_have_is_named():
    assert in_common([case(2)], [case(3), case(5)]) == "with at most two classes"
    assert in_common([case(7), case(8)], [case(4), case(5)]) == "with 7 classes or more"
    assert in_common([case(4), case(3)], [case(7), case(8)]) == "with 4 classes or fewer"
    assert in_common([case(4), case(7)], [case(3), case(5), case(8)]) == "with 4, 7 classes"
    assert in_common([case(4), case(7), case(9)], [case(n) for n in (3, 5, 8, 10)]) == "with 4, 7, 9 classes"
    assert in_common([case(samples=9), case(samples=6)], [case(samples=4)]) == "with 6 samples or more"
    assert in_common([case(samples=n) for n in (4, 6, 8, 10)], [case(samples=n) for n in (5, 7, 12)]) == ""
    assert in_common([case(4)], [case(4)]) == in_common([], [case()]) == in_common([case()], []) == ""


def test_how_many_cases_fail_is_said():
    assert where([case(2)], [case(3)] * 4) == "1 of 5 cases fail: those with at most two classes, and no others"
    assert where([case()] * 2, [case()]) == "2 of 3 cases fail"
    assert where([case()] * 7, []) == "none of the 7 answers is right"
    assert traits.in_common([case(1)], [case(2)]) == "with one class"


def answered(id="a", received=(1.0,), message="", classes=3):
    return Answered(case(classes, id=id), None, Result(id, "value", "fail", message), received and [*received])


def test_a_hypothesis_says_what_it_reproduces_and_what_not():
    missed = [answered("d", None, "it raised ValueError: x"), answered("b", classes=2), answered("c", (float("nan"),))]
    assert Support(20, ()).sentence() == "this reproduces all 20 answers"
    assert "all 20 answers (of at most 100 classes; 3 larger ones were not compared)" in Support(20, (), 3).sentence()
    wanted = "this reproduces 17 of 20 answers, but not b (another number), d (raised ValueError), c (not finite)"
    assert Support(17, tuple(missed)).sentence() == wanted
    assert listed([answered(name) for name in "abcde"]).endswith("c (another number) and 2 more")
    assert [Support(3, tuple(missed[:1])).share, Support(0, ()).share] == [0.75, 0.0]


def test_numbers_are_close_relative_to_the_larger_one_or_to_1e_3():
    assert [close([x], [y], 0.1) for x, y in ((1.0, 1.09), (1.0, 1.12), (0.0, 9e-5), (0.0, 2e-4))] == [True, False] * 2
    assert not close([1.0], [1.0, 1.0], 0.1)
    assert not close([1.0], None, 0.1)


def test_numbers_agree_to_digits_that_are_relative_to_large_ones():
    pairs = ((10.0, 10.9), (10.0, 8.9), (0.01, 0.1), (0.01, 0.2))
    assert [agree_to(0.1, [x], [y]) for x, y in pairs] == [True, False] * 2
    assert not agree_to(0.1, [1.0], [1.0, 1.0])
    assert not agree_to(0.1, [1.0], None)


def failed(name):
    return Result(name, "value", "fail")


def test_another_declaration_says_which_checks_pass():
    some = tuple(failed(name) for name in "abcde")
    assert Trial(9, (), True).sentence() == "declared so, all 9 checks pass"
    assert Trial(9, (), False).sentence() == "declared so, all 9 checks that were run pass"
    assert "9 of 10 checks pass, but not" in Trial(9, some[:1], True).sentence()
    assert "4 of 9 checks that were run pass" in Trial(4, some, False).sentence()
    assert Trial(4, some, False).sentence().endswith(f"{some[2].id} and 2 more")
    assert Trial(4, some[:3], True).sentence().endswith(some[2].id)
    assert [Trial(*x).conforms for x in ((3, (), True), (2, (), True), (3, some, True), (3, (), False))] == [True] + [
        False
    ] * 3


def test_the_smallest_failure_is_shown_with_its_numbers():
    names = "line/soft-5", "line/one-sample-2", "line/soft-3"
    cases = [find(name) for name in names]
    results = [Result(n, "value", "fail", f"off in {n}", expected="1.5", received="2.5") for n in names]
    shown = smallest(results, cases, "value")
    assert shown.splitlines() == [
        "case line/one-sample-2 (emd-conformance show line/one-sample-2): off in line/one-sample-2",
        "    expected 1.5",
        "    received 2.5",
    ]
    assert smallest(results, cases, "gradient") == smallest(results, [], "value") == ""
    passed = Result("line/one-sample-2", "value", "pass")
    assert smallest([passed, results[2]], cases, "value").startswith("case line/soft-3")


def test_conventions_are_options_of_a_declaration():
    assert options(["computes='E/C'", "reduction='mean'"]) == {"computes": "E/C", "reduction": "mean"}
    names = ["computes='E'", "reduction='sum'", "computes='E/C'"]
    assert [replaced(name, names) for name in names] == [True, False, False]


def test_an_unusual_factor_alone_is_a_constant_factor():
    factors = {"3*E": "3", "1/7*W1": "1/7", "(0 - 2)*E": "-2", "0.37*E": "0.37"}
    none = ("2*E", "1/2*E", "C*E", "3*E/C", "E", "W1*E", "3*sqrt(E)", "0.7*XE + 3*E")
    assert {text: bare_factor([f"computes='{text}'"]) for text in (*factors, *none)} == factors | dict.fromkeys(
        none, ""
    )
    assert bare_factor(["computes='3*E'", "reduction='mean'"]) == bare_factor(["reduction='mean'"]) == ""


def test_a_finding_is_made_of_its_words_and_what_holds_for_this_loss():
    words = CATALOGUE["target-blurred"]
    plain, full = finding("target-blurred"), finding("target-blurred", "a note", "a case", detail="by 3", kind="advice")
    assert (plain.kind, plain.id, plain.message, plain.remedy) == ("defect", "target-blurred", *words[:2])
    assert full.message == f"{words.headline} by 3; a note"
    assert (full.kind, full.evidence, full.seen) == ("advice", "a case", words.seen)
    convention = finding("convention", id="reduction='mean'")
    assert (convention.kind, convention.id) == ("convention", "reduction='mean'")
    assert "--reduction=mean" in convention.remedy


PECULIAR = {
    "label-dtype": ({"passed": "uint8"}, {}),
    "layout": ({"passed": "reversed"}, {"passed": "uint8"}),
    "several-batch-axes": ({"shape": (2, 1)}, {}),
    "logarithm-bounded": ({"flags": ("unlikely-label",)}, {}),
    "rounded-mass": ({"flags": ("rounded-mass",)}, {}),
    "many-samples": ({"samples": 65}, {"samples": 64}),
    "many-classes": ({"classes": 1001}, {"classes": 1000}),
}


@pytest.mark.parametrize("id", PECULIARITIES)
def test_what_all_wrong_answers_and_no_right_one_have_explains_them(id):
    peculiar, ordinary = (case(**fields) for fields in PECULIAR[id])
    cases = [ordinary, peculiar]
    ordinary.id, peculiar.id = "ordinary", "peculiar"

    def explained(*status):
        return explain_where(cases, [Result(x.id, "value", y) for x, y in zip(cases, status, strict=True)])

    found = explained("pass", "fail")
    assert found.id == id
    assert "it fails for peculiar, and is right in 1 others" in found.message
    assert [explained(*x) for x in (("fail", "fail"), ("pass", "pass"), ("skip", "fail"))] == [None] * 3


def test_of_many_cases_six_are_named():
    cases = [case(id=f"c{i}", flags=("rounded-mass",) * (i > 0)) for i in range(9)]
    found = explain_where(cases, [Result(x.id, "value", "fail" if x.flags else "pass") for x in cases])
    assert "c1, c2, c3, c4, c5, c6 and 2 more, and is right in 1 others" in found.message


def test_every_peculiarity_is_that_of_some_case():
    asked = [x for x in vectors() if not x.invalid]
    assert all(any(map(has, asked)) for has in PECULIARITIES.values())
