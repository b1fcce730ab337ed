"""Wrong readings of predictions and targets, and wrong reductions, are what their names say."""

from fractions import Fraction
from math import exp, inf, log

import pytest
from emd_conformance._diagnosis.misreadings import AS_DECLARED, normalised, predictions, softmax_along_batch, targets
from emd_conformance._diagnosis.reductions import CONVENTIONS, DEFECTS, MIXINGS, average
from emd_conformance._exact.interval import Interval

Z = [0.5, -1.25, 2.0, 0.0]
P = [0.125, 0.5, 0.25, 0.125]


def shares(x):
    return [a / sum(x) for a in x]


def soft(z):
    return shares([exp(x) for x in z])


def sigmoids(z):
    return [1 / (1 + exp(-x)) for x in z]


S = sigmoids(Z)
CONDITIONAL = [1 - S[0], S[0] * (1 - S[1]), S[0] * S[1] * (1 - S[2]), S[0] * S[1] * S[2] * (1 - S[3])]
CUMULATIVE = [1 - S[0], S[0] - S[1], S[1] - S[2], S[2] - S[3]]
DECLARED = {
    "probabilities": Z,
    "log-probabilities": [exp(x) for x in Z],
    "logits": soft(Z),
    "cdf": Z,
    "cumulative": Z,
    "cumulative-logits": [*CUMULATIVE, S[3]],
    "conditional-logits": [*CONDITIONAL, S[0] * S[1] * S[2] * S[3]],
}
PREDICTIONS = {
    "probabilities": {"input='logits'": soft(Z), "input='log-probabilities'": [exp(x) for x in Z]},
    "log-probabilities": {"input='probabilities'": Z},
    "logits": {
        "input='probabilities'": Z,
        "input='log-probabilities'": [exp(x) for x in Z],
        "softmax-twice": soft(soft(Z)),
        "sigmoid-for-softmax": S,
        "softmax-sign": soft([-x for x in Z]),
        "log-softmax-for-softmax": [log(x) for x in soft(Z)],
        "sigmoid-normalised": shares(S),
    },
    "cdf": {},
    "cumulative": {},
    "cumulative-logits": {"input='conditional-logits'": DECLARED["conditional-logits"]},
    "conditional-logits": {"input='cumulative-logits'": DECLARED["cumulative-logits"]},
}


@pytest.mark.parametrize("kind", DECLARED)
def test_a_prediction_is_read_as_it_is_declared_or_as_a_name_says(kind):
    assert {*AS_DECLARED} == {*DECLARED}
    assert [*AS_DECLARED[kind](Z)] == pytest.approx(DECLARED[kind], rel=1e-15)
    read = {name: [*reading(Z)] for name, reading in predictions(kind).items()}
    hardened = [int(x == max(DECLARED[kind])) for x in DECLARED[kind]]
    assert {*read} == {*PREDICTIONS[kind], "prediction-hardened"}
    assert read["prediction-hardened"] == hardened
    for name, expected in PREDICTIONS[kind].items():
        assert read[name] == pytest.approx(expected, rel=1e-14), name


def test_the_divisor_of_a_normalised_prediction_is_its_sum():
    assert normalised("probabilities")([0.5, 0.25, 0.25, 1.0]) == [0.25, 0.125, 0.125, 0.5]
    assert normalised("log-probabilities")([log(2), log(6)]) == pytest.approx([0.25, 0.75], rel=1e-15)


def test_the_first_of_equal_classes_is_the_most_probable():
    assert predictions("probabilities")["prediction-hardened"]([0.25, 0.375, 0.375]) == [0, 1, 0]


def test_numbers_far_beyond_exponentials_are_read_without_an_overflow():
    assert [*AS_DECLARED["logits"]([1e300, -1e300, 1e300])] == [0.5, 0.0, 0.5]
    assert AS_DECLARED["logits"]([0.0, -inf])[0] == 1
    assert AS_DECLARED["log-probabilities"]([-inf, 1e9]) == [0.0, exp(300)]
    assert [*predictions("logits")["sigmoid-for-softmax"]([1e9, -1e9])] == [1.0, pytest.approx(0, abs=1e-130)]
    low, high = predictions("logits")["log-softmax-for-softmax"]([-1e9, 1e9])
    assert (low, high) == (-2e9, 0)
    assert AS_DECLARED["cumulative-logits"]([1e9, -1e9]) == pytest.approx([0, 1, 0], abs=1e-300)


