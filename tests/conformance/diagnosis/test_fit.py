"""A factor, and the number of a family: which forms are tried, and what agrees with the first answers."""

from dataclasses import FrozenInstanceError, replace

import pytest
from emd_conformance import Declaration
from emd_conformance._declaration.expression import parse
from emd_conformance._diagnosis.families import Family
from emd_conformance._diagnosis.fit import (
    Form,
    _answers,
    _expression,
    _members_at,
    _quantities,
    _scaled,
    forms,
    members,
    with_factor,
)
from emd_conformance._diagnosis.hypothesis import Change, declared
from emd_conformance._diagnosis.reductions import CONVENTIONS
from emd_conformance._diagnosis.scales import snapped
from emd_conformance._diagnosis.terms import NotComparedError, specified
from small import P, T, answered_as, case, evidence

BASE = declared(Declaration())
MEAN = declared(Declaration(reduction="mean"))
FOUR = case(p=((0.5, 0.5, 0.0, 0.0),), t=((0.0, 0.5, 0.5, 0.0),), classes=4)  # D = 1/2, 1/2
TWO = case(p=((1.0, 0.0),), t=((0.5, 0.5),), classes=2)  # D = 1/2
NUMBERS = ((0.125, 3, case()), (0.5, 4, FOUR), (0.25, 2, TWO))  # E, C
BATCH = case(p=(P, (0.0, 1.0, 0.0)), t=(T, (1.0, 0.0, 0.0)))  # E = 1/8 and 1
MEANS = Change("reduction='mean'", {"reduce": CONVENTIONS["mean"]})


def seen(f, accuracy=1e-11):
    """The answers of a loss that is a function of E and C."""
    return evidence(*(answered_as([f(E, C)], of) for E, C, of in NUMBERS), accuracy=accuracy)


def names(guesses):
    return [tuple(change.name for change in guess.changes) for guess in guesses]


def of(base, received, *others, free=()):
    return [tuple(c.name for c in form.changes) for form in forms(evidence(*others, *received), base, free)]


def test_answers_of_several_samples_tell_the_reduction():
    each, one, none = ([answered_as(x, BATCH)] for x in ([0.125, 1.0], [0.5], None))
    assert of(BASE, each) == [()]
    assert of(MEAN, each) == [("reduction='none'",)]
    assert of(BASE, one) == of(BASE, none) == [("reduction='mean'",), ("reduction='sum'",)]
    assert of(MEAN, one) == of(MEAN, none) == [(), ("reduction='sum'",)]


def test_answers_of_single_samples_and_of_both_kinds_do_not():
    each, one, single = answered_as([0.125, 1.0], BATCH), answered_as([0.5], BATCH), answered_as([0.125])
    for base in (BASE, MEAN):
        assert of(base, [single]) == of(base, []) == of(base, [each, one]) == [()]
    assert of(MEAN, [single, each]) == [("reduction='none'",)]
    assert of(BASE, [single, one]) == [("reduction='mean'",), ("reduction='sum'",)]


def test_forms_with_a_free_factor_come_last_one_for_each_reduction_and_expression():
    found = forms(evidence(answered_as([0.5], BATCH)), MEAN, ("E/C", "W1"))
    kinds = [(form.free, [c.name for c in form.changes], form.changes and form.changes[-1].fields) for form in found]
    assert [(free, n) for free, n, _ in kinds] == [
        (False, []),
        (False, ["reduction='sum'"]),
        (True, ["computes='E/C'"]),
        (True, ["computes='W1'"]),
        (True, ["reduction='sum'", "computes='E/C'"]),
        (True, ["reduction='sum'", "computes='W1'"]),
    ]
    assert kinds[2][2] == {"expression": parse("E/C")}
    assert Form(()).free is False


def free(base, texts=("E/C", "W1/C")):
    return [form.changes[-1].name for form in forms(evidence(), base, texts) if form.free]


