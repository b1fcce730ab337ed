"""Side effects by their smallest case, and answers that vary: by chance, or by the calls before."""

from types import SimpleNamespace

import pytest
from emd_conformance._calling.watch import Observations
from emd_conformance._diagnosis import memory as module
from emd_conformance._diagnosis.memory import (
    _differ,
    _drifts,
    _repeated,
    _stale,
    answers_of_earlier_calls,
    separate_chance_from_memory,
    side_effects,
)
from emd_conformance._judging.result import Result
from small import P, T, case, labelled, sized, told

A, B, WRONG = sized(3, 2, id="line/a"), sized(4, id="line/b"), sized(2, id="line/wrong", invalid="NaN")


def effects(validates=False, **noted):
    seen = Observations({id.replace("_", "-"): cases for id, cases in noted.items()})
    return [(found.id, found.kind, found.evidence) for found in side_effects(seen, [B, A, WRONG], validates=validates)]


def test_a_side_effect_is_shown_by_its_smallest_valid_case():
    shown = "case line/a (emd-conformance show line/a)"
    three = {"line/wrong": "w", "line/b": "b", "line/a": "a"}
    assert effects(result_shared=three) == [("result-shared", "defect", f"{shown}: a")]
    assert effects(result_shared={"line/b": "", "line/a": ""}) == [("result-shared", "defect", shown)]
    less = sized(3, 1, id="line/less")
    seen = Observations({"result-shared": {"line/a": "", "line/less": "x"}})
    (found,) = side_effects(seen, [A, less], validates=False)
    assert found.evidence == "case line/less (emd-conformance show line/less): x"


def test_harmless_effects_and_those_of_invalid_input_are_advice():
    assert effects(print_to_stdout={"line/a": ""})[0][1] == effects(result_dtype={"line/a": ""})[0][1] == "advice"
    assert effects(result_shared={"line/wrong": ""})[0][1] == "advice"
    assert effects(validates=True, result_shared={"line/wrong": ""})[0][1] == "defect"
    assert effects(validates=True, print_to_stdout={"line/a": ""})[0][1] == "advice"
    assert effects(result_shared={"line/wrong": "", "line/a": ""})[0][1] == "defect"


def test_effects_of_unknown_cases_are_left_out():
    assert effects(result_shared={"line/unknown": ""}) == effects(result_shared={}) == []
    found = effects(result_shared={"line/unknown": "", "line/a": ""}, closes_stdin={"line/b": ""})
    assert [id for id, *_ in found] == ["result-shared", "closes-stdin"]


def numbers(*values):
    return [[float(x)] for x in values]


def test_answers_drift_if_they_repeat_with_a_period_of_two_to_four():
    for period in ((1, 2), (1, 2, 0), (3, 1, 2, 0)):
        assert _drifts(numbers(*period * 3))
    assert not _drifts(numbers(*(1, 3, 2, 4, 0) * 3))
    assert not _drifts(numbers(*[1] * 9))
    assert not _drifts(numbers(1, 2, 1, 2, 1, 3))
    assert not _drifts([])


def test_answers_drift_if_five_of_them_move_in_one_direction():
    assert _drifts(numbers(1, 2, 3, 4, 5))
    assert _drifts(numbers(5, 4, 3, 2, 1))
    assert _drifts(numbers(1, 1, 2, 3, 4, 5, 5))
    assert not _drifts(numbers(1, 2, 3, 4, 4, 4))
    assert not _drifts(numbers(5, 4, 4, 3, 2, 1))
    assert not _drifts(numbers(1, 2, 3, 5, 4))


def test_answers_drift_if_a_changed_one_stays():
    assert _drifts(numbers(1, 2, 2, 2, 2))
    assert _drifts(numbers(1, 1, 2, 2, 2))
    assert _drifts(numbers(3, 1, 2, 2, 2))
    assert not _drifts(numbers(1, 1, 1, 2, 2, 2))


def test_calls_are_repeated_24_times():
    left = iter(range(99))
    assert _repeated(told({"values": lambda one: [next(left)]}), A) == [[i] for i in range(24)]
    assert _repeated(told({"values": ValueError()}), A) == []


CHANCE, MEMORY = "nondeterministic", "state-between-calls"
RANDOM, DRIFTING, STEADY = numbers(1, 3, 2, 5, 4, 1, 0), numbers(1, 2, 3, 4, 5), numbers(*[1] * 9)


