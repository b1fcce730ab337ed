"""Readings, reductions, traits and peculiarities at their boundaries, and the words that a finding takes."""

from fractions import Fraction
from itertools import combinations
from math import exp, log
from types import SimpleNamespace

import pytest
from emd_conformance._diagnosis.catalogue import CATALOGUE, REMEDIES, UNKNOWN, finding
from emd_conformance._diagnosis.gradient_words import GRADIENTS
from emd_conformance._diagnosis.misreadings import AS_DECLARED, _log_softmax, predictions, softmax, targets
from emd_conformance._diagnosis.reductions import CONVENTIONS, DEFECTS, MIXINGS, average
from emd_conformance._diagnosis.traits import TRAITS, in_common, where
from emd_conformance._diagnosis.where import explain_where
from emd_conformance._diagnosis.words import WORDS, Words
from emd_conformance._exact.interval import Interval
from emd_conformance._judging.result import VIOLATIONS, Result

THRESHOLD = 2.0**-40


def interval(lo, hi):
    return Interval(Fraction(lo), Fraction(hi))


def case(classes=3, samples=1, **fields):
    rows = ((1.0 / classes,) * classes,) * samples
    plain = {"id": "a", "classes": classes, "predicted": rows, "target": None, "labels": None}
    return SimpleNamespace(**{**plain, "shape": (), "flags": (), "needs": (), "passed": "", **fields})


def test_a_softmax_is_never_0_but_for_a_sum_of_many():
    """So that its logarithm is finite: the smallest float is e^-745."""
    assert softmax([0.0, -1000.0]) == [1, 5e-324]
    assert softmax([-1000.0, 0.0])[0] == 5e-324
    assert softmax([Fraction(-744), Fraction(0)])[0] == exp(-744)


def test_a_softmax_does_not_depend_on_a_constant_added():
    assert softmax([1000.0, 1000.0 + log(3)]) == pytest.approx([0.25, 0.75], rel=1e-12)
    assert _log_softmax([1000.0, 1000.0]) == [-log(2)] * 2
    assert _log_softmax([-log(3) - 1000.0, -1000.0])[1] == pytest.approx(log(0.75), rel=1e-12, abs=0)


def test_exponentials_are_bounded():
    read = predictions("probabilities")["input='log-probabilities'"]
    assert list(read([299.5, 300.5])) == [exp(299.5), exp(300)]
    low = 1 / (1 + exp(700))
    assert list(AS_DECLARED["cumulative-logits"]([-1e9])) == [1, low]
    assert list(AS_DECLARED["cumulative-logits"]([-699.5]))[1] == 1 / (1 + exp(699.5))
    assert list(predictions("logits")["sigmoid-for-softmax"]([-299.5, -1e9])) == [
        1 / (1 + exp(x)) for x in (299.5, 300)
    ]


@pytest.mark.parametrize("kind", ["labels", "labels-from-1"])
def test_a_target_without_a_label_is_of_the_first_class(kind):
    read = {name: reading([0, 0, 1], None) for name, reading in targets(kind).items() if name != "target-softmaxed"}
    assert read.pop("target-ignored") == [Fraction(1, 3)] * 3
    assert len(read) == 4
    assert all(row == [1, 0, 0] for row in read.values())


def test_means_and_sums_of_no_samples():
    assert CONVENTIONS["none"]([]) == []
    assert DEFECTS["hard-coded-batch"]([]) == DEFECTS["mean-over-n-minus-1"]([]) == [0]
    assert DEFECTS["first-sample-only"]([]) == DEFECTS["first-sample-for-all"]([]) == []
    with pytest.raises(ZeroDivisionError):
        average([])


def test_numbers_above_a_threshold_are_not_0():
    mean = DEFECTS["mean-of-nonzero"]
    assert mean([THRESHOLD, 3.0]) == [3]
    assert mean([2 * THRESHOLD, 3.0]) == [1.5 + THRESHOLD]
    assert mean([THRESHOLD, -3.0]) == [(THRESHOLD - 3) / 2]
    wide = interval(THRESHOLD, 8)
    assert mean([wide, interval(3, 3)]) == [interval(3, 3)]
    assert mean([interval(1, 2), interval(3, 5)]) == [interval(2, 3.5)]


def test_the_largest_interval_is_the_one_that_ends_last():
    first, second = interval(0, 5), interval(3, 4)
    for values in ([first, second], [second, first]):
        assert DEFECTS["maximum-for-mean"](values) == [first]
    assert DEFECTS["maximum-for-mean"]([2.0, 7.0, -9.0]) == [7]


def test_one_less_than_the_number_of_samples_divides():
    mean = DEFECTS["mean-over-n-minus-1"]
    assert [mean(values) for values in ([6.0], [6.0, 2.0], [6.0, 2.0, 4.0])] == [[6], [8], [6]]
    assert DEFECTS["hard-coded-batch"]([interval(32, 64)]) == [interval(1, 2)]


def test_a_batch_of_one_sample_is_mixed_with_itself():
    batch = [([1, 2], [0, 4])]
    mixed = {name: mix(batch) for name, mix in MIXINGS.items()}
    once = [[1, -1]]
    assert mixed == {
        "wrong-axis": [[1, -2]],
        "sum-along-batch": [[1], [-1]],
        "flattened": once,
        "batch-averaged-first": once,
        "every-pair": once,
    }


def has(words, of):
    return dict(TRAITS)[words](of)


