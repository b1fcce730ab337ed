"""Runs under another declaration: which checks are run, in what order, when one is given up, and what is said of it."""

from math import inf, nan
from types import SimpleNamespace

import pytest
from emd_conformance import Declaration
from emd_conformance._declaration.errors import CannotExamineError
from emd_conformance._diagnosis import first_contact, laws
from emd_conformance._diagnosis import otherwise as module
from emd_conformance._diagnosis.hypothesis import MISLEADING
from emd_conformance._diagnosis.otherwise import Trial, _checks, _dullness, called_otherwise, tried
from emd_conformance._judging.check import REFUSED
from emd_conformance._judging.result import Result
from emd_conformance._properties.trial import BATCH, NothingToTry, Violation
from small import P, case, labelled, sized, told


def result(status="pass", message=""):
    return Result("line/a", "value", status, message)


def run(*statuses, monkeypatch, clock=None, patience=None):
    """The trial of checks with these results, and how many were run."""
    examined = []

    def check(status):
        def examine():
            examined.append(status)
            if status == "cannot":
                raise CannotExamineError
            return result(status)

        return SimpleNamespace(examine=examine)

    monkeypatch.setattr(module, "_checks", lambda caller, declared: map(check, statuses))
    monkeypatch.setattr(module, "perf_counter", iter(clock).__next__ if clock else lambda: 0.0)
    given = () if patience is None else (patience,)
    found = tried(told({}), {"computes": "W1"}, *given)
    return (found.passed, len(found.failed), found.complete), len(examined)


def test_a_run_is_given_up_where_more_than_a_tenth_of_its_checks_fail(monkeypatch):
    assert (module.PATIENCE, module.SECONDS, module.ENOUGH) == (0.1, 30.0, 3)
    passes = ["pass"] * 9
    assert run(*passes, "fail", monkeypatch=monkeypatch) == ((9, 1, True), 10)
    assert run("fail", *passes, monkeypatch=monkeypatch) == ((9, 1, True), 10)
    assert run("fail", "error", *passes[:8], monkeypatch=monkeypatch) == ((0, 2, False), 2)
    assert run("fail", *passes, monkeypatch=monkeypatch, patience=0) == ((0, 1, False), 1)
    assert run("skip", "xfail", "pass", monkeypatch=monkeypatch) == ((3, 0, True), 3)
    assert run(monkeypatch=monkeypatch) == ((0, 0, True), 0)
    assert run("pass", "cannot", "pass", monkeypatch=monkeypatch) == ((0, 0, False), 2)


def test_a_run_ends_after_30_seconds(monkeypatch):
    assert run(*["pass"] * 3, monkeypatch=monkeypatch, clock=[5.0, 35.0, 35.1]) == ((2, 0, False), 2)
    assert run(*["pass"] * 2, monkeypatch=monkeypatch, clock=[5.0, 34.0, 35.1]) == ((2, 0, True), 2)


def test_a_run_is_under_the_other_declaration(monkeypatch):
    seen = []
    monkeypatch.setattr(module, "_checks", lambda *given: seen.append(given) or [])
    tried(told({}, reduction="mean"), {"computes": "W1"})
    ((caller, declared),) = seen
    assert caller.declared == declared == Declaration(computes="W1", reduction="mean")


def test_valid_cases_that_can_be_asked_are_checked_telling_ones_first(monkeypatch):
    cases = [sized(12, 2), sized(2, 2), sized(3), sized(5, 2), sized(3, 2, invalid="NaN"), sized(4, 2, needs=("x",))]
    monkeypatch.setattr(module, "vectors", lambda: cases)
    asked = lambda declared, one, quantity: one.needs or (quantity == "gradient" and one.classes == 12)  # noqa: E731
    monkeypatch.setattr(module, "obstacle", asked)

    def ids(**options):
        return [(check.case.id, check.quantity) for check in _checks(told({}), Declaration(**options))]

    values = [(name, "value") for name in ("line/5-2", "line/12-2", "line/3-1", "line/2-2")]
    assert ids() == values
    gradients = [(name, "gradient") for name, _ in values if name != "line/12-2"]
    assert ids(grad="losses:gradient") == values + gradients


def test_dull_cases_are_of_few_or_many_classes_or_misleading_or_of_one_sample():
    assert [_dullness(sized(C, 2)) for C in (2, 3, 12, 13)] == [(C in (2, 13), False, C) for C in (2, 3, 12, 13)]
    assert _dullness(sized(3, 1)) == (False, True, 3)
    assert {_dullness(sized(3, 2, flags=(flag, "x"))) for flag in MISLEADING} == {(True, False, 3)}
    assert _dullness(sized(3, 2, flags=("x",))) == (False, False, 3)


def otherwise(*results, conforming=(), monkeypatch):
    """What is found, and whether a call was answered."""
    answered = []
    ways = [{"order": "target-first"}, {"axis": 0, "batched": False}]
    monkeypatch.setattr(module, "_others", lambda declared, some: answered.append(some) or ways)

    def trial(caller, changes, patience):
        assert patience == 0
        return Trial(3 if changes in conforming else 2, (), True)

    monkeypatch.setattr(module, "tried", trial)
    found = called_otherwise(told({}), results)
    return found and (found.kind, found.id, found.message.partition("; ")[2]), answered[0]


