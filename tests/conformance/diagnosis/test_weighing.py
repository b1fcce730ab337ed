"""Hypotheses on the weights of samples: what the values are multiplied by, and what their sum is divided by."""

from fractions import Fraction
from math import inf, nan
from types import SimpleNamespace

import pytest
from emd_conformance import Declaration
from emd_conformance._diagnosis import weights as module
from emd_conformance._diagnosis.catalogue import CATALOGUE
from emd_conformance._diagnosis.weights import (
    DIVISORS,
    FORGOTTEN,
    INFINITE,
    WEIGHINGS,
    Batch,
    _answers,
    _explains,
    _hypotheses,
    _within,
    explain_weights,
)
from emd_conformance._exact.interval import INFINITY, Interval
from emd_conformance._judging.result import Result
from small import labelled, told

U = Fraction(1, 2**53)


def point(x):
    return Interval(Fraction(x), Fraction(x))


def batch(values=(1, 2, 4), weights=(2, 0, 3), counted=(True, False, True)):
    return Batch([point(x) for x in values], [Fraction(w) for w in weights], list(counted))


def test_values_are_multiplied_by_what_a_name_says():
    found = {name: list(map(float, weigh(batch(weights=(1, 0, 3))))) for name, weigh in WEIGHINGS.items()}
    assert found == {
        "": [1, 0, 3],
        "weights-ignored": [1, 1, 1],
        "weights-squared": [1, 0, 9],
        "weights-normalised": [0.25, 0, 0.75],
        "weights-averaged": [4 / 3] * 3,
    }


def test_sums_are_divided_by_what_a_name_says():
    assert {name: divide(batch(counted=(True, False, False))) for name, divide in DIVISORS.items()} == {
        "sum": 1,
        "mean": 1,
        "weighted-mean": 5,
        "weights-in-the-count": 3,
        "zero-weights-left-out": 2,
    }
    assert batch((), ()).weight == batch((), ()).size == 0


def proposed(**options):
    """The ids of what is proposed, with the divisor of a batch by each."""
    found = _hypotheses(Declaration(**options))
    return {id: divide and int(divide(batch())) for id, _, divide in found}


def weighings(**options):
    return {id: list(map(float, weigh(batch()))) for id, weigh, _ in _hypotheses(Declaration(**options))}


OWN = ("weights-squared", "weights-normalised", "weights-averaged")
COUNTS = {"weights-in-the-count": 3, "zero-weights-left-out": 2}


def test_other_reductions_and_ways_to_weigh_are_proposed():
    mean = {"reduction='none'": None, "reduction='sum'": 1, "reduction='weighted-mean'": 5}
    assert proposed(reduction="mean", call="p, t, w") == (mean | dict.fromkeys(("weights-ignored", *OWN), 2) | COUNTS)
    none = {"reduction='mean'": 2, "reduction='sum'": 1, "reduction='weighted-mean'": 5}
    assert proposed(call="p, t, w") == none | dict.fromkeys(("weights-ignored", *OWN))
    assert proposed(call="p, t, w", batched=False, reduction="mean") == dict.fromkeys(("weights-ignored", *OWN))
    others = {"reduction='none'": None, "reduction='mean'": 2, "reduction='sum'": 1}
    found = proposed(call="p, t, w", reduction="weighted-mean")
    assert found == others | dict.fromkeys(("weights-ignored", *OWN), 5) | COUNTS


def test_of_several_weights_each_may_be_forgotten():
    less = {"w": [Fraction(1), Fraction(0)], "mask": [Fraction(2), Fraction(3)]}
    two = Batch([point(1), point(2)], [Fraction(2), Fraction(0)], [True, True], less)

    def forgotten(**options):
        last = [*_hypotheses(Declaration(**options))][-2:]
        return {id: (weigh(two), divide and divide(two)) for id, weigh, divide in last}

    for reduction, divisors in (("none", (None, None)), ("sum", (1, 1)), ("mean", (2, 2)), ("weighted-mean", (1, 5))):
        assert forgotten(call="p, t, w, mask", reduction=reduction) == {
            "sample-weights-ignored": (less["w"], divisors[0]),
            "mask-ignored": (less["mask"], divisors[1]),
        }
    ids = [
        [id for id, *_ in _hypotheses(Declaration(target="labels", **options))]
        for options in (
            {"call": "p, k, class_weight"},
            {"call": "p, k, class_weight", "ignore_index": 9},
            {"ignore_index": 9},
        )
    ]
    assert [[id for id in found if id in FORGOTTEN.values()] for found in ids] == [[], ["class-weights-ignored"], []]


