"""A hypothesis, step by step: the numbers that it reads, its quantities with their slack, and its answers."""

from dataclasses import FrozenInstanceError
from fractions import Fraction
from math import inf

import pytest
from emd_conformance import Declaration, vectors
from emd_conformance._declaration.expression import parse
from emd_conformance._diagnosis.hypothesis import (
    MISLEADING,
    UNDEFINED,
    Change,
    Hypothesis,
    Inputs,
    Slack,
    _size,
    agree,
    declared,
    predicted,
)
from emd_conformance._diagnosis.norms import estimates, norms
from emd_conformance._diagnosis.reductions import CONVENTIONS
from emd_conformance._diagnosis.terms import cumulative, specified
from emd_conformance._exact.grounds import Circle, Line, Tree
from emd_conformance._exact.interval import Interval
from small import P, T, case, labelled, sample, samples

UNIT = 2.0**-53
TREE = Tree((3, 3, -1, 2), (1, 1, 1, 1))


def point(x):
    return Interval(Fraction(x), Fraction(x))


def guess(computes="E", read=lambda x: x, reduce=CONVENTIONS["none"], **fields):
    return Hypothesis(parse(computes), read, reduce, **fields)


def terms(p, t, ground):
    return [(1, v) for v in cumulative(p, t)]


def squares(mass, distance):
    return lambda p, t, ground: [(mass, distance)]


def exactly(values):
    return [Fraction(x) for x in values]


def ends(x):
    return x.lo, x.hi


@pytest.mark.parametrize("made", [Slack(1.0), Change("a", {}), Inputs((), True), guess()])
def test_what_a_hypothesis_is_made_of_cannot_be_changed(made):
    with pytest.raises(FrozenInstanceError):
        made.unit = 1


def test_no_rounding_at_all_is_a_slack_of_0():
    assert Slack(0.5, roundings=0).of(3) == 0
    assert [Slack(0.5).of(classes) for classes in (1, 3)] == [10, 14]
    assert Slack(0.1, 3).of(3) == 3 * Fraction(0.1)  # not rounded


def test_the_fields_for_twice_the_size_do_not_tell_changes_apart():
    plain = Change("a", {})
    assert plain == Change("a", {}, "", False, {"x": 1})
    assert (plain.detail, plain.solved, plain.doubled) == ("", False, {})
    assert plain != Change("a", {}, solved=True)


@pytest.mark.parametrize(("exact", "kind"), [(True, Fraction), (False, float)])
def test_numbers_are_read_as_fractions_or_as_floats(exact, kind):
    inputs = Inputs(samples(case((P, (0.125, inf, 0)), (T, P), ground=Circle()), ground="circle"), exact)
    rows = inputs.rows
    assert [(list(p), list(t), k, ground) for p, t, k, ground in rows] == [
        ([*P], [*T], None, Circle()),
        ([0.125, inf, 0], [*P], None, Circle()),
    ]
    assert {type(x) for row in rows for x in (*row[0], *row[1]) if x != inf} == {kind}
    assert inputs.parameters["C"] == 3
    assert {type(x) for x in inputs.parameters.values()} == {kind}
    assert inputs.rows is rows
    assert inputs.parameters is inputs.parameters
    assert "Sample" not in repr(inputs)


def test_labels_are_read_beside_their_distributions():
    rows = Inputs(samples(labelled(2, 0), target="labels"), True).rows
    assert [(list(t), k) for _, t, k, _ in rows] == [([0, 0, 1], 2), ([1, 0, 0], 0)]


def test_the_exact_quantity_is_that_of_its_sample():
    inputs = Inputs(samples(case((P, T), (T, T))), False)
    assert [inputs.quantity(i, "E", False) for i in (0, 1)] == [0.125, 0]
    assert type(inputs.quantity(0, "E", False)) is float
    assert ends(inputs.quantity(0, "W1", True)) == (0.5, 0.5)


def test_a_hypothesis_without_changes_has_nothing_but_what_it_must_have():
    plain = guess()
    assert plain.read_target([1, 2], 3) == [1, 2]
    assert plain.formula is specified
    assert (plain.penalty, plain.after, plain.mixing, plain.changes) == (None, None, None, ())
    assert plain.coupled is plain.softmax_along_batch is False


def test_an_answer_is_the_expression_of_the_quantities_reduced():
    two = samples(case((P, T), (T, T)))
    mean = guess("2*E + C", reduce=CONVENTIONS["mean"])
    (found,) = mean.answer(two, Slack(UNIT, 0))
    assert ends(found) == (3.125, 3.125)
    assert mean.estimate(Inputs(two, False)) == [3.125]