def test_the_first_declaration_under_which_a_run_conforms_is_named(monkeypatch):
    both = [{"order": "target-first"}, {"axis": 0, "batched": False}]
    said = "declared so, all 3 checks pass"
    assert otherwise(conforming=both, monkeypatch=monkeypatch)[0] == ("convention", "order='target-first'", said)
    found, _ = otherwise(conforming=both[1:], monkeypatch=monkeypatch)
    assert found == ("convention", "axis=0, batched=False", said)
    assert otherwise(monkeypatch=monkeypatch)[0] is None


def test_a_call_was_answered_if_it_passed_or_failed_and_was_not_refused(monkeypatch):
    for one, answered in (
        (result("pass"), True),
        (result("fail"), True),
        (result("error", "it raised X"), False),
        (result("skip"), False),
        (result("pass", f"{REFUSED} labels"), False),
        (result("pass", f"x {REFUSED}"), True),
    ):
        assert otherwise(one, monkeypatch=monkeypatch)[1] is answered
        assert otherwise(result("error"), one, monkeypatch=monkeypatch)[1] is answered


def test_three_small_cases_are_asked_at_first_contact(monkeypatch):
    asked = []
    ways = [{"array": "list"}, {"dtype": "float32"}]
    monkeypatch.setattr(first_contact, "_ways", lambda caller: ways)
    monkeypatch.setattr(first_contact, "obstacle", lambda declared, one, quantity: one.needs)
    cases = [sized(5), sized(3, 2), sized(1), sized(3), sized(2, needs=("x",)), sized(4)]

    def found(answers, cases=cases):
        asked.clear()
        monkeypatch.setattr(
            first_contact, "_answered", lambda caller, one: asked.append(one.id) or answers(caller, one)
        )
        return first_contact.every_call_fails(told({}), cases)

    one = found(lambda caller, of: True)
    assert asked == ["line/3-1", "line/3-2", "line/4-1"]
    assert one.message.endswith("; with array='list' declared, it returns numbers")
    one = found(lambda caller, of: caller.declared.dtype == "float32")
    assert asked == ["line/3-1", "line/3-1", "line/3-2", "line/4-1"]
    assert "--dtype=float32" in one.remedy
    assert found(lambda caller, of: of.classes != 4).message == "no call returned an answer"
    assert found(lambda caller, of: True, cases[:3]).message == "no call returned an answer"


def test_an_empty_answer_is_none():
    raw = {"some": [0.0], "none": [], "error": ValueError()}
    assert [first_contact._answered(told({"raw": x}), case()) for x in raw.values()] == [True, False, False]


def body(*outcomes):
    """A law that is shown, not shown or violated, case by case."""
    left = iter(outcomes)

    def show(trial):
        if (outcome := next(left)) is not None:
            raise outcome

    return SimpleNamespace(body=show)


def test_a_law_holds_if_some_case_shows_it_and_none_violates_it():
    def verdict(*outcomes):
        return laws._verdict(body(*outcomes), told({}), [case()] * len(outcomes))

    violation = Violation.__new__(Violation)
    assert verdict(None, None) == (True, 2)
    assert verdict(NothingToTry(), None, ValueError(), None) == (True, 2)
    assert verdict(NothingToTry()) == verdict() == (None, 0)
    assert verdict(None, violation, None) == (False, 2)
    assert verdict(violation) == (False, 1)


def test_small_cases_of_one_batch_axis_show_laws(monkeypatch):
    seen = []
    law = SimpleNamespace(summary="a law", applies=lambda declared: True)
    others = [SimpleNamespace(summary="", applies=law.applies), SimpleNamespace(summary="b", applies=lambda d: False)]
    monkeypatch.setattr(laws, "PROPERTIES", [*others, law])
    plan = {"verdict": (True, 1)}
    monkeypatch.setattr(laws, "_verdict", lambda *given: seen.append(given) or plan["verdict"])
    cases = [sized(C) for C in (1, 2, 12, 13)] + [sized(3, 2, shape=(2, 1)), sized(4, flags=("near-equal",))]
    assert laws.which_hold(told({}), cases) == "it still holds: a law (1 case)"
    assert [[one.classes for one in given[2]] for given in seen] == [[2, 12]]
    plan["verdict"] = (False, 2)
    assert laws.which_hold(told({}), [sized(3)] * 13) == "it does not hold: a law (2 cases)"
    assert len(seen[-1][2]) == 12
    plan["verdict"] = (None, 0)
    assert laws.which_hold(told({}), cases) == ""


def test_a_stored_case_is_tried_as_it_is():
    single, batch = laws.Stored(told({}), None, case()), laws.Stored(told({"raw": [2.0, 0.0]}), None, sized(3, 2))
    assert single.case() is single.stored
    assert batch.case(rows=BATCH) is batch.stored
    with pytest.raises(NothingToTry):
        single.case(rows=BATCH)
    assert [*single.order(3)] == [2, 1, 0]
    assert [(float(x), float(room)) for x, room in batch.answers(case())] == [(2.0, 1e-6 + 5e-10), (0.0, 5e-10)]
    changed = single.changed(labelled(0), [P], [P])
    assert (changed.predicted, changed.target, changed.labels) == ((P,), (P,), None)
    with pytest.raises(NothingToTry):
        single.changed(case(), [P], [1])


def test_laws_say_nothing_of_answers_that_are_not_finite():
    for raw in ([1.0, nan], [inf], ValueError()):
        with pytest.raises(NothingToTry):
            laws._finite(told({"raw": raw}), case())
    assert laws._finite(told({"raw": [1.0]}), case()) == [1.0]