def test_a_factor_is_free_of_expressions_in_e_and_the_emd():
    both = ["computes='E/C'", "computes='W1/C'"]
    for text, found in {"E": both, "W1": both, "E + W1": both, "XE": [], "E + XE": []}.items():
        assert free(replace(BASE, expression=parse(text))) == found
    assert free(replace(BASE, penalty=abs)) == both[:1]
    assert free(BASE, ()) == []


def scaled_texts(c, form, tolerance=1e-11):
    return [(f"computes='{text}*{form}'",) for text in [*snapped(c, tolerance), repr(c)]]


@pytest.mark.parametrize(("c", "short"), [(3.0, "3"), (1 / 7, "1/7"), (0.37, "0.37")])
def test_a_factor_is_found_and_written_shortly_first(c, short):
    found = names(with_factor(seen(lambda E, C: c * E), BASE))
    assert found == scaled_texts(c, "E")
    assert found[0] == (f"computes='{short}*E'",)
    assert found[-1] == (f"computes='{c!r}*E'",)


def test_a_factor_may_be_that_of_another_form():
    assert names(with_factor(seen(lambda E, C: 3 * E / C), BASE)) == scaled_texts(3.0, "E/C")
    assert names(with_factor(seen(lambda E, C: E / C), BASE)) == [("computes='E/C'",)]
    assert names(with_factor(seen(lambda E, C: E), BASE)) == []
    assert names(with_factor(seen(lambda E, C: E * E + C), BASE)) == []
    assert names(with_factor(seen(lambda E, C: 3 * E), declared(Declaration(computes="XE", target="labels")))) == []


def test_three_answers_tell_a_factor():
    first = seen(lambda E, C: 3 * E).probes
    assert names(with_factor(evidence(*first, answered_as([9.0])), BASE)) == scaled_texts(3.0, "E")
    assert names(with_factor(evidence(*first[:2], answered_as([9.0])), BASE)) == []
    assert names(with_factor(evidence(*first[:2], answered_as(None)), BASE)) == []


def test_a_form_without_a_value_is_left_out():
    one = answered_as([0.0], case(p=((1.0,),), t=((1.0,),), classes=1))
    assert scaled_texts(3.0, "E")[0] in names(with_factor(evidence(one, *seen(lambda E, C: 3 * E).probes), BASE))


def test_answers_agree_with_a_factor_to_what_is_asked_or_to_what_they_tell():
    rough = [lambda E, C: 3 * E * (1 + 1e-4 * (C == 3))] * 2
    assert names(with_factor(seen(rough[0]), BASE)) == []
    assert names(with_factor(seen(rough[0]), BASE, 1e-3))[0] == ("computes='3*E'",)
    assert names(with_factor(seen(rough[0], 1e-3), BASE, 1e-9))[0] == ("computes='3*E'",)


def scaled(c, text, tolerance, *before):
    form = Form((*before, _expression(parse(text))), free=True)
    return names(_scaled(BASE, form, c, tolerance))


def test_a_factor_of_1_is_not_written():
    assert scaled(1.25, "E/C", 0.5) == scaled(0.75, "E/C", 0.5) == [("computes='E/C'",)]
    assert scaled(1.25, "E", 0.5) == []
    assert scaled(1.25, "E/C", 0.25)[-1] == ("computes='1.25*E/C'",)
    for c in (1 + 0.9e-9, 1 - 0.9e-9):
        assert scaled(c, "E/C", 0.0) == [("computes='E/C'",)]
    for c in (1 + 1.1e-9, 1 - 1.1e-9):
        assert scaled(c, "E/C", 0.0)[-1] == (f"computes='{c!r}*E/C'",)


def test_other_changes_of_a_form_are_kept():
    assert scaled(1.0, "E/C", 0.0, MEANS) == [(MEANS.name, "computes='E/C'")]
    assert scaled(2.0, "E/C", 0.0, MEANS)[0] == (MEANS.name, "computes='2*E/C'")


def failing(error):
    def formula(p, t, ground):
        raise error

    return replace(BASE, formula=formula)