def test_a_mean_of_ignored_weights_is_proposed_first_where_the_weights_are_the_divisor():
    (id, weigh, divide), *_ = _hypotheses(Declaration(call="p, t, w", reduction="weighted-mean"))
    assert (id, weigh(batch()), divide(batch())) == ("weights-ignored", [1, 1, 1], 3)
    assert next(_hypotheses(Declaration(call="p, t, w", reduction="mean")))[0] == "reduction='none'"


def test_each_hypothesis_weighs_as_its_name_says():
    found = weighings(call="p, t, w", reduction="mean")
    for id, weights in found.items():
        assert weights == list(map(float, WEIGHINGS[id if id in WEIGHINGS else ""](batch()))), id


def explains(received, weights=(2, 0, 3), divide=None, values=(1, 2, 4), weigh=WEIGHINGS[""]):
    return _explains(weigh, divide, batch(values, weights), list(received), U)


def test_answers_are_products_or_their_sum_over_a_number():
    assert explains((2.0, 0.0, 12.0))
    assert explains((14.0,), divide=DIVISORS["sum"])
    assert explains((7.0,), divide=lambda batch: Fraction(2))
    assert not explains((14.0,), divide=lambda batch: Fraction(2))
    assert not explains((2.0, 1.0, 12.0))
    assert not explains((2.0, 0.0))
    assert not explains((2.0, 0.0, 12.0, 1.0))


def test_answers_without_weights_are_0_or_not_finite():
    nothing = {"weights": (0, 0, 0), "divide": DIVISORS["weighted-mean"]}
    for x in (0.0, nan, inf):
        assert explains((x,), **nothing)
        assert explains((0.0, x), **nothing)
    assert not explains((1.0,), **nothing)
    assert not explains((0.0, 1.0), **nothing)


def test_weights_are_rounded_a_few_times_for_each_sample():
    """4 for each of 3 samples, and 8: 20 roundings of 12."""
    coarse = Fraction(1, 2**20)
    for by, right in ((239, True), (240, True), (241, False), (-240, True), (-241, False)):
        received = [2.0, 0.0, 12 + by / 2**20]
        assert _explains(WEIGHINGS[""], None, batch(), received, coarse) is right, by


def test_numbers_are_within_the_room_itself():
    one = Interval(Fraction(1), Fraction(2))
    room = Fraction(1, 8)
    for x, right in ((2.25, True), (2.26, False), (0.75, True), (0.74, False), (1.5, True), (nan, False), (inf, False)):
        assert _within(x, one, room) is right, x


def test_infinity_is_the_answer_where_the_value_stands_for_it():
    assert INFINITE == INFINITY.hi / 2**100
    huge, limit = Interval(Fraction(0), INFINITE + 1), Interval(Fraction(0), INFINITE)
    assert _within(inf, huge, U)
    assert not _within(inf, limit, U)
    assert not _within(-inf, huge, U)
    assert not _within(nan, huge, U)
    assert not _within(1.0, huge, U)
    assert _within(1.0, limit, U)


def _answers_of(of, **options):
    ((found, received),) = _answers(told({"raw": [7.0]}, **options), [of])
    assert received == [7.0]
    assert len(found.values) == len(of.labels)
    return found


def test_the_mean_counts_every_label_that_is_not_ignored():
    of = labelled(0, 1, 2, 1, checksums=(21, 0, 21, 0))  # those of 0 are ignored
    ignoring = {"target": "labels", "ignore_index": 9}

    def counted(**options):
        found = _answers_of(of, **(ignoring | options))
        return found.counted, [int(w) for w in found.weights]

    assert counted(reduction="mean") == ([True, False, True, False], [1, 0, 1, 0])
    assert counted(reduction="sum") == ([True] * 4, [1, 0, 1, 0])
    assert counted(reduction="none") == ([True] * 4, [1, 0, 1, 0])
    masked = counted(reduction="mean", ignore_index=None, call="p, k, mask")
    assert masked == ([True] * 4, [0, 0, 0, 0])
    of = labelled(0, 1, 2, checksums=(21, 24, 0))  # the weight of 24 is 0: it counts, and adds nothing
    assert _answers_of(of, reduction="mean", call="p, k, w", **ignoring).counted == [True, True, False]


