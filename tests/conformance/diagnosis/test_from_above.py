"""Gradients from above: what a backward pass makes of them, if it is right where they are 1."""

from fractions import Fraction
from math import inf, nan

import pytest
from emd_conformance._calling.caller import Recorded
from emd_conformance._diagnosis import upstream as module
from emd_conformance._diagnosis.upstream import USES, _ask, _matches, _their_sum, _value_differs, explain_from_above
from emd_conformance._judging.check import FROM_ABOVE, RECORDED
from emd_conformance._judging.result import Result
from small import case, sized, told

MADE = {
    "every sample gets their mean": [-0.5] * 4,
    "every sample gets their sum": [-2] * 4,
    "every sample gets the first of them": [2] * 4,
    "every sample gets the last of them": [0.5] * 4,
    "every sample gets the largest of them": [2] * 4,
    "the samples get them in reverse order": [0.5, 0, -4.5, 2],
    "they are squared": [4, 20.25, 0, 0.25],
    "they lose their signs": [2, 4.5, 0, 0.5],
    "only their signs are used": [1, -1, 0, 1],
    "negative ones are taken for 0": [2, 0, 0, 0.5],
    "they are clipped to [-1, 1]": [1, -1, 0, 0.5],
}


def test_gradients_from_above_are_used_as_a_name_says():
    above = [Fraction(x) for x in (2, -4.5, 0, 0.5)]
    assert {name: list(map(float, use(above))) for name, use in USES.items()} == MADE
    assert USES["every sample gets the largest of them"]([Fraction(1), Fraction(3)]) == [3, 3]


ONES = [[1.0, 2.0, 4.0], [2.0, 0.0, 1.0]]  # the gradients with 1 from above


def matches(gradients, use=lambda u: u, above=(3.0, -2.0), rows=ONES, **options):
    caller = told({}, **({"grad": "autograd", "input": "logits"} | options))
    return _matches(caller, Recorded([], [list(row) for row in gradients], list(above)), rows, use)


def test_recorded_gradients_are_plain_ones_times_those_from_above():
    assert matches([(3.0, 6.0, 12.0), (-4.0, 0.0, -2.0)])
    assert not matches([(3.0, 6.0, 12.0), (-4.0, 0.0, -2.5)])
    assert not matches(ONES)
    assert matches(ONES, lambda u: [Fraction(1)] * len(u))
    assert matches([(3.0, 6.0, 12.0), (6.0, 0.0, 3.0)], above=(3.0,))
    assert matches([], rows=[])
    for x in (nan, inf):
        assert not matches([(x, 6.0, 12.0), (-4.0, 0.0, -2.0)])
        assert not matches([(3.0, 6.0, 12.0), (-4.0, 0.0, -2.0)], rows=[[x, 2.0, 4.0], [2.0, 0.0, 1.0]])


def test_gradients_of_probabilities_may_differ_by_a_constant():
    shifted = [(4.0, 7.0, 13.0), (-9.0, -5.0, -7.0)]
    assert matches(shifted, input="probabilities")
    assert not matches(shifted)


def test_gradients_differ_by_64_roundings_of_the_largest_at_most():
    u = 2.0**-24
    for by, right in ((0.0, True), (64 * 12 * u, True), (65 * 12 * u, False), (-64 * 12 * u, True)):
        assert matches([(3.0, 6.0, 12.0), (-4.0, by, -2.0)], dtype="float32") is right, by
    assert not matches([(3.0, 6.0, 12.0), (-4.0, -65 * 12 * u, -2.0)], dtype="float32")
    large = [[1.0, 2.0, -16.0], [0.0, 0.0, 0.0]]
    assert matches([(1.0, 2.0, -16.0), (64 * 16 * u, 0.0, 0.0)], above=(1.0,), rows=large, dtype="float32")


A, B = sized(3, 2, id="line/a"), sized(4, 2, id="line/b")


def asked(recorded_values=(1.0, 2.0), values=(1.0, 2.0), gradients=ONES, ones=ONES, above=(3.0, -2.0), **options):
    """A caller with these answers to every case, single or in parts."""
    recorded = [Recorded(list(recorded_values), [list(row) for row in gradients], list(above))]
    answers = {"recorded_alone": recorded, "values": list(values), "gradients": ones, "calls": lambda one: [one]}
    return told(answers, **({"grad": "autograd", "input": "logits", "array": "torch"} | options))


def test_every_call_of_a_case_is_asked():
    caller = asked()
    vars(caller)["calls"] = lambda one: [one, one]
    assert [(answer.above, rows) for answer, rows in _ask(caller, A)] == [([3.0, -2.0], ONES)] * 2
    vars(caller)["calls"] = lambda one: 1 / 0
    assert _ask(caller, A) == []


def test_a_value_differs_by_more_than_64_roundings():
    u = 2.0**-24
    for by, differs in ((63, False), (65, True), (-63, False), (-65, True)):
        one = asked((1.0, 2.0 + 3 * by * u), dtype="float32")
        assert _value_differs(one, A) is differs, by
        one = asked((0.0, by * u), (0.0, 0.0), dtype="float32")
        assert _value_differs(one, A) is differs, by
    assert _value_differs(asked((-2.0 - 3 * 63 * u,), (-2.0,), dtype="float32"), A) is False
    assert _value_differs(asked((1.0,)), A) is False
    assert _value_differs(asked((9.0, 2.0)), A) is True


