"""What follows from which cases fail, and how: a kind of input, numbers not finite, or the number of classes."""

from math import inf, log, nan
from types import SimpleNamespace

import pytest
from emd_conformance import Declaration
from emd_conformance._cases.case import Case
from emd_conformance._diagnosis.diagnose import (
    _advice,
    _by_classes,
    _empty_batches,
    _exponential_overflows,
    _infinite,
    _not_finite,
    _parameters,
    _pattern,
    _raised,
    _several_grounds,
    smallest,
)
from emd_conformance._exact.grounds import LINE, Line
from emd_conformance._judging.check import REFUSED
from emd_conformance._judging.result import Result
from small import P, case

RAISED, NOT_FINITE, OFF = "it raised ValueError", "it is not finite", "it is off"
PLAIN = Declaration()


def sized(classes, id="", n=2, **changes):
    """A case of n samples of so many classes."""
    rows = ((1.0 / classes,) * classes,) * n
    return case(rows, rows, classes=classes, id=id or f"line/{classes}", **changes)


def failing(one, message=OFF, quantity="value", status="fail"):
    return Result(one.id, quantity, status, message)


def passing(one, message="", status="pass"):
    return Result(one.id, "value", status, message)


A, B, ONE = sized(3, "line/a"), sized(4, "line/b"), sized(1, "line/one")


def pattern(cases, results, declared=PLAIN):
    found = _pattern(cases, results, declared)
    return found and found.id


def test_a_loss_that_raises_in_every_call_is_told_so():
    both = [failing(A, RAISED), failing(B, RAISED)]
    assert pattern([A, B], both) == "every-call-fails"
    assert pattern([A, B], [failing(x, RAISED, "gradient") for x in (A, B)]) == "gradient-fails"
    assert pattern([A, B], [failing(A, RAISED), passing(B)]) == "valid-input-rejected"
    assert pattern([A, B], [failing(A, RAISED), passing(B, status="xfail")]) == "valid-input-rejected"
    refused = passing(B, f"{REFUSED} labels of int8: x")
    assert pattern([A, B], [failing(A, RAISED), refused]) == "every-call-fails"
    for other in (passing(B, status="skip"), failing(B, RAISED, status="xpass")):
        assert pattern([A, B], [failing(A, RAISED), other]) == "every-call-fails"
    assert pattern([A], [failing(A, RAISED), passing(A)]) == "every-call-fails"
    assert pattern([A, B], [passing(A), passing(B)]) is None
    assert pattern([A], [failing(B, RAISED)]) is None
    assert pattern([B, A], [failing(A, RAISED, "gradient"), passing(B)]) == "valid-input-rejected"


def test_what_only_the_failing_cases_have_is_said_with_it():
    found = _pattern([A, B, sized(5)], [failing(A, RAISED), passing(B), passing(sized(5))], PLAIN)
    assert found.message.endswith("; 1 of 3 cases fail: those with 3 classes or fewer, and no others")


def test_one_class_alone_is_named_however_it_fails():
    for message in (RAISED, OFF, NOT_FINITE):
        assert pattern([ONE, A], [failing(ONE, message), passing(A)]) == "one-class"
        assert pattern([ONE, A, B], [failing(ONE, message), failing(A, message), passing(B)]) != "one-class"
    assert pattern([ONE], [failing(ONE)]) == "one-class"
    assert pattern([ONE], [failing(ONE, RAISED)]) == "every-call-fails"


def test_wrong_numbers_have_no_pattern_but_those_that_are_not_finite_have():
    assert pattern([A, B], [failing(A), passing(B)]) is None
    assert pattern([A, B], [failing(A, NOT_FINITE), failing(B)]) is None
    assert pattern([A, B], [failing(A, NOT_FINITE), passing(B)]) == "not-finite"
    assert pattern([A, B], [failing(A, NOT_FINITE), failing(B, RAISED)]) == "not-finite"
    infinite = sized(3, "line/i", flags=("infinite-logits",))
    assert pattern([infinite, B], [failing(infinite), passing(B)]) == "infinite-logits"
    assert pattern([infinite, B], [failing(infinite), failing(B)]) is None
    assert pattern([infinite, B], [failing(infinite, RAISED), passing(B)]) == "valid-input-rejected"


def test_a_few_numbers_of_classes_that_are_right_are_hard_coded():
    cases = [sized(n) for n in (3, 4, 5)]
    found = [passing(cases[0]), *(failing(x, RAISED) for x in cases[1:])]
    assert pattern(cases, found) == "hard-coded-classes"


def by_classes(right, wrong, also=(), declared=PLAIN, results=(), **changes):
    cases = [*(sized(n, **changes) for n in (*right, *wrong)), *also]
    asked = [*(passing(sized(n)) for n in right), *(failing(sized(n)) for n in wrong), *results]
    found = _by_classes(cases, asked, declared)
    return found and found.message.rpartition("; ")[2]


