"""Which answers a hypothesis reproduces: by its estimates in floats, and surely, by intervals."""

from fractions import Fraction
from math import inf, nan
from types import SimpleNamespace

import pytest
from emd_conformance import Declaration
from emd_conformance._diagnosis import evidence as module
from emd_conformance._diagnosis.evidence import (
    _surely,
    agree_to,
    close,
    estimated,
    reproduces,
)
from emd_conformance._diagnosis.hypothesis import Inputs, Slack, declared
from emd_conformance._diagnosis.terms import NotComparedError
from emd_conformance._exact.grounds import Matrix
from emd_conformance._exact.interval import Interval
from small import P, T, answered, gathered, samples, sized

U = 2.0**-53


def says(*numbers, ends=None, error=None):
    """A hypothesis of these numbers."""

    def give(*asked):
        if error:
            raise error
        return list(numbers)

    def intervals(*asked):
        if error:
            raise error
        return ends or [Interval(Fraction(x), Fraction(x)) for x in numbers]

    return SimpleNamespace(estimate=give, answer=intervals)


def test_all_answers_are_near_their_estimates():
    known = gathered()
    assert known.near(says(1.0), [answered(), answered((1.0625,))], 0.0625)
    assert not known.near(says(1.0), [answered(), answered((1.0625,))], 0.03)
    assert not known.near(says(1.0), [answered(None)], 1.0)
    assert known.near(says(), [answered(None)], 1.0)
    assert known.near(says(), [], 1.0)


def test_numbers_are_close_up_to_the_tolerance_itself():
    for x, y in ((1.0, 1.25), (1.25, 1.0), (-1.0, -1.25), (0.0, 0.0002), (-0.0002, 0.0)):
        assert close([x], [y], 0.2), (x, y)
    for x, y in ((1.0, 1.26), (1.26, 1.0), (-1.26, -1.0), (0.0, 0.00021), (-0.00021, 0.0), (1.0, -1.0)):
        assert not close([x], [y], 0.2), (x, y)
    assert not close([1.0, 1.0], [1.0, 2.0], 0.2)
    assert close([], [], 0.0)


def test_numbers_agree_up_to_the_digits_themselves():
    for x, y in ((0.25, 0.0), (0.0, -0.25), (5.0, 4.0), (-5.0, -4.0), (1.25, 1.0)):
        assert agree_to(0.25, [x], [y]), (x, y)
    for x, y in ((0.26, 0.0), (0.0, 0.26), (5.1, 4.0), (4.0, -4.0), (2.9, 4.0)):
        assert not agree_to(0.25, [x], [y]), (x, y)
    assert not agree_to(0.25, [1.0, 1.0], [1.0, 2.0])
    assert agree_to(0.0, [], [])
    assert agree_to(9.0, [1.0], None) is agree_to(9.0, [1.0], [1.0, 1.0]) is False


def test_a_hypothesis_may_have_no_estimate():
    assert estimated(says(2.0), answered()) == [2.0]
    for error in (ZeroDivisionError, KeyError, ValueError, OverflowError, IndexError, NotComparedError):
        assert estimated(says(error=error()), answered()) is None
    with pytest.raises(TypeError):
        estimated(says(error=TypeError()), answered())


def test_a_support_counts_what_is_right_wrong_and_too_large(monkeypatch):
    def reproduces(guess, answer, slack):
        assert (guess, slack) == ("guess", "slack")
        if answer.case.classes > 5:
            raise NotComparedError
        return answer.case.classes == 3

    monkeypatch.setattr(module, "reproduces", reproduces)
    right, wrong, large = answered(of=sized(3)), answered(of=sized(4)), answered(of=sized(6))

    def support(*answers, **options):
        found = gathered(*answers).support("guess", "slack", **options)
        return found.right, len(found.wrong), found.larger

    assert support(right, wrong, large, wrong, right, large, large) == (2, 2, 3)
    assert support(wrong, wrong, right, right, patience=0.5) == (2, 2, 0)
    assert support(wrong, wrong, right, right, patience=0.49) == (0, 2, 0)
    assert support(wrong, right, patience=0.0) == (0, 1, 0)
    assert support(right, wrong, right, refutes=lambda one: one is wrong) == (1, 1, 0)
    assert support(right, wrong, right, refutes=lambda one: one is right) == (2, 1, 0)
    assert gathered(wrong).support("guess", "slack").wrong == (wrong,)