def test_one_sample_or_class_is_enough_for_a_trait():
    rows = ((0.5, 0.5), (0.0, 1.0))
    for words in (
        "in which a predicted probability is 0",
        "in which a probability is 0",
        "in which a probability is 1",
    ):
        assert has(words, case(predicted=rows))
        assert not has(words, case(predicted=rows[:1]))
    one_equal = case(predicted=rows, target=((0.25, 0.75), (0.0, 1.0)))
    assert has("in which a prediction equals its target", one_equal)
    for words in ("in which a target probability is 0", "in which a probability is 1"):
        assert has(words, one_equal)
        assert not has(words, case(predicted=rows[:1], target=rows[:1]))


@pytest.mark.parametrize("words", ["predicted probability is 0", "target probability is 0", "probability is 0"])
def test_only_0_is_0(words):
    """Logits may be negative, or 1."""
    article = f"in which a {words}"
    for x, found in ((0.0, True), (-0.5, False), (1.0, False), (0.5, False)):
        row = ((0.5, x),)
        assert has(article, case(predicted=row, target=row)) is found


def test_only_1_is_1():
    assert [has("in which a probability is 1", case(predicted=((x, 0.0),))) for x in (1.0, 1.5, 0.5)] == [
        True,
        False,
        False,
    ]


def test_every_failing_case_and_no_passing_one_has_what_is_named():
    assert in_common([case(2), case(4)], [case(3), case(5)]) == "with an even number of classes"
    assert in_common([case(4), case(6)], [case(3), case(8)]) == "with 4, 6 classes"


def test_a_case_without_labels_or_targets_has_the_traits_of_none():
    plain = case()
    assert has("in which no label is the last class", plain)
    for words in ("in which a label is the last class", "in which a label is class 0"):
        assert not has(words, plain)
    assert not has("in which a prediction equals its target", plain)
    assert not has("in which a target probability is 0", plain)
    assert [has("with at most two classes", case(n)) for n in (1, 2, 3)] == [True, True, False]
    assert [has("of one sample", case(samples=n)) for n in (1, 2)] == [True, False]


def test_sizes_that_both_have_explain_nothing():
    assert in_common([case(7), case(8)], [case(4), case(7)]) == ""
    assert in_common([case(4), case(7)], [case(7), case(8)]) == ""
    assert in_common([case(4), case(7)], [case(8), case(9)]) == "with 7 classes or fewer"
    assert in_common([case(8), case(9)], [case(4), case(7)]) == "with 8 classes or more"
    assert in_common([case(7), case(4), case(5)], [case(8), case(9)]) == "with 7 classes or fewer"
    assert in_common([case(9), case(8)], [case(3), case(7), case(4)]) == "with 8 classes or more"
    two = [case(samples=n) for n in (4, 5)]
    assert in_common(two, [case(samples=n) for n in (6, 7)]) == "with 5 samples or fewer"
    assert where(two, [case(samples=n) for n in (2, 4)]) == "2 of 4 cases fail"


@pytest.mark.parametrize(("count", "more"), [(6, ""), (7, " and 1 more")])
def test_up_to_six_cases_are_named(count, more):
    cases = [case(id=f"c{i}", flags=("rounded-mass",) * (i < count)) for i in range(count + 2)]
    unknown = Result("unknown", "value", "pass"), Result("unknown", "value", "fail")
    results = [Result(of.id, "value", "fail" if of.flags else "pass") for of in cases]
    found = explain_where(cases, [*results, *unknown])
    assert found.message.endswith(f"it fails for c0, c1, c2, c3, c4, c5{more}, and is right in 2 others")
    assert found.id == "rounded-mass"


def test_other_failures_beside_those_of_one_kind_leave_them_unexplained():
    cases = [case(id="x", shape=(1, 1)), case(id="y"), case(id="z")]
    assert explain_where(cases, [Result(of.id, "value", "pass" if of.id == "z" else "fail") for of in cases]) is None


def test_right_answers_of_the_same_kind_are_not_counted():
    cases = [case(id="x", shape=(1, 1)), case(id="y", shape=(1, 1)), case(id="z"), case(id="s")]
    status = {"x": "fail", "y": "pass", "z": "pass", "s": "skip"}
    found = explain_where(cases, [Result(name, "value", x) for name, x in status.items()])
    assert (found.id, found.message.endswith("it fails for x, and is right in 1 others")) == (
        "several-batch-axes",
        True,
    )


def test_the_words_of_each_finding_stand_in_one_table():
    for a, b in combinations([WORDS, GRADIENTS, UNKNOWN, REMEDIES], 2):
        assert not a.keys() & b.keys()
    assert {name for name, words in CATALOGUE.items() if words.kind == "unknown"} == UNKNOWN.keys()
    assert {CATALOGUE[name] for name in REMEDIES} == {Words(VIOLATIONS[name], REMEDIES[name]) for name in REMEDIES}
    assert Words("a", "b") == ("a", "b", "", "defect")


def test_a_finding_takes_the_words_of_its_entry_unless_more_is_known():
    words = CATALOGUE["unexplained"]
    plain = finding("unexplained")
    assert (plain.id, plain.kind, plain.evidence, plain.remedy) == ("unexplained", "unknown", "", words.remedy)
    named = finding("unexplained", "a note", id="reduction='mean'", kind="defect")
    assert (named.id, named.kind, named.remedy) == ("reduction='mean'", "defect", words.remedy)
    assert named.message == f"{words.headline}; a note"
    assert finding("unexplained", detail="by 3").message == f"{words.headline} by 3"
    declared = finding("convention", id="reduction='mean'").remedy
    assert declared == "declare it if it is intended, with --reduction=mean; otherwise change the implementation"
    assert finding("convention", id="no option").remedy == CATALOGUE["convention"].remedy
