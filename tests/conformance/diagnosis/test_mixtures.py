"""The weights of a mixture: from which answers they follow, and how they are written."""

from dataclasses import replace
from math import pi

import pytest
from emd_conformance import Declaration
from emd_conformance._declaration.expression import parse
from emd_conformance._diagnosis.hypothesis import declared
from emd_conformance._diagnosis.mixtures import MOST, _equations, _part, mixtures
from emd_conformance._diagnosis.terms import specified
from small import P, T, answered_as, case, evidence

BASE = declared(Declaration(computes="W1 + E"))
BATCH = case(p=(P, (0.0, 1.0, 0.0)), t=(T, (1.0, 0.0, 0.0)))
FOUR = case(p=((0.5, 0.5, 0.0, 0.0),), t=((0.0, 0.5, 0.5, 0.0),), classes=4)
TWO = case(p=((1.0, 0.0),), t=((0.5, 0.5),), classes=2)
NUMBERS = ((BATCH, [(0.125, 0.5), (1.0, 1.0)]), (FOUR, [(0.5, 1.0)]), (TWO, [(0.25, 0.5)]))  # E, W1


def mixed(e, w):
    return [answered_as([e * E + w * W for E, W in rows], of) for of, rows in NUMBERS]


def found(answers, base=BASE, **options):
    return [guess.expression.text for guess in mixtures(evidence(*answers, **options), base)]


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ((0.7, 0.3), "0.7*E + 0.3*W1"),
        ((1, -2), "E + (0 - 2)*W1"),
        ((0, 3), "3*W1"),
        ((1, 0), "E"),
        ((0, 0), "0"),
    ],
)
def test_other_weights_of_a_mixture_are_found(weights, text):
    (guess,) = mixtures(evidence(*mixed(*weights)), BASE)
    assert (guess.expression, guess.changes[-1].name) == (parse(text), f"computes={text!r}")


def test_a_mixture_has_two_quantities_of_one_sample():
    assert found(mixed(0.7, 0), declared(Declaration())) == []
    assert found(mixed(0.7, 0.3), replace(BASE, coupled=True)) == []


def test_weights_need_four_answers_that_agree():
    assert found(mixed(0.7, 0.3)[:2]) == []
    assert found([*mixed(0.7, 0.3), answered_as([0.0], FOUR)]) == []
    assert found([*mixed(0.7, 0.3), answered_as([0.7 * 0.5 + 0.3 + 1e-4], FOUR)]) == []
    assert len(found([*mixed(0.7, 0.3), answered_as([0.7 * 0.5 + 0.3 + 1e-4], FOUR)], accuracy=1e-3)) == 1


def test_forty_answers_tell_the_weights():
    assert MOST == 40
    right, wrong = mixed(0.7, 0.3), answered_as([9.0], FOUR)
    assert found([*right, *right[:1] * 37, wrong]) == ["0.7*E + 0.3*W1"]
    assert found([*right, *right[:1] * 36, wrong]) == []


def test_answers_of_another_length_and_without_a_value_are_left_out():
    others = [answered_as([1.0], BATCH), answered_as([1.0, 2.0, 3.0], BATCH), answered_as(None)]
    assert found([*others, *mixed(0.7, 0.3)]) == ["0.7*E + 0.3*W1"]
    for error in (ZeroDivisionError, KeyError, ValueError, OverflowError, IndexError):

        def formula(p, t, ground, error=error):
            if len(p) == 2:
                raise error
            return specified(p, t, ground)

        assert _equations(replace(BASE, formula=formula), ["E", "W1"], answered_as([1.0], TWO)) == []
        assert _equations(replace(BASE, formula=formula), ["E", "W1"], answered_as([3.0])) == [([0.125, 0.5], 3.0)]


def test_an_equation_has_the_quantities_as_they_are_reduced():
    assert _equations(BASE, ["W1", "E"], answered_as([5.0, 6.0], BATCH)) == [([0.5, 0.125], 5.0), ([1.0, 1.0], 6.0)]
    mean = declared(Declaration(computes="W1 + E", reduction="mean"))
    assert _equations(mean, ["E", "W1"], answered_as([5.0], BATCH)) == [([0.5625, 0.75], 5.0)]


def test_a_part_is_written_shortly_and_left_out_if_it_counts_nothing():
    assert [_part(w, "E", 0) for w in (1.0, -1.0, 0.5, -0.25)] == ["E", "(0 - 1)*E", "0.5*E", "(0 - 0.25)*E"]
    assert _part(pi, "E", 0) == f"{pi!r}*E"
    assert [_part(w, "E", 0) for w in (0.9e-12, -0.9e-12, 1.1e-12, -1.1e-12)] == [
        "",
        "",
        "1.1e-12*E",
        "(0 - 1.1e-12)*E",
    ]
    assert [_part(w, "E", 1e-3) for w in (0.0009, 0.001, 0.50001)] == ["", "0.001*E", "0.5*E"]