def surely(received, *guessed, classes=3, **options):
    return _surely(says(*guessed, **options), answered(received, of=sized(classes)), Slack(U))


LARGEST = (2 - 2.0**-52) * 2.0**1023


def test_a_hypothesis_surely_gives_an_answer_of_its_numbers():
    assert surely((1.0, 2.0), 1.0, 2.0)
    assert not surely((1.0, 2.0), 1.0, 2.5)
    assert not surely((1.0,), 1.0, 2.0)
    assert not surely(None, 1.0)
    assert not surely(None)
    assert not surely((nan,), 1.0)
    assert not surely((1.0, nan), 1.0, 2.0)
    assert surely((), ends=None)


def test_an_answer_is_infinite_only_beyond_the_format():
    beyond = [Interval(Fraction(0), Fraction(LARGEST))]
    below = [Interval(Fraction(0), Fraction(LARGEST) - 1)]
    assert surely((inf,), ends=beyond)
    assert not surely((inf,), ends=below)
    assert not surely((-inf,), ends=beyond)
    assert surely((1.0,), ends=beyond)
    assert not surely((inf, 2.0), ends=[*beyond, Interval(Fraction(1), Fraction(1))])


def test_where_a_hypothesis_has_no_answer_another_number_refutes_it_but_for_one_class():
    error = ZeroDivisionError()
    assert not surely((1.0,), error=error)
    assert surely((nan,), error=error)
    assert surely(None, error=error)
    assert surely((1.0,), error=error, classes=1)
    assert not surely((1.0,), error=error, classes=2)
    with pytest.raises(NotComparedError):
        surely((1.0,), error=NotComparedError())


def long_case(classes, n, **changes):
    of = sized(classes, n, **changes)
    return SimpleNamespace(case=of, finite=True, received=[1.0], inputs=Inputs(samples(sized(classes, 1)), False))


def shown(of, guess, slack=None):
    return reproduces(guess, of, slack or Slack(U, roundings=1))


def test_in_cases_of_more_than_2000_terms_floats_may_show_it():
    twice = [Interval(Fraction(2), Fraction(2))]
    guess = SimpleNamespace(estimate=lambda inputs: [1.0], answer=lambda *asked: twice)
    assert shown(long_case(20, 101), guess)
    assert shown(long_case(23, 87), guess)  # 2001 terms
    assert not shown(long_case(20, 100), guess)
    zeros = Matrix(((0.0,) * 20,) * 20)
    assert shown(long_case(20, 6, ground=zeros), guess)
    assert not shown(long_case(20, 5, ground=zeros), guess)
    infinite = long_case(20, 101)
    infinite.finite = False
    assert not shown(infinite, guess)


def test_floats_show_it_within_c_times_the_slack_else_intervals_do():
    """The slack is one rounding here."""
    guess = SimpleNamespace(answer=lambda *asked: [Interval(Fraction(2), Fraction(2))])
    for n, right in ((20, True), (19, True), (22, False)):
        guess.estimate = lambda inputs, n=n: [1 + n * U if n % 2 == 0 else 1 - n * U]
        assert shown(long_case(20, 101), guess) is right
    guess.estimate = lambda inputs: [5.0]
    assert not shown(long_case(20, 101), guess)
    guess.answer = lambda *asked: [Interval(Fraction(1), Fraction(1))]
    assert shown(long_case(20, 101), guess)
    nothing = long_case(20, 101)
    nothing.received = None
    nothing.finite = False
    assert not shown(nothing, guess)


def test_small_numbers_of_the_example_are_as_they_were_computed_by_hand():
    right = answered((0.125,), p=(P,), t=(T,))
    assert reproduces(declared(Declaration()), right, Slack(U))
    assert not reproduces(declared(Declaration(computes="W1")), right, Slack(U))
