"""Wrong weights of samples are named, for losses that were written from the words of the findings."""

from fractions import Fraction
from math import inf, nan

import emd_conformance
import numpy as np
import pytest
from emd_conformance._diagnosis.weights import DIVISORS, WEIGHINGS, Batch, _explains
from emd_conformance._exact.interval import INFINITY, Interval
from losses import one_hot, scan

BATCH = Batch(
    [Interval(Fraction(x), Fraction(x)) for x in (1, 2, 4)], [Fraction(x) for x in (3, 0, 5)], [True, False, True]
)
UNIT = Fraction(1, 2**53)


def explained(received, weigh="", divide=None, batch=BATCH):
    return _explains(WEIGHINGS[weigh], DIVISORS.get(divide), batch, received, UNIT)


def test_answers_are_explained_within_the_rounding_of_their_weights():
    room = 20 * 2.0**-53  # four roundings a sample, and eight
    assert explained([3.0, 0.0, 20.0])
    assert explained([3.0, 0.0, 20.0 * (1 + room)])
    assert not explained([3.0, 0.0, 20.0 * (1 + 2 * room)])
    assert explained([23 / 8], divide="weighted-mean")
    assert not explained([23 / 8], divide="mean")
    assert not explained([3.0, 0.0])
    assert not explained([23.0])


def test_a_divisor_of_0_explains_0_and_what_is_not_finite():
    nothing = Batch(BATCH.values[:2], [Fraction(0)] * 2, [False] * 2)
    answers = ([0.0], [nan], [inf], [1.0])
    assert [explained(x, divide="weighted-mean", batch=nothing) for x in answers] == [True, True, True, False]


def test_an_infinite_value_stays_infinite():
    infinite = Batch([INFINITY, BATCH.values[0]], [Fraction(1, 2), Fraction(1)], [True] * 2)
    assert [explained([x, 1.0], batch=infinite) for x in (inf, -inf, 1e308, nan)] == [True, False, False, False]
    assert not explained([inf, inf], batch=infinite)


def ignoring(p, k, count):
    counted = k != -100
    E = scan(p, one_hot(np.where(counted, k, 0), p.shape[-1]))
    return (counted * E).sum() / count(counted)


def with_ignored_labels(p, k, w):
    counted = k != -100
    return counted * scan(p, one_hot(np.where(counted, k, 0), p.shape[-1]))


def weighted(count):
    return lambda p, t, w: (w * scan(p, t)).sum() / count(w)


CALLED = {"call": "p, t, w"}
WRONG = {
    "weights-ignored": (lambda p, t, w: scan(p, t), CALLED),
    "weights-ignored of a mean": (lambda p, t, w: scan(p, t).mean(), CALLED | {"reduction": "weighted-mean"}),
    "weights-squared": (lambda p, t, w: w**2 * scan(p, t), CALLED),
    "weights-squared of a sum": (lambda p, t, w: (w**2 * scan(p, t)).sum(), CALLED | {"reduction": "sum"}),
    "weights-normalised": (lambda p, t, w: w / (w.sum() or 1) * scan(p, t), CALLED),
    "weights-averaged": (lambda p, t, w: w.mean() * scan(p, t), CALLED),
    "zero-weights-left-out": (weighted(lambda w: max((w != 0).sum(), 1)), CALLED | {"reduction": "mean"}),
    "weights-in-the-count": (
        lambda p, k: ignoring(p, k, len),
        {"target": "labels", "ignore_index": -100, "reduction": "mean"},
    ),
    "sample-weights-ignored": (with_ignored_labels, {"call": "p, k, w", "target": "labels", "ignore_index": -100}),
    "mask-ignored": (lambda p, t, w, mask: w * scan(p, t), {"call": "p, t, w, mask"}),
    "mask-ignored of a mean": (
        lambda p, t, w, mask: (w * scan(p, t)).sum() / (w.sum() or 1),
        {"call": "p, t, w, mask", "reduction": "weighted-mean"},
    ),
    "class-weights-ignored": (
        lambda p, k, mask, class_weight: (mask * scan(p, one_hot(k, p.shape[-1]))).sum(),
        {"call": "p, k, mask, class_weight", "target": "labels", "reduction": "sum"},
    ),
    "reduction='mean'": (weighted(len), CALLED),
    "reduction='sum'": (weighted(lambda w: 1), CALLED | {"reduction": "mean"}),
    "reduction='weighted-mean'": (weighted(lambda w: w.sum() or 1), CALLED),
    "reduction='none'": (lambda p, t, w: w * scan(p, t), CALLED | {"reduction": "mean"}),
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_use_of_weights_is_named(words):
    loss, options = WRONG[words]
    report = emd_conformance.run(loss, classes=(2, 3, 5), **options)
    (found,) = (x for x in report.findings if x.kind != "advice")
    assert found.id == words.partition(" of ")[0], report
    assert "answers that were compared" in found.message
