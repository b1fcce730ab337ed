"""What was answered: which answers are clear, which probe first, and which of them a hypothesis reproduces."""

from fractions import Fraction
from math import inf, nan
from types import SimpleNamespace

import pytest
from emd_conformance import Declaration
from emd_conformance._diagnosis import evidence as module
from emd_conformance._diagnosis.evidence import (
    Answered,
    Evidence,
    Support,
    _ask,
    _kind,
    _numbers,
    _plain,
    _row_sums,
    _size,
    _surely,
    agree_to,
    close,
    estimated,
    listed,
    reproduces,
)
from emd_conformance._diagnosis.hypothesis import MISLEADING, Inputs, Slack, declared
from emd_conformance._diagnosis.terms import NotComparedError
from emd_conformance._exact.grounds import Matrix
from emd_conformance._exact.interval import Interval
from emd_conformance._judging.result import Result
from small import P, T, case, samples, told

U = 2.0**-53


def answer(received=(1.0,), of=None, status="fail", message="", **changes):
    of = of or case(**changes)
    received = None if received is None else list(received)
    return Answered(of, Inputs(samples(of), False), Result(of.id, "value", status, message), received)


def sized(classes, n=1, **changes):
    rows = ((1.0 / classes,) * classes,) * n
    return case(rows, rows, **({"classes": classes, "id": f"line/{classes}-{n}"} | changes))


def gathered(*answers, **options):
    found = object.__new__(Evidence)
    found.caller, found.answers = told({}, **options), list(answers)
    return found


def test_an_answer_is_finite_if_all_its_numbers_are():
    assert [answer(x).finite for x in ((1.0, 2.0), (), (1.0, nan), (inf, 1.0), None)] == [True, True] + [False] * 3


def test_small_plain_cases_of_distinct_distributions_are_clear():
    assert answer(of=sized(12)).clear
    assert not answer(of=sized(13)).clear
    for group in ("near", "tiny", "large", "size"):
        assert not answer(id=f"{group}/a").clear
    for flag in MISLEADING:
        assert not answer(flags=("other", flag)).clear
    assert answer(flags=("other",)).clear
    assert not answer(passed="reversed").clear
    assert not answer((nan,)).clear
    assert {"near-equal", "overflow", "huge-logits", "infinite-logits"} == MISLEADING


def test_a_share_is_of_those_that_were_compared():
    some = (answer(), answer())
    assert [Support(*x).share for x in ((6, some), (1, ()), (0, some), (0, ()), (0, some[:1]))] == [0.75, 1, 0, 0, 0]
    assert Support(2, (), 9).share == 1


def test_what_is_left_out_is_said():
    wanted = "this reproduces all 2 answers (of at most 100 classes; 1 larger ones were not compared)"
    assert Support(2, (), 1).sentence() == wanted
    assert Support(2, (answer(id="a/b"),), 1).sentence() == wanted.replace("all 2", "2 of 3") + (
        ", but not a/b (another number)"
    )
    assert Support(2, (answer(id="a/b"),)).sentence() == "this reproduces 2 of 3 answers, but not a/b (another number)"


def test_the_smallest_of_the_answers_are_listed():
    some = [answer(of=sized(C, n)) for C, n in ((5, 1), (3, 4), (3, 2), (4, 1))]
    assert listed(some[:3]) == "line/3-2 (another number), line/3-4 (another number), line/5-1 (another number)"
    assert listed(some) == (
        "line/3-2 (another number), line/3-4 (another number), line/4-1 (another number) and 1 more"
    )
    assert listed([]) == ""
    assert _size(some[1]) == (3, 4)


def test_how_an_answer_failed_is_said():
    assert _kind(answer(None, message="it raised ValueError: it: is")) == "raised ValueError"
    assert _kind(answer(None, message="no answer: it is late")) == "no answer"
    assert _kind(answer((inf,))) == "not finite"
    assert _kind(answer()) == "another number"


def test_values_that_were_checked_are_asked_for_in_order_of_size():
    cases = [sized(5), sized(3, 2), sized(3), sized(4), sized(6)]
    results = [Result(x.id, "value", "fail") for x in cases[:3]]
    results += [Result(cases[3].id, "gradient", "fail"), Result(cases[4].id, "value", "skip")]
    results += [Result("line/unknown", "value", "fail")]
    found = Evidence(told({"raw": lambda of: [float(of.classes)]}), cases, results)
    assert [(a.case.classes, len(a.case.predicted), a.received) for a in found.answers] == [
        *[(3, 1, [3.0]), (3, 2, [3.0]), (5, 1, [5.0])]
    ]
    assert found.answers[2].result is results[0]
    assert found.answers[0].inputs.exactly is False
    assert len(found.answers[1].inputs.samples) == 2
    assert _ask(told({"raw": ValueError()}), cases[0]) is None