def explained(*messages, cases=(A, B), **options):
    results = [Result(one.id, "gradient", "fail", text) for one, text in zip(cases, messages, strict=False) if text]
    results += [Result("line/other", "gradient", "pass", "it is off")]
    found = explain_from_above(asked(**options), cases, results)
    return found and (found.id, found.message.partition("; ")[2])


ABOVE = f"{FROM_ABOVE}, it is off"
OTHER_CALL = [(3.0, 6.0, 12.0), (-4.0, 0.0, -2.0)]


def test_nothing_is_explained_without_a_failure_or_without_differentiation():
    assert explained("", "") is None
    assert explained(ABOVE, grad=None) is explained(ABOVE, grad="losses:gradient") is None
    assert explained("it is off", "it is off") is None


def test_another_value_while_recorded_is_named():
    assert explained("it is off", recorded_values=(9.0, 2.0))[0] == "value-while-recorded"
    assert explained(f"{RECORDED}, it is off", f"{RECORDED}: x")[0] == "value-while-recorded"
    assert explained(f"{RECORDED}, it is off", ABOVE) is None
    assert explained(f"x {RECORDED}") is None


def test_what_is_made_of_gradients_from_above_is_named():
    assert explained(ABOVE, ABOVE, gradients=OTHER_CALL) == ("gradient-of-another-call", "")
    assert explained(ABOVE, ABOVE) == ("gradient-upstream-ignored", "")
    squared = [(9.0, 18.0, 36.0), (8.0, 0.0, 4.0)]
    assert explained(ABOVE, ABOVE, gradients=squared) == ("gradient-upstream-wrong", "they are squared")
    assert explained(ABOVE, gradients=[(1.0, 0.0, 0.0)] * 2) == ("gradient-upstream-wrong", "")
    assert explained(ABOVE, "it is off", gradients=OTHER_CALL, reduction="mean") is None


def by_case(given):
    """The parts that are asked, as the answers to each case."""
    return lambda caller, one: given[one.id]


def answers(gradients):
    return [(Recorded([], [list(row) for row in gradients], [3.0, -2.0]), ONES)]


def test_every_case_and_every_call_must_be_explained(monkeypatch):
    right, ignored = answers(OTHER_CALL), answers(ONES)
    for a, b, id in (
        (right, right, "gradient-of-another-call"),
        (right, ignored, "gradient-upstream-wrong"),
        (right, [], "gradient-upstream-wrong"),
        (ignored, ignored, "gradient-upstream-ignored"),
        (ignored, [], "gradient-upstream-wrong"),
        (ignored, ignored + right, "gradient-upstream-wrong"),
        (right, right + ignored, "gradient-upstream-wrong"),
    ):
        monkeypatch.setattr(module, "_ask", by_case({A.id: a, B.id: b}))
        assert explained(ABOVE, ABOVE)[0] == id
    monkeypatch.setattr(module, "_ask", by_case({A.id: right, B.id: ignored}))
    assert explained(ABOVE)[0] == "gradient-of-another-call"


AVERAGED = [(0.5, 1.0, 2.0), (1.0, 0.0, 0.5)]


def their_sum(monkeypatch, given, cases=(A, B), **options):
    monkeypatch.setattr(module, "_ask", by_case(given))
    found = _their_sum(asked(**options), cases)
    return found and found.id


def test_each_sample_gets_the_sum_where_their_number_is_what_it_gets(monkeypatch):
    averaged, zero = answers(AVERAGED), [(Recorded([], [[0.0] * 3] * 2, [3.0, -2.0]), [[0.0] * 3] * 2)]
    other = answers(OTHER_CALL)
    single = case(id="line/single")
    summed = "gradient-upstream-summed"
    assert their_sum(monkeypatch, {A.id: averaged, B.id: averaged}) == summed
    assert their_sum(monkeypatch, {A.id: averaged, B.id: zero}) == summed
    assert their_sum(monkeypatch, {A.id: zero, B.id: zero}) is None
    assert their_sum(monkeypatch, {A.id: averaged, B.id: other}) is None
    assert their_sum(monkeypatch, {A.id: averaged, B.id: []}) is None
    assert their_sum(monkeypatch, {A.id: averaged, B.id: averaged + other}) is None
    assert their_sum(monkeypatch, {A.id: averaged, single.id: other}, (A, single)) == summed
    assert their_sum(monkeypatch, {single.id: averaged}, (single,)) is None
    for reduction in ("mean", "sum"):
        assert their_sum(monkeypatch, {A.id: averaged, B.id: averaged}, reduction=reduction) is None


@pytest.mark.parametrize("first", [ABOVE, "it is off"])
def test_the_sum_is_looked_for_where_some_gradient_is_wrong_with_1(first):
    assert explained(first, "it is off", gradients=AVERAGED)[0] == "gradient-upstream-summed"
