"""What explains wrong gradients: which are compared, which hypothesis is told, and in which words."""

from dataclasses import FrozenInstanceError
from fractions import Fraction
from math import inf, nan
from types import SimpleNamespace

import pytest
from emd_conformance._diagnosis.fitted_gradients import fitted
from emd_conformance._diagnosis.gradients import guesses
from emd_conformance._diagnosis.hypothesis import UNDEFINED
from emd_conformance._diagnosis.slopes import Received, _agrees, _all, _ask, _sentence, explain_gradients
from emd_conformance._diagnosis.terms import NotComparedError
from emd_conformance._judging.result import Result
from small import P, T, case, samples, told

RIGHT = [1.0, 0.5, 0.0]
FAIL, PASS = (Result("small/case", "gradient", status) for status in ("fail", "pass"))


def clear(rows=(), **fields):
    plain = {"classes": 3, "passed": "", "flags": ()}
    return Received(SimpleNamespace(**{**plain, **fields}), FAIL, [], rows).clear


def test_small_finite_gradients_of_plain_cases_show_a_formula():
    assert [clear(classes=C) for C in (1, 2, 12, 13)] == [False, True, True, False]
    assert clear(flags=("low-precision",))
    assert not clear(None)
    assert not clear(passed="transposed")
    hidden = "near-equal", "overflow", "huge-logits", "infinite-logits", "root-gradient-nan"
    assert not any(clear(flags=("low-precision", flag)) for flag in hidden)


def test_what_was_received_is_not_changed():
    with pytest.raises(FrozenInstanceError):
        Received(case(), FAIL, [], []).rows = None


def named(i, n=1, **changes):
    return case(p=(P,) * n, t=(T,) * n, id=f"small/{i}", **changes)


def explained(*answers, more=()):
    """The finding for cases, each with its status and how many times the right gradient it gets."""
    cases = [of for of, _, _ in answers]
    times = {of.id: factor for of, _, factor in answers}
    results = [Result(of.id, "gradient", status) for of, status, _ in answers]
    give = {"samples": samples, "gradients": lambda of: [[times[of.id] * x for x in RIGHT] for _ in of.predicted]}
    found = explain_gradients(told(give), cases, [*results, *more])
    return found.id, found.message


def wrong(number, factor=2, start=0, n=1):
    return [(named(start + i, n), "fail", factor) for i in range(number)]


def fine(number, start=50, n=1):
    return [(named(start + i, n), "pass", 1) for i in range(number)]


def test_three_gradients_tell_what_is_wrong():
    id, message = explained(*wrong(3))
    assert id == "gradient-twice-2"
    assert "this reproduces all 3 gradients" in message
    assert "others" not in message
    assert explained(*wrong(2))[0] == "gradient"
    assert explained(*wrong(2), *wrong(1, 7, start=9))[0] == "gradient"


def test_right_gradients_do_not_make_up_for_wrong_ones():
    """One right gradient of one sample is N times the right one, as are twice the right ones of two samples."""
    assert explained(*wrong(3, n=2), *fine(1))[0] == "gradient-factor"
    assert explained(*wrong(2, n=2), *fine(1))[0] == "gradient"


def test_every_wrong_gradient_must_be_reproduced():
    assert explained(*wrong(5))[0] == "gradient-twice-2"
    assert explained(*wrong(4), *wrong(1, 7, start=9))[0] == "gradient"
    assert explained(*wrong(1, 7, start=9), *wrong(4))[0] == "gradient"


def test_four_gradients_of_five_must_be_reproduced():
    id, message = explained(*wrong(12), *fine(3))
    assert id == "gradient-twice-2"
    assert "this reproduces 12 of 15 gradients, but not small/50, small/51, small/52" in message
    assert explained(*wrong(11), *fine(3))[0] == "gradient"


def test_what_reproduces_more_is_told_though_it_is_tried_later():
    """Twice the right gradient for two samples, and the right one for one."""
    id, message = explained(*wrong(8, n=2), *fine(1), *fine(1, start=60, n=3))
    assert id == "gradient-factor"
    assert "1*N times" in message
    assert "this reproduces 9 of 10 gradients, but not small/60" in message


def test_what_was_not_asked_does_not_count():
    skipped, unknown = Result("small/70", "gradient", "skip"), Result("small/71", "gradient", "fail")
    message = explained(*wrong(3), (named(70), "skip", 5), more=[skipped, unknown])[1]
    assert message.endswith("this reproduces all 3 gradients")