def test_a_softmax_along_the_batch_makes_each_class_sum_to_1():
    rows = softmax_along_batch([[0.0, 1.0], [log(3), 1.0]])
    assert [list(row) for row in rows] == [
        pytest.approx([0.25, 0.5], rel=1e-15),
        pytest.approx([0.75, 0.5], rel=1e-15),
    ]


def one_hot(k):
    return [int(j == k) for j in range(4)]


def test_targets_are_read_as_a_name_says():
    T = [Fraction(1, 8), Fraction(1, 2), Fraction(1, 4), Fraction(1, 8)]
    read = {name: [*reading(T, None)] for name, reading in targets("distribution").items()}
    assert {*read} == {"target-softmaxed", "target-hardened", "target-ignored"}
    assert read["target-softmaxed"] == pytest.approx(soft(P), rel=1e-15)
    assert read["target-hardened"] == one_hot(1)
    assert read["target-ignored"] == [Fraction(1, 4)] * 4


@pytest.mark.parametrize(("kind", "other", "by"), [("labels", "labels-from-1", -1), ("labels-from-1", "labels", 1)])
def test_labels_are_read_as_a_name_says(kind, other, by):
    """A label outside the classes gives a row of zeros, unless it wraps."""
    found = targets(kind)
    names = {f"target='{other}'": by, "labels-shifted": -by}
    assert {*found} == {*names, *(f"{name}, wrapping" for name in names), "target-softmaxed", "target-ignored"}
    for k in range(4):
        assert found["target-softmaxed"](one_hot(k), k) == pytest.approx(soft(one_hot(k)))
        for name, step in names.items():
            assert found[name](one_hot(k), k) == one_hot(k + step)
            assert found[f"{name}, wrapping"](one_hot(k), k) == one_hot((k + step) % 4)


VALUES = [3.0, 0.0, 7.0, 2.0]
REDUCED = {
    "none": VALUES,
    "mean": [3.0],
    "sum": [12.0],
    "weighted-mean": [3.0],
    "first-sample-only": [3.0],
    "first-sample-for-all": [3.0] * 4,
    "mean-of-nonzero": [4.0],
    "mean-over-n-minus-1": [4.0],
    "hard-coded-batch": [0.375],
    "maximum-for-mean": [7.0],
}


def test_a_reduction_is_what_it_is_called():
    around = [Interval(Fraction(x), Fraction(x) + Fraction(1, 2**41)) for x in VALUES]
    for name, reduce in (CONVENTIONS | DEFECTS).items():
        assert reduce(VALUES) == REDUCED[name], name
        found = reduce(around)
        assert [float(x.lo) for x in found] == REDUCED[name], name
        assert all(x.lo <= x.hi <= x.lo + Fraction(1, 2**39) for x in found), name


def test_a_reduction_of_one_sample_and_of_none():
    assert DEFECTS["mean-over-n-minus-1"]([3.0]) == [3.0]
    assert DEFECTS["mean-of-nonzero"]([0.0, 0.0]) == [0.0]
    assert CONVENTIONS["sum"]([]) == [0]
    tiny = [
        Interval(Fraction(0), Fraction(1)),
        Interval(Fraction(1, 2**41), Fraction(1)),
        Interval(Fraction(3), Fraction(3)),
    ]
    assert DEFECTS["mean-of-nonzero"](tiny)[0].lo == 3
    assert DEFECTS["maximum-for-mean"](tiny)[0] == tiny[2]
    assert average([2.0, 4.0]) == 3


BATCH = [([1, 2, 3], [0, 0, 0]), ([0, 1, 0], [1, 1, 1])]  # D: 1 3 6 and -1 -1 -2
MIXED = {
    "wrong-axis": [[1, 2, 3], [0, 2, 2]],
    "sum-along-batch": [[1, -1], [3, -1], [6, -2]],
    "flattened": [[1, 3, 6], [5, 5, 4]],
    "batch-averaged-first": [[0, 1, 2]],
    "every-pair": [[1, 3, 6], [0, 1, 1], [0, 1, 3], [-1, -1, -2]],
}


def test_samples_are_mixed_as_a_name_says():
    assert {name: [list(map(int, row)) for row in mix(BATCH)] for name, mix in MIXINGS.items()} == MIXED