def test_fewer_right_numbers_of_classes_than_wrong_ones_are_named_in_order():
    assert by_classes((5,), (3, 4)) == "it is right for C = 5"
    assert by_classes((10, 5), (3, 4, 7)) == "it is right for C = 5, 10"
    assert by_classes((5,), (3,)) is None
    assert by_classes((5, 6), (3, 4)) is None
    assert by_classes((), (3, 4)) is None
    assert by_classes((2,), (3, 4)) is None
    assert by_classes((2, 5), (3, 4, 7)) == "it is right for C = 2, 5"


def test_a_number_of_classes_that_is_right_and_wrong_is_not_hard_coded():
    again = sized(5, "line/again")
    assert by_classes((5,), (3, 4), [again], results=[failing(again)]) is None
    assert by_classes((5,), (3, 4), [again], results=[passing(again, status="skip")]) == "it is right for C = 5"
    for flag in ("root-gradient-nan", "near-equal"):
        special = sized(5, "line/again", flags=(flag, "overflow"))
        assert by_classes((5,), (3, 4), [special], results=[failing(special)]) == "it is right for C = 5"
    skipped = sized(7)
    assert by_classes((5,), (3, 4), [skipped], results=[passing(skipped, status="skip")]) == "it is right for C = 5"
    assert by_classes((5,), (3,), [ONE], results=[failing(ONE)]) is None
    assert by_classes((5,), (3, 4), [ONE], results=[passing(ONE)]) == "it is right for C = 5"


def test_a_parameter_may_be_ignored_unseen_if_the_cases_have_one_value_of_it():
    def found(computes, own, others):
        cases = [sized(5, f"line/5-{i}", weight=x) for i, x in enumerate(own)]
        cases += [sized(n, weight=x) for n, x in zip((3, 4), others, strict=True)]
        results = [*map(passing, cases[: len(own)]), *map(failing, cases[len(own) :])]
        return _by_classes(cases, results, Declaration(computes=computes, target="labels")) is not None

    for computes in ("R", "XE + R", "XE + weight*E"):
        assert not found(computes, (1.0, 1.0), (2.0, 2.0))
        assert found(computes, (1.0, 2.0), (2.0, 3.0))
        assert found(computes, (1.0,), (1.0, 1.0))
        assert found(computes, (1.0, 2.0, 3.0), (1.0, 1.0))
    for computes in ("E", "E/C", "E/range"):
        assert found(computes, (1.0, 1.0), (2.0, 2.0))


def test_parameters_are_counted_once_each():
    assert _parameters([case(), case()]) == 1
    assert _parameters([case(), case(exponent=2.0), case(bias=1.0), case(weight=2.0), case(weight=2.0)]) == 4
    assert _parameters([]) == 0


def test_several_trees_do_not_stand_for_all_of_them():
    kinds = "line", "line", "circle", "matrix", "tree", "tree"
    line, other, circle, matrix, tree, wood = (SimpleNamespace(ground=Kind(kind)) for kind in kinds)
    assert _several_grounds([line])
    assert _several_grounds([circle])
    assert _several_grounds([line, other, circle])
    assert not _several_grounds([matrix])
    assert _several_grounds([matrix, line])
    assert not _several_grounds([matrix, matrix])
    assert not _several_grounds([tree])
    assert not _several_grounds([tree, wood])
    assert not _several_grounds([tree, line])
    assert _several_grounds([SimpleNamespace(ground=LINE), SimpleNamespace(ground=Line((0.0, 1.0)))])
    assert by_classes((5,), (3, 4), ground=Kind("tree")) is None


class Kind:
    """A ground distance of a kind, unlike any other."""

    def __init__(self, kind):
        self.kind = kind


def not_finite(wrong, right=(B,), quantity="value", **options):
    failed = {one.id: failing(one, NOT_FINITE, quantity) for one in wrong}
    return _not_finite(wrong, right, failed, Declaration(**options)).id


def flagged(*flags):
    return sized(3, f"line/{'-'.join(flags)}", flags=flags)


def test_answers_that_are_not_finite_are_named_after_their_cases():
    for flag, id in (
        ("huge-logits", "huge-logits"),
        ("overflow", "overflow"),
        ("root-gradient-nan", "nan-at-equality"),
    ):
        assert not_finite([flagged(flag)]) == id
        assert not_finite([flagged(flag, "other"), flagged("a", flag)]) == id
        assert not_finite([flagged(flag), A]) == "not-finite"
        assert not_finite([A, flagged(flag)]) == "not-finite"
    assert not_finite([flagged("root-gradient-nan")], quantity="gradient") == "root-gradient-nan"
    assert not_finite([A], quantity="gradient") == "gradient-not-finite"
    assert not_finite([flagged("overflow")], quantity="gradient") == "overflow"
    for computes in ("sqrt(E)", "W1", "W1 + E"):
        assert not_finite([flagged("root-gradient-nan")], computes=computes) == "nan-at-equality"
    assert not_finite([flagged("root-gradient-nan")], computes="XE + E", target="labels") == "not-finite"


def test_a_gradient_is_one_if_any_result_is():
    failed = {"a": failing(A, quantity="value"), "b": failing(B, quantity="gradient")}
    assert _not_finite([A, B], [], failed, PLAIN).id == "gradient-not-finite"