def test_a_hypothesis_without_a_value_has_no_answers():
    probe = answered_as([0.5], BATCH)
    assert _quantities(BASE, probe) == [{"E": 0.125, "W1": 0.5}, {"E": 1, "W1": 1}]
    for error in (ZeroDivisionError, KeyError, ValueError, OverflowError, IndexError, NotComparedError):
        assert _quantities(failing(error()), probe) is None
    first, second = ([{"E": E, "W1": 0.0}] for E in (2.0, 3.0))
    assert _answers(BASE, [probe, probe], [first, second]) == [2, 3]
    assert _answers(BASE, [probe, probe], [first, None]) is None
    assert _answers(BASE, [probe, probe], [first, [{"E": float("inf")}]]) is None
    for text, row in {"E/(C-1)": {"E": 1.0}, "E/0": {"E": 1.0}, "XE": {"E": 1.0}}.items():
        known = _answers(replace(BASE, expression=parse(text)), [probe], [[row]])
        assert known == ([0.5] if text == "E/(C-1)" else None)


def test_there_are_quantities_for_each_answer():
    with pytest.raises(ValueError, match="zip"):
        _answers(BASE, [answered_as([0.5])], [])


def test_a_form_is_not_changed():
    with pytest.raises(FrozenInstanceError):
        Form(()).free = True


POWER = Family("another-power", "{}", lambda r: {"penalty": lambda v: v**r}, 0.1, 12, (1.0, 2.0))
ADDED = Family("constant-added", "of {}", lambda c: {"after": lambda x: x + c}, 1e-3, 10)
TIMES = Family("times", "by {}", lambda x: {"after": lambda v: x * v}, 0.5, 3)
ROOT = [answered_as([E], of) for E, of in ((0.25, case()), (2 * 0.5**1.5, FOUR), (0.5**1.5, TWO))]  # Σ |D|^1.5


def found(seen, family, base=BASE):
    return [(*(c.name for c in x.changes), x.changes[-1].detail) for x in members(seen, base, family)]


def test_a_round_number_of_a_family_is_found():
    assert found(evidence(*ROOT), POWER)[0] == ("another-power", "1.5")
    assert found(seen(lambda E, C: E + 0.5), ADDED)[0] == ("constant-added", "of 0.5")
    assert found(seen(lambda E, C: E + C), ADDED) == []


def test_a_factor_and_a_form_may_be_free_beside_a_number():
    double = evidence(*(replace(a, received=[2 * a.received[0]]) for a in ROOT))
    assert found(double, POWER)[0] == ("computes='2*E'", "another-power", "1.5")
    divided = evidence(*(replace(a, received=[a.received[0] / a.case.classes]) for a in ROOT))
    assert found(divided, POWER)[0] == ("computes='E/C'", "another-power", "1.5")


def test_beside_a_function_of_the_value_no_factor_is_free():
    assert found(seen(lambda E, C: 2 * (E + 0.5)), ADDED) == []


def test_a_reduction_may_be_free_beside_a_number():
    whole = answered_as([1.625, 2.5], BATCH)
    assert found(evidence(whole), ADDED, MEAN)[0] == ("reduction='none'", "constant-added", "of 1.5")


def test_three_answers_tell_a_number():
    assert found(evidence(*ROOT, answered_as([9.0])), POWER)[0][-1] == "1.5"
    assert found(evidence(*ROOT[:2], answered_as([9.0])), POWER) == []
    assert found(evidence(*ROOT[:2], answered_as(None)), POWER) == []


def test_a_number_that_is_not_round_is_solved():
    c = 0.1234567891234
    last = [*members(seen(lambda E, C: E + c), BASE, ADDED)][-1].changes[-1]
    assert (last.solved, last.detail) == (True, "of 0.1234567891")
    assert last.fields["after"](0.0) == pytest.approx(c, rel=1e-12)


@pytest.mark.parametrize(("off", "accuracy", "agrees"), [(0.9, 0, True), (1.1, 0, False), (5, 1e-6, True)])
def test_answers_agree_with_a_solved_number_to_1e_7(off, accuracy, agrees):
    given = seen(lambda E, C: 1.2345678 * E * (1 + off * 1e-7 * (C == 2)), accuracy)
    assert bool(found(given, TIMES)) == agrees