def test_a_coupled_root_is_that_of_the_mean():
    coupled = guess("sqrt(E) + C", coupled=True)
    rows = [{"E": 1, "W1": 5}, {"E": 7, "W1": 6}]
    assert coupled.estimated(rows, {"C": 3.0}) == [5]
    intervals = [{name: point(x) for name, x in row.items()} for row in rows]
    assert [*map(ends, coupled.combined(intervals, {"C": Fraction(3)}))] == [(5, 5)]
    assert coupled.estimated(rows[:1], {"C": 3.0}) == [4]
    assert [*map(ends, coupled.combined(intervals[:1], {"C": Fraction(3)}))] == [(4, 4)]
    plain = guess("E + W1")
    assert plain.estimated(rows, {}) == [6, 13]
    assert [*map(ends, plain.combined(intervals, {}))] == [(6, 6), (13, 13)]


def test_a_function_of_the_value_may_fall():
    falls = guess(after=lambda x: 1 - x)
    assert [*map(ends, falls.combined([{"E": Interval(Fraction(2), Fraction(4))}], {}))] == [(-3, -1)]
    assert falls.estimated([{"E": 2.0}], {}) == [-1]


@pytest.mark.parametrize(("count", "kind"), [(200, Fraction), (201, float)])
def test_up_to_600_numbers_are_read_exactly(count, kind):
    seen = set()
    many = samples(case((P,) * count, (T,) * count))
    guess(read=lambda x: seen.update(map(type, x)) or x).quantities(many, Slack(UNIT))
    assert seen == {kind}


@pytest.mark.parametrize(
    ("classes", "formula", "factor"), [(12, terms, 1), (13, terms, 13), (12, specified, 1), (13, specified, 1)]
)
def test_another_formula_of_more_than_12_classes_has_the_errors_of_all_sums(classes, formula, factor):
    p, t = (0.5, 0.5, *[0.0] * (classes - 2)), (*[0.0] * (classes - 2), 0.5, 0.25)
    of = sample(case((p,), (t,), classes=classes))
    error = Slack(UNIT).of(classes) * factor * Fraction(7, 4)
    found = guess(formula=formula).quantities([of], Slack(UNIT))
    assert found == [norms(terms(exactly(p), exactly(t), Line()), error, None)]


def test_the_slack_grows_with_the_mass_of_both_whatever_their_sign():
    read = guess(read=lambda x: [1, -1, 2], read_target=lambda t, k: [0, -3, 1])
    found = read.quantities([sample()], Slack(UNIT))
    assert found == [norms([(1, 1), (1, 3), (1, 4)], Slack(UNIT).of(3) * 8, None)]


def test_mixed_samples_have_the_errors_of_the_whole_batch():
    two = samples(case((P, T), (T, P)))
    mixed = guess(mixing=lambda batch: [[Fraction(1, 4)], [sum(p) - t[2] for p, t in batch]])
    rows = [[(1, Fraction(1, 4))], [(1, Fraction(1, 2)), (1, Fraction(3, 4))]]
    error = Slack(UNIT).of(3) * 2
    assert mixed.quantities(two, Slack(UNIT)) == [norms(row, error, None) for row in rows]
    assert mixed.estimated_quantities(Inputs(two, False)) == [estimates(row, None) for row in rows]


def test_masses_that_move_have_errors_too(monkeypatch):
    moved, plain = squares(Fraction(1, 4), 0.1), squares(Fraction(1, 4), 0.1)
    monkeypatch.setattr("emd_conformance._diagnosis.hypothesis.MASSES", (moved,))
    found, other = (guess(formula=f).quantities([sample()], Slack(UNIT))[0] for f in (moved, plain))
    error = Slack(UNIT).of(3) * 2 * Fraction(0.1) ** 2
    assert ends(found["E"]) == (other["E"].lo - error, other["E"].hi + error)
    assert found["W1"] == other["W1"]


def test_a_penalty_is_that_of_every_value():
    found = guess(penalty=lambda v: 8 * v)
    assert found.estimated_quantities(Inputs([sample()], False)) == [{"E": 4, "W1": 0.5}]
    assert found.quantities([sample()], Slack(UNIT)) == [
        norms([(1, Fraction(1, 4)), (1, Fraction(1, 4)), (1, Fraction(0))], Slack(UNIT).of(3) * 2, found.penalty)
    ]


def test_what_no_formula_gives_is_exact_but_for_the_slack_of_its_size():
    of = sample(labelled(2, p=((0.0, -3.0, 0.0),), input="logits"), input="logits", target="labels", computes="XE")
    xe = Inputs([of], True).quantity(0, "XE", True)
    (found,) = guess("XE").quantities([of], Slack(UNIT))
    away = Slack(UNIT).of(3) * (xe.hi + 3)
    assert ends(found["XE"]) == (xe.lo - away, xe.hi + away)
    (estimate,) = guess("XE").estimated_quantities(Inputs([of], False))
    assert estimate["XE"] == float(xe.middle)
    assert found.keys() == estimate.keys() == {"E", "W1", "XE"}


