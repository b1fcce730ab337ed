"""Side effects that were seen in calls become results of their own (7.5)."""

import pytest
from emd_conformance._judging.behaviour import BEHAVIOURS, behaviour
from emd_conformance._judging.check import Check
from small import case, told

DRAWS = "changes-random-state"


def judged(seen, declared=(), validates=False, noted=DRAWS):
    """The results for two cases and an invalid one, of which those that are named in `seen` had a side effect."""
    caller = told({}, validates=validates)
    quantities = {"a/one": "value", "a/two": "value", "invalid/nan": "rejection"}
    checks = [Check(caller, case(id=id), quantity) for id, quantity in quantities.items()]
    for id in seen:
        caller.seen.note(noted, id)
    return behaviour(caller, checks, declared)


@pytest.mark.parametrize(
    ("seen", "validates", "words"),
    [
        (["a/two"], False, "in 1 of 2 cases, "),
        (["a/two", "a/one", "invalid/nan"], False, "in every case, "),
        (["a/two", "a/one"], True, "in 2 of 3 cases, "),
        (["a/two", "a/one", "invalid/nan"], True, "in every case, "),
    ],
)
def test_the_binding_cases_are_counted_and_the_first_is_named(seen, validates, words):
    (result,) = judged(seen, validates=validates)
    assert (result.id, result.status) == (f"behaviour/{DRAWS}:behaviour", "fail")
    assert result.message.startswith(words)
    assert "random generator (7.5)" in result.message
    assert result.message.endswith("first in a/two")
    assert result.clauses == ("7.5",)


def test_what_no_binding_case_showed_is_no_result():
    assert judged([]) == judged(["invalid/nan"]) == []


def test_what_was_declared_in_vain_passes():
    (result,) = judged([], declared=[f"behaviour/{DRAWS}:behaviour"])
    assert (result.id, result.status, result.clauses) == (f"behaviour/{DRAWS}:behaviour", "pass", ("7.5",))


@pytest.mark.parametrize("id", ["print-to-stdout", "result-dtype", "hang", "nondeterministic", "recording-dependent"])
def test_what_is_harmless_or_belongs_to_an_answer_is_no_result_of_its_own(id):
    assert id not in BEHAVIOURS.values()
    assert judged(["a/one"], noted=id) == []