@pytest.mark.parametrize("off", [0.9e-6, -0.9e-6])
def test_a_number_within_1e_6_of_one_that_has_another_name_is_not_told(off):
    other = replace(TIMES, never=(2.7, 1.7))
    assert found(seen(lambda E, C: (1.7 + off) * E), TIMES) != []
    assert found(seen(lambda E, C: (1.7 + off) * E), other) == []
    assert found(seen(lambda E, C: (1.7 + off * 1.3) * E), other) != []


def test_a_round_number_that_has_another_name_is_not_told():
    assert found(seen(lambda E, C: 1.5 * E), TIMES)[0] == ("times", "by 1.5")
    assert found(seen(lambda E, C: 1.5 * E), replace(TIMES, never=(1.5,))) == []


def test_a_number_that_changes_nothing_is_not_told():
    assert found(seen(lambda E, C: E), TIMES) == []
    assert found(seen(lambda E, C: 1.005 * E, 1e-2), TIMES) == []


def test_a_family_may_have_answers_where_what_it_changes_has_none():
    family = Family("", "{}", lambda c: {"formula": specified, "after": lambda x: x + c}, 1e-3, 10)
    assert found(seen(lambda E, C: E + 0.5), family, failing(ValueError()))[0][-1] == "0.5"
    nothing = Family("", "{}", lambda c: {"formula": failing(ValueError()).formula}, 0.1, 10)
    assert found(seen(lambda E, C: E + 0.5), nothing) == []


def test_a_round_number_may_be_the_only_one_with_an_answer():
    only = replace(ADDED, fields=lambda c: {"after": lambda x: x + c if c == 0.5 else 1 / 0})
    assert found(seen(lambda E, C: E + 0.5), only)[0][-1] == "of 0.5"


def test_a_number_without_an_answer_is_not_told():
    """The search for 1.7 begins at 1.67, and then asks at 1.69."""
    cubes = replace(TIMES, fields=lambda x: {"after": lambda v: x**3 * v if not 1.68 < x < 1.71 else 1 / 0})
    assert found(seen(lambda E, C: 1.7**3 * E), cubes) == []
    assert found(seen(lambda E, C: 1.75**3 * E), cubes) != []


RECORD = Family("known", "as {}", lambda x: {"penalty": x})


def at(form, x, received, guessed, tolerance=1e-9):
    return [*_members_at(BASE, RECORD, form, x, received, guessed, tolerance)]


def test_a_number_is_told_with_its_form_if_the_answers_agree():
    plain, free = Form((MEANS,)), Form((MEANS, _expression(parse("E/C"))), free=True)
    assert names(at(plain, 1.5, [2.0], [2.0]))[0] == (MEANS.name, "known")
    assert at(plain, 1.5, [2.0], [3.0]) == at(plain, 1.5, [4.0, 6.0], [2.0, 3.0]) == []
    assert at(free, 1.5, [4.0, 7.0], [2.0, 3.0]) == at(free, 1.5, [0.0], [0.0]) == []
    assert at(plain, 1.5, [0.0], [0.0]) != []
    assert names(at(free, 1.5, [4.0, 6.0], [2.0, 3.0]))[0] == (MEANS.name, "computes='2*E/C'", "known")
    assert names(at(free, 1.5, [2.0], [2.0]))[0] == (MEANS.name, "computes='E/C'", "known")
    assert at(plain, 1.5, [2.0], [2.1], 0.1) != []


def test_a_number_is_written_shortly_first_and_then_with_all_its_digits():
    x = 0.33333333333
    told = [guess.changes[-1] for guess in at(Form(()), x, [2.0], [2.0], 1e-8)]
    assert [c.detail for c in told] == [f"as {text}" for text in (*snapped(x, 1e-8), "0.3333333333")]
    assert (told[0].detail, told[0].fields, told[0].solved) == ("as 1/3", {"penalty": 1 / 3}, False)
    assert (told[-1].fields, told[-1].solved) == ({"penalty": x}, True)
