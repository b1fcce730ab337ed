"""Which properties still hold: the cases that are tried, what each shows, and the sentence."""

from fractions import Fraction
from math import inf, nan

import pytest
from emd_conformance import Declaration
from emd_conformance._diagnosis import laws
from emd_conformance._diagnosis.laws import Stored, which_hold
from emd_conformance._properties.engine import Property
from emd_conformance._properties.trial import BATCH, NothingToTry, Violation
from small import P, T, case, labelled, told


def sized(classes, **changes):
    row = (1.0, *[0.0] * (classes - 1))
    return case((row,), (row,), classes=classes, id=str(classes), **changes)


def said(cases, monkeypatch, **bodies):
    """The sentence for properties of these names, whose bodies are given."""
    tried = tuple(Property(name, "", body, summary=name) for name, body in bodies.items())
    monkeypatch.setattr(laws, "PROPERTIES", tried)
    return which_hold(told({}), cases)


def raising(error, but=()):
    def body(trial):
        if trial.stored.id not in but:
            raise error

    return body


def holds(trial):
    return None


def broken():
    return Violation(told({}), case(), "")


def test_small_cases_of_several_classes_whose_p_and_t_differ_are_tried(monkeypatch):
    seen = []
    cases = [sized(1), sized(2), sized(12), sized(13), sized(3, shape=(1, 1)), sized(4, flags=("near-equal",))]
    said(cases, monkeypatch, law=lambda trial: seen.append(trial.stored.id))
    assert seen == ["2", "12"]


def test_twelve_cases_are_enough(monkeypatch):
    cases = [sized(1), *[sized(2)] * 13]
    assert said(cases, monkeypatch, law=holds) == "it still holds: law (12 cases)"


def test_what_holds_is_said_before_what_does_not(monkeypatch):
    found = said([sized(2), sized(3)], monkeypatch, no=raising(broken(), "2"), a=holds, b=raising(NothingToTry, "2"))
    assert found == "it still holds: a (2 cases), b (1 case); it does not hold: no (2 cases)"
    assert said([sized(2)], monkeypatch, no=raising(broken())) == "it does not hold: no (1 case)"


def test_what_fails_once_is_not_tried_again(monkeypatch):
    seen = []

    def body(trial):
        seen.append(trial.stored.id)
        raise broken()

    said([sized(2), sized(3)], monkeypatch, no=body)
    assert seen == ["2"]


@pytest.mark.parametrize("error", [NothingToTry, ValueError])
def test_a_case_that_shows_nothing_is_not_counted(monkeypatch, error):
    assert said([sized(2)], monkeypatch, law=raising(error)) == ""
    found = said([sized(2), sized(3), sized(4)], monkeypatch, law=raising(error, "34"))
    assert found == "it still holds: law (2 cases)"


def test_other_errors_are_not_hidden(monkeypatch):
    with pytest.raises(KeyError):
        said([sized(2)], monkeypatch, law=raising(KeyError))


def test_properties_without_a_summary_and_those_of_other_declarations_are_not_tried(monkeypatch):
    never = raising(KeyError)
    one = Property("a", "", never), Property("b", "", never, applies=lambda declared: False, summary="b")
    monkeypatch.setattr(laws, "PROPERTIES", one)
    assert which_hold(told({}), [sized(2)]) == ""


def stored(of, answer=()):
    return Stored(told({"raw": answer}), None, of)


def test_a_property_of_batches_needs_several_samples():
    one, two = case(), case((P, T), (T, T))
    assert stored(one).case() is one
    assert stored(one).case(rows=2, spare_bits=1) is one
    assert stored(two).case(rows=BATCH) is two
    with pytest.raises(NothingToTry):
        stored(one).case(rows=BATCH)


def test_a_changed_case_has_distributions():
    of = labelled(1, 2)
    found = stored(of).changed(of, [T], [P])
    assert (found.predicted, found.target, found.labels) == ((T,), (P,), None)
    with pytest.raises(NothingToTry):
        stored(of).changed(of, [T], [1, 2])


def test_the_order_of_samples_is_reversed():
    assert list(stored(case()).order(3)) == [2, 1, 0]


def test_answers_agree_to_about_six_digits():
    near = Fraction(1, 2_000_000_000)
    assert stored(case(), [-4.0, 0.0]).answers(case()) == [(-4, Fraction(4, 2_000_000) + near), (0, near)]
    tenth = Fraction(0.1)
    assert stored(case(), [0.1]).answers(case()) == [(tenth, tenth / 2_000_000 + near)]


@pytest.mark.parametrize("answer", [ZeroDivisionError(), [1.0, nan], [inf]])
def test_answers_that_fail_or_are_not_finite_show_nothing(answer):
    with pytest.raises(NothingToTry):
        stored(case(), answer).answers(case())


def test_only_what_a_declaration_allows_is_tried(monkeypatch):
    seen = []
    law = Property("a", "", holds, applies=lambda declared: seen.append(declared) or True, summary="a")
    monkeypatch.setattr(laws, "PROPERTIES", (law,))
    which_hold(told({}, computes="E/C"), [sized(2)])
    assert seen == [Declaration(computes="E/C")]