def test_zeros_that_only_the_wrong_cases_have_are_named():
    zero, plain = case(((0.0, 0.5, 0.5),), id="line/zero"), case()
    assert not_finite([zero], [plain]) == "nan-at-zero"
    assert not_finite([zero], [plain], quantity="gradient") == "gradient-not-finite"
    found = _not_finite([zero], [plain], {"line/zero": failing(zero)}, PLAIN)
    assert "1 of 2 cases fail: those" in found.message


def test_an_exponential_overflows_beyond_the_logarithm_of_the_largest_number():
    def overflows(x, input="logits"):
        return _exponential_overflows(case((P, x), id="line/z", input=input), 10.0)

    assert overflows((0.0, 10.5, 0.0))
    assert overflows((-10.5, -11.0, -12.0))
    assert not overflows((10.0, 0.0, -99.0))
    assert not overflows((0.0, 10.5, 0.0), "probabilities")
    largest = log(Declaration(dtype="float32").precision.largest)
    for by, id in ((1.001, "huge-logits"), (0.999, "not-finite")):
        one = case(((largest * by, 0.0, 0.0),), id="line/z", input="logits")
        assert not_finite([one], dtype="float32", input="logits") == id
        assert not_finite([one, flagged("huge-logits")], dtype="float32", input="logits") == id
    assert isinstance(one, Case)


@pytest.mark.parametrize("text", [str(nan), f"-{inf}"])
def test_what_is_received_or_said_is_not_finite(text):
    assert _infinite(Result("a", "value", "fail", received=text))
    assert _infinite(Result("a", "value", "fail", "it is not finite"))
    assert not _infinite(Result("a", "value", "fail", "it is off", received="1.0"))
    assert [_raised(Result("a", "value", "fail", x)) for x in ("it raised X", "that it raised")] == [True, False]


def test_a_loss_may_fail_for_batches_without_samples_alone():
    empty, other = case((), (), classes=3, id="batches/empty"), case((), (), classes=3, id="batches/none")
    cases = [A, empty, other]

    def found(*results):
        found = _empty_batches(cases, results)
        return found and found.id

    assert found(failing(empty, RAISED), passing(A)) == "valid-input-rejected"
    assert found(failing(empty), passing(A)) == "wrong-shape"
    assert found(failing(empty, RAISED), failing(other)) == "wrong-shape"
    assert found(failing(empty, RAISED), failing(A, RAISED)) is None
    assert found(passing(empty)) is None
    assert _empty_batches(cases, [failing(empty)]).message.endswith("; it fails for batches without samples alone")


def test_the_fewest_classes_come_before_the_fewest_samples():
    small, wide, many = sized(3, "line/small", n=1), sized(4, "line/wide", n=1), sized(3, "line/many", n=5)
    for cases in ([many, wide, small], [small, wide, many]):
        assert smallest([failing(x) for x in cases], cases, "value").startswith("case line/small (")
    assert smallest([failing(x) for x in (wide, many)], [wide, many], "value").startswith("case line/many (")
    said = smallest([Result(small.id, "value", "fail", "off", received="2")], [small], "value")
    wanted = smallest([Result(small.id, "value", "fail", "off", expected="1", received="2")], [small], "value")
    assert wanted.splitlines()[1:] == ["    expected 1", "    received 2"]
    assert smallest([failing(small)], [small], "gradient") == smallest([failing(small)], [wide], "value") == ""
    assert smallest([], [small], "value") == smallest([passing(small)], [small], "value") == ""
    assert said == "case line/small (emd-conformance show line/small): off\n    received 2"


def advice(*results):
    return [(found.id, found.kind, found.message) for found in _advice(results)]


def accepted(what, name="invalid/a", **changes):
    plain = {"quantity": "rejection", "status": "skip", "message": f"{what} was accepted (8.4)", "received": "1"}
    return Result(name, **(plain | changes))


def test_invalid_input_that_was_accepted_is_advice():
    ((id, kind, message),) = advice(accepted("NaN"), accepted("NaN", "invalid/b"))
    assert (id, kind) == ("input-not-checked", "advice")
    assert message.endswith("; that is, NaN (case invalid/a)")
    ((_, _, message),) = advice(accepted("NaN"), accepted("a mask", "invalid/b"), accepted("a mask", "invalid/c"))
    assert message.endswith("; 2 kinds, such as NaN (case invalid/a)")
    for other in ({"quantity": "value"}, {"status": "pass"}, {"status": "fail"}, {"received": ""}):
        assert advice(accepted("NaN", **other)) == []
    assert advice() == []


def test_integer_dtypes_that_were_refused_are_named_once_each_in_order():
    refused = [f"{REFUSED} labels of {name}: TypeError: no: never" for name in ("uint8", "int8", "uint8")]
    found = advice(*(Result("a", "value", "pass", message) for message in refused))
    ((id, _, message),) = found
    assert id == "label-dtype-refused"
    assert message.endswith("; it refused labels of int8, labels of uint8")
    both = advice(accepted("NaN"), Result("a", "value", "pass", refused[0]))
    assert [id for id, *_ in both] == ["label-dtype-refused", "input-not-checked"]