def test_what_the_expression_names_and_the_formula_gives_is_not_replaced():
    (found,) = guess("E + W1", formula=squares(1.0, 5.0)).estimated_quantities(Inputs([sample()], False))
    assert found == {"E": 25, "W1": 5}


@pytest.mark.parametrize(("kind", "ground", "kept"), [("circle", Circle(), False), ("tree", TREE, True)])
def test_the_weighted_values_of_a_circle_are_not_its_emd(kind, ground, kept):
    p, t = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
    of = sample(case((p,), (t,), ground=ground), ground=kind)
    assert ("W1" in guess().quantities([of], Slack(UNIT))[0]) is kept
    (emd,) = guess("W1").answer([of], Slack(UNIT))
    assert emd.lo <= (2 if kept else 1) <= emd.hi
    assert guess("W1").estimate(Inputs([of], False)) == [2 if kept else 1]
    (other,) = guess(formula=terms).quantities([of], Slack(UNIT))
    assert other["W1"].lo <= 1 <= other["W1"].hi
    if not kept:
        away = Slack(UNIT).of(3) * 2
        assert ends(emd) == (1 - away, 1 + away)


def test_a_softmax_along_the_batch_takes_the_place_of_the_reading():
    two = samples(case(((0.0,), (0.0,)), ((0.0,), (1.0,)), classes=1))
    along = guess(softmax_along_batch=True, read=lambda x: [9], read_target=lambda t, k: [t[0] * 2])
    assert along.estimate(Inputs(two, False)) == [0.25, 2.25]


def test_a_target_is_read_with_its_label():
    two = samples(labelled(2, 0), target="labels")
    read = guess(read_target=lambda t, k: [t[k], k, 0], read=lambda x: [0, 0, 0])
    assert read.estimate(Inputs(two, False)) == [1 + 9 + 9, 3]


def test_the_size_of_a_sample_is_1_or_its_largest_finite_number():
    assert [_size(x) for x in ([], [0.5], [2.0], [1.5, -3.0, inf, 0.0], [-inf])] == [1, 1, 2, 3, 1]


def test_what_is_declared_is_the_first_hypothesis():
    values = [1.0, 3.0]
    for options, reduced in (({"reduction": "mean"}, [2]), ({"reduction": "sum"}, [4]), ({}, values)):
        found = declared(Declaration(computes="E/C", input="logits", **options))
        assert found.reduce(values) == reduced
        assert (found.expression.text, found.read([0.0, 0.0]), found.changes) == ("E/C", [0.5, 0.5], ())
    assert declared(Declaration(batched=False, reduction="mean")).reduce(values) == values


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyError, ValueError, OverflowError, IndexError])
def test_a_hypothesis_has_no_answer_where_it_cannot_be_computed(error):
    def read(x):
        raise error

    assert error in UNDEFINED
    assert predicted(guess(read=read), [sample()], Slack(UNIT)) is None


def test_other_errors_are_not_hidden():
    with pytest.raises(TypeError):
        predicted(guess(read=lambda x: None), [sample()], Slack(UNIT))
    assert [*map(ends, predicted(guess(), [sample()], Slack(UNIT, 0)))] == [(0.125, 0.125)]


@pytest.mark.parametrize(
    ("lo", "hi", "unit", "last", "beyond"),
    [
        (1, 1, 1 / 8, 3.0, 3.001),  # 1 + (3 + 1) / 2
        (-1, -1, 1 / 8, -3.0, -3.001),
        (5, 5, 1 / 16, 3.0, 2.999),  # 5 - (3 + 5) / 4
        (-5, 1, 1 / 16, 3.0, 3.001),  # 1 + (3 + 5) / 4, by the magnitude of the larger end
    ],
)
def test_an_answer_agrees_as_far_as_four_units_of_both_sizes(lo, hi, unit, last, beyond):
    interval = Interval(Fraction(lo), Fraction(hi))
    assert agree([last], [interval], Slack(unit))
    assert not agree([beyond], [interval], Slack(unit))


def test_all_answers_must_agree_and_be_as_many():
    one = point(1)
    assert agree([1.0, 1.0], [one, one], Slack(UNIT))
    assert not agree([1.0, 9.0], [one, one], Slack(UNIT))
    assert not agree([9.0, 1.0], [one, one], Slack(UNIT))
    assert not agree([1.0], [one, one], Slack(UNIT))
    assert agree([], [], Slack(UNIT))
    assert agree([1.0] * 300, [one] * 300, Slack(UNIT))


def test_flags_that_mislead_are_those_of_some_case():
    assert {flag for found in vectors() for flag in found.flags} >= MISLEADING