def test_batches_without_samples_are_not_clear():
    found = gathered(answer(), answer((), p=(), t=(), classes=3), answer((nan,)))
    assert found.clear == found.answers[:1]


def probes(*answers):
    return [a.case.id for a in gathered(*answers).probes]


def probe(id, classes=3, n=2, status="fail", row=(), **changes):
    rows = ((row or (1.0 / classes,) * classes),) * n
    return answer(of=case(rows, rows, classes=classes, id=id, **changes), status=status)


def test_wrong_answers_probe_first_then_plain_ones_then_batches_then_three_to_five_classes():
    zero = (0.0, 0.5, 0.5)
    ordered = [
        *(
            probe("a/1", 3),
            probe("a/2", 6),
            probe("a/3", 4, 1),
            probe("b/4", 3, 1, row=zero),
            probe("b/5", n=2, row=zero),
        ),
        probe("c/6", status="pass"),
    ]
    assert probes(*ordered[::-1]) == ["a/1", "a/2", "a/3", "b/4", "c/6", "b/5"]
    for C in (3, 4, 5):
        for other in (2, 6):
            assert probes(probe("a/other", other), probe("a/first", C)) == ["a/first", "a/other"]
    assert probes(probe("a/1", 3, 1), probe("a/2", 4, 2)) == ["a/2", "a/1"]
    assert probes(probe("a/1", 3, 3), probe("a/2", 4, 2)) == ["a/1", "a/2"]


def test_probes_are_of_different_sizes_and_groups_and_at_most_six():
    assert probes(probe("a/1"), probe("a/2"), probe("b/3"), probe("a/4", 4)) == ["a/1", "b/3", "a/4", "a/2"]
    assert probes(*(probe(f"a/{i}") for i in range(8))) == [f"a/{i}" for i in range(6)]
    assert probes(*(probe(f"{i}/a") for i in range(8))) == [f"{i}/a" for i in range(6)]
    assert probes(probe("a/1", 1), probe("a/2", 2)) == ["a/2"]


def test_zeros_make_rows_less_plain():
    assert _plain(answer(p=((0.0, 1.0, 0.0), P))) == 2
    assert _plain(answer()) == 0


def test_the_unit_is_the_coarser_one():
    assert gathered(dtype="float64", compute_dtype="float32").unit == 2.0**-24
    assert gathered(dtype="float16").unit == 2.0**-11
    assert gathered(dtype="float32").accuracy == 128 * 2.0**-24


def test_one_number_for_each_class_is_summed_row_by_row():
    two = answer(range(6), of=sized(3, 2))
    assert _numbers(two) == 6
    assert _row_sums(two) == [3, 12]
    assert _row_sums(answer(None)) == []
    one = answer([5.0], of=sized(1))
    known = gathered(one, two, dtype="float32")
    found = known.summed()
    assert type(found) is Evidence
    assert found.caller is known.caller
    assert [a.received for a in found.answers] == [[5.0], [3, 12]]
    assert [a.case for a in found.answers] == [one.case, two.case]
    assert gathered(one).summed() is None
    assert gathered(two, answer(None)).summed() is None
    assert gathered(two, answer(range(5), of=sized(3, 2))).summed() is None


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
    assert known.near(says(1.0), [answer(), answer((1.0625,))], 0.0625)
    assert not known.near(says(1.0), [answer(), answer((1.0625,))], 0.03)
    assert not known.near(says(1.0), [answer(None)], 1.0)
    assert known.near(says(), [answer(None)], 1.0)
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


def test_a_hypothesis_may_have_no_estimate():
    assert estimated(says(2.0), answer()) == [2.0]
    for error in (ZeroDivisionError, KeyError, ValueError, OverflowError, IndexError, NotComparedError):
        assert estimated(says(error=error()), answer()) is None
    with pytest.raises(TypeError):
        estimated(says(error=TypeError()), answer())


def test_a_support_counts_what_is_right_wrong_and_too_large(monkeypatch):
    def reproduces(guess, answer, slack):
        assert (guess, slack) == ("guess", "slack")
        if answer.case.classes > 5:
            raise NotComparedError
        return answer.case.classes == 3

    monkeypatch.setattr(module, "reproduces", reproduces)
    right, wrong, large = answer(of=sized(3)), answer(of=sized(4)), answer(of=sized(6))

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
    return _surely(says(*guessed, **options), answer(received, of=sized(classes)), Slack(U))


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
    right = answer((0.125,), p=(P,), t=(T,))
    assert reproduces(declared(Declaration()), right, Slack(U))
    assert not reproduces(declared(Declaration(computes="W1")), right, Slack(U))
