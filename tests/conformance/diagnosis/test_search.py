"""The search for a hypothesis: which is near, which is refuted, which is better, and when it ends."""

from types import SimpleNamespace

import pytest
from emd_conformance._declaration.layouts import ALL_INTEGERS
from emd_conformance._diagnosis import values
from emd_conformance._diagnosis.evidence import Support
from emd_conformance._diagnosis.hypothesis import Change
from emd_conformance._diagnosis.values import CLOSE, FINE, MOST, ROUNDED, SOLVED, TRIES, Search, _explains_failures

U = 2.0**-53


def answer(received=(1.0,), guessed=(1.0,), id="a", failed=True, finite=True, **case):
    """An answer, with that of every hypothesis in place of its inputs."""
    plain = {"id": id, "group": "line", "flags": (), "passed": "", "classes": 3}
    return SimpleNamespace(
        case=SimpleNamespace(**(plain | case)),
        inputs=guessed,
        received=received,
        finite=finite,
        result=SimpleNamespace(failed=failed),
    )


def guess(*changes):
    return SimpleNamespace(changes=changes, estimate=lambda inputs: inputs)


def evidence(*answers, **fields):
    return SimpleNamespace(**({"answers": answers, "unit": U, "accuracy": 1e-11, "clear": answers} | fields))


def test_what_the_search_is_content_with():
    assert (values.ENOUGH, MOST, SOLVED, values.NEAR, FINE, CLOSE, TRIES) == (3, 0.8, 2.0**-40, 16, 1e-3, 0.25, 40)
    assert {"mass", "near", "near-equal", "huge-logits"} == ROUNDED


def test_a_first_look_is_at_the_probes_with_16_times_the_accuracy():
    asked = []
    known = evidence(near=lambda *given: asked.append(given) or "near", probes="probes", accuracy=3.0)
    one = guess()
    assert Search(known)._is_near(one) == "near"
    assert asked == [(one, "probes", 48.0)]


def distinct(*answers, accuracy=FINE):
    return Search(evidence(*answers, accuracy=accuracy))._is_distinct(guess())


def test_most_numbers_of_a_narrow_format_are_close_to_those_of_a_hypothesis():
    for pair in ((1.0, 0.75), (0.75, 1.0), (-1.0, -0.75), (-0.75, -1.0), (0.0, 0.0)):
        assert distinct(answer(pair[:1], pair[1:])), pair
    for pair in ((1.0, 0.74), (0.74, 1.0), (-1.0, -0.74), (1.0, -1.0), (2.0, 1.25)):
        assert not distinct(answer(pair[:1], pair[1:])), pair
    assert distinct(answer([1.0] * 5, [1.0] * 4 + [9.0]))
    assert not distinct(answer([1.0] * 4, [1.0] * 3 + [9.0]))


def test_numbers_of_all_answers_are_counted_together_and_only_where_they_can_be_compared():
    right, wrong = answer([1.0] * 4, [1.0] * 4), answer()
    wrong.inputs = [9.0]
    assert distinct(right, wrong)
    assert not distinct(right, wrong, wrong)
    for other in (answer([1.0], [9.0], finite=False), answer([1.0], [9.0, 9.0]), answer(None, [9.0]), answer([], [])):
        assert distinct(other)
        assert not distinct(answer([1.0], [9.0]), other)
    undefined = SimpleNamespace(changes=(), estimate=lambda inputs: {}["nothing"])
    assert Search(evidence(answer([1.0]), accuracy=FINE))._is_distinct(undefined)


def test_a_format_of_many_digits_needs_no_further_look():
    assert distinct(answer([1.0], [9.0]), accuracy=FINE * 0.999)
    assert not distinct(answer([1.0], [9.0]), accuracy=FINE)


def lacks_digits(received, guessed, classes=3, **fields):
    return Search(evidence())._lacks_digits(guess(), answer([received], [guessed], classes=classes, **fields))


def test_digits_are_those_of_a_cumulative_sum():
    """4 C + 16 roundings of a probability of 1."""
    assert lacks_digits(27 * U, 0.0)
    assert not lacks_digits(29 * U, 0.0)
    assert lacks_digits(35 * U, 0.0, classes=5)
    assert not lacks_digits(0.0, 0.0, finite=False)
    assert not Search(evidence())._lacks_digits(guess(), answer(None, [1.0]))
    assert Search(evidence())._lacks_digits(guess(), answer(None, []))


def refutes(**fields):
    return Search(evidence())._refutes(guess(), answer([1.0], [2.0], **fields))


def test_a_number_that_differs_refutes_unless_forms_differ_there():
    assert refutes() is True
    assert refutes(flags=("root-gradient-nan",)) is True
    assert refutes(passed="reversed") is True
    assert refutes(finite=False) is False
    for name in ROUNDED:
        assert refutes(group=name) is False
        assert refutes(flags=("overflow", name)) is False
    assert {refutes(passed=name) for name in ALL_INTEGERS} == {False}
    assert not Search(evidence())._refutes(guess(), answer([1.0], [1.0 + 9 * U]))


def excused(id):
    """An answer that differs and does not refute."""
    return answer([1.0], [2.0], id, group="near", failed=False)


def better(right, *wrong, best=None, answers=()):
    search = Search(evidence(*answers), best=best)
    return search._is_better(guess(), Support(right, wrong))