def test_cases_of_more_than_3000_numbers_are_not_asked():
    asked = []
    give = {"samples": lambda of: [], "gradients": lambda of: asked.append(of.id) or [[nan]]}
    cases = [named(1, 1000), named(2, 1001), named(3, classes=3000), named(4, classes=3001)]
    explain_gradients(told(give), cases, [Result(of.id, "gradient", "fail") for of in cases])
    assert asked == ["small/1", "small/3"]


def test_wrong_gradients_that_show_no_formula_need_not_be_reproduced_but_count():
    unclear = (named(9, flags=("near-equal",)), "fail", 7)
    id, message = explained(*wrong(4), unclear)
    assert id == "gradient-twice-2"
    assert "this reproduces 4 of 5 gradients, but not small/9" in message
    assert explained(*wrong(4), unclear, (named(8, flags=("near-equal",)), "fail", 7))[0] == "gradient"
    assert explained(*wrong(4), (named(9), "pass", nan))[1].endswith("4 of 5 gradients, but not small/9")


def test_a_hypothesis_that_is_compared_with_nothing_explains_nothing():
    tiny = {"p": ((0.25 + 2.0**-44, 0.25 - 2.0**-44, 0.5),), "t": ((0.25, 0.25, 0.5),)}
    assert explained(*((case(id=f"small/{i}", **tiny), "fail", i + 5) for i in range(3)))[0] == "gradient"


def test_where_gradients_are_wrong_is_told_if_nothing_explains_them():
    odd = [(named(i), "fail", i + 5) for i in range(3)]
    message = explained(*odd, *((named(60 + i, 2), "pass", 1) for i in range(3)))[1]
    assert "of one sample" in message
    message = explained(*((named(i, 2), "fail", i + 5) for i in range(3)), *fine(3))[1]
    assert "of several samples" in message


def agrees(guess, rows=(RIGHT,), result=FAIL, **changes):
    rows = None if rows is None else [[Fraction(x) for x in row] for row in rows]
    of = case(**changes)
    return _agrees(told({}), guess, "gradient-sign", Received(of, result, samples(of), rows))


def failing(error):
    def guess(samples):
        raise error

    return guess


def test_a_hypothesis_agrees_or_not_or_is_not_compared():
    right = lambda samples: [[Fraction(x) for x in RIGHT]]  # noqa: E731
    zero = lambda samples: [[Fraction(0)] * 3]  # noqa: E731
    assert agrees(right) is True
    assert agrees(zero) is False
    assert agrees(right, None) is False
    assert agrees(failing(NotComparedError())) is None
    assert {agrees(failing(error())) for error in UNDEFINED} == {False}


@pytest.mark.parametrize(("flag", "result", "agreed"), [
    ("root-gradient-nan", PASS, True), ("root-gradient-nan", FAIL, False), ("low-precision", PASS, False)
])  # fmt: skip
def test_every_gradient_of_a_root_at_0_is_right_if_it_passes(flag, result, agreed):
    zero = lambda samples: [[Fraction(0)] * 3]  # noqa: E731
    assert agrees(zero, result=result, flags=(flag,)) is agreed


def test_a_narrower_format_is_tried_last():
    caller, compared = told({}), [(samples(case()), [[Fraction(x) for x in (3, 1, 0)]])]
    known = [name for name, _ in guesses(caller) if name != "gradient-low-precision"]
    more = [(name, words) for name, words, _ in fitted(caller, compared)]
    found = [(name, words) for name, words, _ in _all(caller, compared)]
    assert more
    assert found == [*((name, "") for name in known), *more, ("gradient-low-precision", "")]


def test_gradients_are_asked_for_and_kept_if_they_are_finite():
    assert _ask(told({"gradients": [[0.5, 1.0], [2.0, 3.0]]}), case()) == [[0.5, 1], [2, 3]]
    for bad in (ValueError(), *([[0.5, 1.0], [x, 0.0]] for x in (inf, -inf, nan)), [[nan, 1.0], [0.0, 0.0]]):
        assert _ask(told({"gradients": bad}), case()) is None


def test_sentences_count_what_is_reproduced():
    missed = [SimpleNamespace(case=SimpleNamespace(id=id)) for id in "abcd"]
    assert _sentence(5, [], 5) == "this reproduces all 5 gradients"
    assert _sentence(5, [], 7) == "this reproduces all 5 gradients (2 others were not compared)"
    assert _sentence(5, missed[:1], 6) == ("this reproduces 4 of 5 gradients (1 others were not compared), but not a")
    assert _sentence(5, missed[:3], 5) == "this reproduces 2 of 5 gradients, but not a, b, c"
    assert _sentence(9, missed, 9) == "this reproduces 5 of 9 gradients, but not a, b, c and 1 more"