def test_the_weights_without_one_name_are_those_of_the_others():
    of = labelled(0, 1, 2, 1, checksums=(1, 1, 8, 8))  # w = 2; one sample of two is masked
    found = _answers_of(of, target="labels", call="p, k, w, mask, class_weight")
    assert [float(w) for w in found.weights] == [0, 0, 2, 3]
    assert {name: [float(w) for w in less] for name, less in found.less.items()} == {
        "w": [0, 0, 1, 1.5],
        "mask": [1, 3, 2, 3],
        "class_weight": [0, 0, 2, 2],
    }


def test_calls_that_fail_are_no_answers():
    cases = [labelled(0, id="line/a"), labelled(1, id="line/b"), labelled(2, id="line/c")]
    raw = lambda one: 1 / 0 if one is cases[1] else [one.labels[0]]  # noqa: E731
    found = _answers(told({"raw": raw}, target="labels", ignore_index=9), cases)
    assert [received for _, received in found] == [[0], [2]]


CASES = [labelled(0, 1, id=f"line/{i}") for i in range(4)]
OPTIONS = {"target": "labels", "ignore_index": 9}


def explained(*messages, quantity="value", raw=None, cases=CASES):
    results = [
        Result(case.id, quantity, "fail" if message else "pass", message)
        for case, message in zip(cases, messages, strict=False)
    ]
    return explain_weights(told({"raw": raw or [0.5, 0.25]}, **OPTIONS), cases, results)


def test_gradients_and_calls_that_all_raise_have_findings_of_their_own():
    assert explained("it is off", quantity="gradient").id == "gradient"
    assert explained(*["it raised X"] * 4).id == "every-call-fails"
    assert explained(*["it raised X"] * 3, "it is off").id == "unexplained"
    assert explained(*["that it raised"] * 4).id == "unexplained"
    skipped = [Result(CASES[0].id, "value", "skip", "no"), Result(CASES[1].id, "value", "fail", "it raised X")]
    assert explain_weights(told({"raw": [0.0]}, **OPTIONS), CASES, skipped).id == "every-call-fails"


@pytest.fixture
def hypotheses(monkeypatch):
    """Hypotheses that explain all answers but those of some numbers; `log` has which answers each was asked."""
    plan = SimpleNamespace(log=[], ids=["reduction='sum'", "weights-squared"], wrong={})

    def explains(weigh, divide, batch, received, unit):
        plan.log.append((weigh, received, unit))
        return received[0] not in plan.wrong.get(weigh, ())

    monkeypatch.setattr(module, "_hypotheses", lambda declared: ((id, id, None) for id in plan.ids))
    monkeypatch.setattr(module, "_explains", explains)
    return plan


def numbered(one):
    return [int(one.id[-1])]


def test_the_first_hypothesis_that_explains_every_answer_is_named(hypotheses):
    found = explained(*["it is off"] * 4, raw=numbered)
    assert (found.kind, found.id) == ("convention", "reduction='sum'")
    assert found.message.endswith("; this explains all 4 answers that were compared")
    assert [received for _, received, _ in hypotheses.log] == [[0], [1], [2], [3]]
    assert {unit for *_, unit in hypotheses.log} == {U}
    hypotheses.wrong = {"reduction='sum'": (3,)}
    found = explained(*["it is off"] * 4, raw=numbered)
    assert (found.kind, found.id) == ("defect", "weights-squared")
    assert found.message == f"{CATALOGUE['weights-squared'].headline}; this explains all 4 answers that were compared"


def test_three_answers_are_needed_and_none_that_raised(hypotheses):
    assert explained(*["it is off"] * 3, raw=numbered).id == "reduction='sum'"
    assert explained(*["it is off"] * 2, raw=numbered).id == "unexplained"
    assert explained(*["it is off"] * 3, "it raised X", raw=numbered).id == "unexplained"
    hypotheses.log.clear()
    skipped = [Result(one.id, "value", "skip" if i == 3 else "fail", "no") for i, one in enumerate(CASES)]
    explain_weights(told({"raw": numbered}, **OPTIONS), CASES, skipped)
    assert [received for _, received, _ in hypotheses.log] == [[0], [1], [2]]


def test_what_is_unexplained_says_which_cases_fail(hypotheses):
    hypotheses.ids = []
    other = [labelled(0, id="line/4"), *CASES]
    found = explained("it is off", "", "", cases=other)
    assert found.message.endswith("1 of 3 cases fail: those of one sample, and no others")
    assert found.id == "unexplained"