def separated(answers, cases=(A, B), **noted):
    """What is noted afterwards, and which cases were repeated."""
    repeated = []
    caller = told({})
    vars(caller)["seen"] = Observations({id.replace("_", "-"): dict(x) for id, x in noted.items()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_repeated", lambda caller, one: repeated.append(one.id) or answers)
        separate_chance_from_memory(caller, cases)
    return caller.seen.noted, repeated


BY_CHANCE, BY_MEMORY = {"nondeterministic": {"line/a": "x"}}, {"state_between_calls": {"line/b": "y"}}


def test_one_cause_keeps_one_of_two_observations():
    both = {"line/a": "x", "line/b": "y"}
    assert separated(DRIFTING, **BY_CHANCE)[0] == {MEMORY: {"line/a": "x"}}
    assert separated(DRIFTING, **BY_CHANCE, **BY_MEMORY)[0] == {MEMORY: both}
    assert separated(RANDOM, **BY_CHANCE)[0] == {CHANCE: {"line/a": "x"}}
    assert separated(RANDOM, **BY_CHANCE, **BY_MEMORY)[0] == {CHANCE: both}
    assert separated(STEADY, **BY_CHANCE)[0] == {CHANCE: {"line/a": "x"}}
    assert separated([], **BY_CHANCE)[0] == {CHANCE: {"line/a": "x"}}
    assert separated(RANDOM, **BY_MEMORY)[0] == {CHANCE: {"line/b": "y"}}
    for answers in (DRIFTING, STEADY, []):
        assert separated(answers, **BY_MEMORY)[0] == {MEMORY: {"line/b": "y"}}


def test_random_numbers_are_the_cause_of_a_generator_that_changes():
    generator = {"changes_random_state": {"line/a": ""}}
    assert separated(RANDOM, **BY_CHANCE, **generator)[0] == {CHANCE: {"line/a": "x"}}
    found, repeated = separated(DRIFTING, **BY_CHANCE, **generator)
    assert [*found] == ["changes-random-state", MEMORY]
    assert repeated == ["line/a"]
    assert separated(RANDOM, **generator) == ({"changes-random-state": {"line/a": ""}}, [])


def test_the_largest_case_that_shows_chance_is_repeated_else_one_that_shows_memory():
    many, other = sized(3, 3, id="line/many"), sized(5, 1, id="line/other")
    cases = [other, many, A, B]  # of 5, 9, 6 and 4 numbers
    all_ = {one.id: "" for one in cases}
    assert separated(RANDOM, cases, nondeterministic=all_)[1] == ["line/many"]
    assert separated(RANDOM, cases, nondeterministic={"line/b": "", "line/other": ""})[1] == ["line/other"]
    assert separated(RANDOM, cases, nondeterministic={"line/b": ""}, state_between_calls=all_)[1] == ["line/b"]
    assert separated(RANDOM, cases, nondeterministic={"line/no": ""}, state_between_calls=all_)[1] == ["line/many"]
    assert separated(RANDOM, cases, nondeterministic={"line/no": ""})[1] == []


ONE = case(((0.5, 0.25, 0.25),), (T,), id="line/one")  # E = 1/8
TWO = case(((0.0, 0.0, 1.0),), ((1.0, 0.0, 0.0),), id="line/two")  # E = 2
THREE = case(((0.25, 0.25, 0.5),), ((1.0, 0.0, 0.0),), id="line/three")  # D = (-3/4, -1/2, 0): E = 13/16


def stale(answer, *others, of=ONE, **options):
    return _stale(told({"raw": [answer]}, **options), of, [of, *others])


def test_an_answer_is_stale_if_it_is_that_of_another_case():
    assert stale(2.0, TWO)
    assert stale(2.0, THREE, TWO)
    assert not stale(0.125, TWO)
    assert not stale(1.0, TWO)
    assert not stale(2.0)
    assert not stale(0.125, case(id="line/same"))


def test_an_answer_is_stale_if_it_is_that_of_this_prediction_and_an_earlier_target():
    """D = (-1/2, -1/4, 0): E = 5/16."""
    assert stale(0.3125, TWO)
    assert stale(0.3125, labelled(0, id="line/labels"))


def test_a_stale_answer_is_that_of_a_case_of_the_same_shape():
    assert not stale(2.0, case(((0.0, 0.0, 1.0),) * 2, ((1.0, 0.0, 0.0),) * 2, id="line/n"))
    assert not stale(2.0, case(TWO.predicted, TWO.target, id="line/two", classes=4))
    ground = SimpleNamespace(kind="other")
    assert not stale(2.0, case(TWO.predicted, TWO.target, id="line/two", ground=ground))
    assert _stale(told({"raw": ValueError()}), ONE, [ONE, TWO]) is False


def test_answers_to_cases_differ_unless_they_are_all_one_number():
    assert _differ(told({"raw": lambda one: [one.classes]}), [A, B])
    assert not _differ(told({"raw": [1.0, 1.0]}), [A, B])
    assert _differ(told({"raw": [1.0, 2.0]}), [A])
    assert not _differ(told({"raw": []}), [A, B])
    assert not _differ(told({"raw": ValueError()}), [A, B])


@pytest.fixture
def earlier(monkeypatch):
    plan = SimpleNamespace(asked=[], stale=lambda one: True, differ=True)
    monkeypatch.setattr(module, "_differ", lambda caller, cases: plan.differ)
    monkeypatch.setattr(module, "_stale", lambda caller, one, cases: plan.asked.append(one.id) or plan.stale(one))
    return plan


def of_earlier_calls(*cases, quantity="value", status="fail"):
    found = answers_of_earlier_calls(told({}), cases, [Result(one.id, quantity, status) for one in cases])
    return found and found.id


def test_two_wrong_answers_at_least_and_the_first_three_must_be_stale(earlier):
    some = [case((P,), id=f"line/{i}") for i in range(5)]
    assert of_earlier_calls(*some) == MEMORY
    assert earlier.asked == ["line/0", "line/1", "line/2"]
    assert of_earlier_calls(*some[:2]) == MEMORY
    assert of_earlier_calls(some[0]) is None
    earlier.differ = False
    assert of_earlier_calls(*some) is None
    earlier.differ, earlier.stale = True, lambda one: one is not some[2]
    assert of_earlier_calls(*some) is None
    assert of_earlier_calls(*some[:2], *some[3:]) == MEMORY


def test_wrong_values_of_few_classes_are_asked_about(earlier):
    assert of_earlier_calls(sized(12), sized(11)) == MEMORY
    assert of_earlier_calls(sized(12), sized(13)) is None
    assert of_earlier_calls(A, B, quantity="gradient") is None
    for status in ("pass", "error", "skip"):
        assert of_earlier_calls(A, B, status=status) is None
