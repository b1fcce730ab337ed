"""Whether an answer depends on the calls before it: the first cases are asked again, in reverse order (7.5)."""

import pytest
from emd_conformance._calling.watch import NotAskedError
from emd_conformance._judging.check import Check
from emd_conformance._judging.statefulness import ask_afresh, repeat
from small import P, case, told


def asked(caller, outcomes):
    """Checks and results of cases that are named by numbers, each with a quantity and a status."""
    checks = [Check(caller, case(id=f"case/{i}"), quantity) for i, (quantity, _) in enumerate(outcomes)]
    results = [check.result(status) for check, (_, status) in zip(checks, outcomes, strict=True)]
    caller.seen.answers.update({check.case.id: "[0.5]" for check in checks})
    return checks, results


def recording(answers):
    """A caller that keeps the numbers of the cases for which it is asked; it answers 0.5 unless told otherwise."""
    order = []

    def values(case):
        number = int(case.id.partition("/")[2])
        order.append(number)
        if isinstance(answers.get(number), Exception):
            raise answers[number]
        return [answers.get(number, 0.5)]

    return told({"values": values}), order


def test_the_first_twelve_values_are_asked_again_backwards():
    caller, order = recording({})
    checks, results = asked(caller, [("value", "pass")] * 14)
    assert repeat(caller, checks, results) == results
    assert order == [*range(11, -1, -1)]
    assert caller.seen.noted == {}


def test_only_values_that_were_right_and_answered_are_asked_again():
    caller, order = recording({})
    outcomes = ["fail", "error", "skip", "xfail", "pass", "pass"]
    checks, results = asked(caller, [("value", status) for status in outcomes] + [("gradient", "pass")])
    del caller.seen.answers["case/5"]
    assert repeat(caller, checks, results) == results
    assert order == [4]


def test_an_answer_that_changed_fails():
    caller, _ = recording({1: 0.25, 2: 0.75, 3: OSError("gone"), 4: NotAskedError("")})
    checks, results = asked(caller, [("value", "pass")] * 6)
    judged = repeat(caller, checks, results)
    assert [result.status for result in judged] == ["pass", "fail", "fail", "fail", "pass", "pass"]
    assert [result.received for result in judged[1:4]] == ["[0.25]", "[0.75]", "OSError: gone"]
    assert {result.expected for result in judged[1:4]} == {"[0.5]"}
    assert "after other calls" in judged[1].message
    assert [*caller.seen.noted["state-between-calls"]] == ["case/1", "case/2", "case/3"]
    assert results[1].status == "pass"


@pytest.mark.parametrize(("answer", "differs"), [(0.5, False), (0.25, True), (0.75, True)])
def test_the_smallest_wrong_value_is_asked_first_in_a_new_process(answer, differs):
    caller, order = recording({4: answer})
    closed = []
    vars(caller)["close"] = lambda: closed.append([*order])
    fields = [
        {"classes": 4},
        {"classes": 3, "p": (P, P)},
        {"classes": 2},
        {"classes": 2},
        {"classes": 3},
        {"classes": 2},
    ]
    statuses = ["fail", "fail", "pass", "error", "fail", "fail"]
    quantities = ["value", "value", "value", "value", "value", "gradient"]
    checks = [
        Check(caller, case(id=f"case/{i}", **x), q) for i, (x, q) in enumerate(zip(fields, quantities, strict=True))
    ]
    results = [check.result(status) for check, status in zip(checks, statuses, strict=True)]
    caller.seen.answers.update({check.case.id: "[0.5]" for check in checks})
    ask_afresh(caller, checks, results)
    assert (closed, order) == ([[]], [4])
    noted = caller.seen.noted.get("state-between-calls", {})
    assert noted == ({"case/4": f"[0.5], but [{answer}] when it is asked first"} if differs else {})


def test_without_a_wrong_value_that_is_known_nothing_is_asked_afresh():
    caller, order = recording({})
    checks, results = asked(caller, [("value", "fail"), ("value", "fail"), ("value", "pass"), ("gradient", "fail")])
    caller.seen.note("input-mutated", "case/0")
    del caller.seen.answers["case/1"]
    ask_afresh(caller, checks, results)
    assert order == []


def test_results_belong_to_checks():
    caller, _ = recording({})
    checks, results = asked(caller, [("value", "fail")] * 2)
    with pytest.raises(ValueError, match="shorter"):
        ask_afresh(caller, checks, results[:1])