def test_the_best_hypothesis_leaves_out_least():
    assert better(4, excused("a"))
    assert not better(3, excused("a"))
    assert better(4, excused("a"), best=(guess(), Support(7, (excused("a"), excused("b")))))
    assert not better(4, excused("a"), best=(guess(), Support(8, (excused("a"), excused("b")))))
    assert not better(4, excused("a"), best=(guess(), Support(5, (excused("a"),))))
    assert not better(9, answer([1.0], [2.0]))
    assert not better(18, excused("a"), answer([1.0], [2.0]))
    assert not better(9, excused("a"), answers=(answer(id="a"),))


def test_at_least_half_of_the_wrong_numbers_are_explained():
    def explains(failed, wrong, others=()):
        answers = [answer(id=id) for id in failed] + list(others)
        return _explains_failures(evidence(*answers), Support(9, tuple(answer(id=id) for id in wrong)))

    assert explains("abcd", "ab")
    assert not explains("abcd", "abc")
    assert explains("abc", "a")
    assert not explains("abc", "ab")
    assert explains("", "")
    assert explains("ab", "ac", [answer(id="c", finite=False), answer(id="d", failed=False)])
    assert explains("ab", "ad", [answer(id="d", failed=False)])
    assert not explains("ab", "ab", [answer(id="c", finite=False), answer(id="d", failed=False)])


def searched(*supports, **fields):
    """A search among hypotheses with these supports, all of them near, and what it asked."""
    asked, left = [], list(supports)

    def support(*given):
        asked.append(given)
        return left.pop(0)

    search = Search(evidence(support=support, near=lambda *given: True, probes=(), **fields))
    found = search.first(guess(Change(f"defect-{i}", {})) for i in range(len(supports)))
    return search, found, asked


def test_the_first_hypothesis_that_explains_three_answers_and_all_is_found():
    few, some, all_ = Support(2, ()), Support(4, (excused("a"),)), Support(3, ())
    search, found, asked = searched(few, some, all_, Support(9, ()))
    assert found[0].changes[0].name == "defect-2"
    assert found[1] is all_
    assert search.best[1] is some
    assert len(asked) == 3
    assert search.tries == 1


def test_the_best_of_those_that_leave_answers_out_is_kept():
    less, more = Support(4, (excused("a"),)), Support(9, (excused("a"),))
    search, found, _ = searched(less, more, less)
    assert found is None
    assert search.best[0].changes[0].name == "defect-1"
    assert search.best[1] is more
    assert searched(Support(2, ()))[0].best is None
    assert searched(Support(2, (excused("a"),)))[0].best is None


def test_a_search_ends_after_40_hypotheses_that_were_wrong():
    wrong = Support(0, (excused("a"),))
    search, found, asked = searched(*[wrong] * 41, Support(3, ()))
    assert (found, len(asked), search.tries) == (None, 41, 41)
    search, found, asked = searched(*[wrong] * 40, Support(3, ()))
    assert found[1].right == 3
    assert (len(asked), search.tries) == (41, 40)


def test_a_number_that_was_solved_for_has_an_error_of_its_own():
    asked = []
    known = evidence(near=lambda *given: True, probes=(), support=lambda *given: asked.append(given) or Support(0, ()))
    given = [Change("a", {}), Change("b", {}, solved=True)]
    Search(known).first(iter([guess(given[0]), guess(*given)]))
    assert [slack.unit for _, slack, *_ in asked] == [U, SOLVED]
    assert [patience for _, _, patience, _ in asked] == [pytest.approx(0.2, abs=1e-9)] * 2
    assert asked[0][3](answer([1.0], [2.0])) is True
    assert asked[0][3](answer([1.0], [1.0])) is False
    known.unit = 0.5
    Search(known).first(iter([guess(given[1])]))
    assert asked[-1][1].unit == 0.5


def test_a_hypothesis_is_tried_once_and_only_if_it_is_near_and_distinct():
    asked = []
    known = evidence(support=lambda one, *given: asked.append(one) or Support(0, ()), probes=(), accuracy=FINE)
    known.near = lambda one, *given: one.changes[0].name != "far"
    one, same, other = (guess(Change("a", {}, detail)) for detail in ("by 1", "by 1", "by 2"))
    far = guess(Change("far", {}))
    search = Search(known)
    assert search.first(iter([one, far, same, other])) is None
    assert asked == [one, other]
    assert search.seen == {("a by 1",), ("a by 2",)}
    assert search.first(iter([one])) is None
    assert len(asked) == 2
    known.clear = (answer([1.0], [9.0]),)
    assert search.first(iter([guess(Change("b", {}))])) is None
    assert len(asked) == 2


def test_what_differs_in_digits_alone_is_told():
    digits, more = answer([1.0], [1.0 + 9 * U]), answer([1.0], [2.0])

    def only_digits(*wrong):
        return Search(evidence(), best=(guess(), Support(9, wrong))).only_digits

    assert only_digits(digits)
    assert only_digits(digits, replace_finite(digits)) is False
    assert not only_digits(digits, more)
    assert Search(evidence()).only_digits is False


def replace_finite(one):
    return SimpleNamespace(**(vars(one) | {"finite": False}))


def test_forms_have_expressions_and_reductions_of_their_own():
    for names, scalable in ((("formula",), True), (("read", "mixing"), True), ((), True)):
        assert values._scalable(guess(*(Change("a", {name: 1}) for name in names))) is scalable
    for name in ("expression", "reduce", "after"):
        assert values._scalable(guess(Change("a", {"read": 1}), Change("b", {name: 1, "formula": 2}))) is False
