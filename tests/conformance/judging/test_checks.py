"""A check calls an implementation once or twice, and whatever that does is a result."""

import pytest
from emd_conformance._calling.answers import AnswerError
from emd_conformance._calling.watch import Lost, NotAskedError
from emd_conformance._declaration.errors import CallError
from emd_conformance._judging import check as module
from emd_conformance._judging.check import Check
from small import P, T, case, told

REFUSED = case(invalid="a probability of NaN")


def value(answer, of=None, **options):
    return Check(told({"values": answer}, **options), of or case(), "value").examine()


def rejection(answer, validates=True, of=REFUSED):
    return Check(told({"values": answer}, validates=validates), of, "rejection").examine()


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (NotAskedError("too many hangs"), "skip", "too many hangs"),
        (Lost("hang", "it did not return"), "error", "it did not return"),
        (AnswerError("wanted (1,)"), "error", "wanted (1,)"),
        (KeyError("p"), "error", "it raised KeyError: 'p'"),
        (ValueError("no"), "error", "it raised ValueError: no"),
    ],
)
@pytest.mark.parametrize("quantity", ["value", "gradient"])
def test_an_error_is_a_result(error, status, words, quantity):
    check = Check(told({"values": error, "gradients": error}), case(), quantity)
    result = check.examine()
    assert (result.status, result.message) == (status, words)
    assert (result.id, result.clauses, result.classes) == (f"small/case:{quantity}", ("4.1",), 3)
    assert check.id == result.id


@pytest.mark.parametrize("quantity", ["value", "gradient", "rejection"])
def test_what_cannot_be_examined_ends_the_run(quantity):
    error = CallError("no such argument")
    with pytest.raises(CallError, match="no such argument"):
        Check(told({"values": error, "gradients": error}), case(), quantity).examine()


def test_other_dtypes_of_labels_may_be_refused():
    """By an error (8.1), and nothing else may."""
    result = value(TypeError("int8"), case(passed="int8"))
    assert (result.status, result.message) == ("pass", "it refuses labels of int8: TypeError: int8")
    assert value(TypeError("strides"), case(passed="strided")).status == "error"


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ([0.5], "fail", "a probability of NaN was accepted"),
        (AnswerError("wanted (1,)"), "fail", "a probability of NaN was accepted"),
        (ValueError("p"), "pass", "it was rejected"),
        (TypeError("p"), "pass", "it was rejected"),
        (RuntimeError("p"), "pass", "it was rejected"),
        (KeyError("p"), "error", "it raised KeyError: 'p'"),
        (Lost("crash", "it ended"), "error", "it ended"),
        (NotAskedError("not again"), "skip", "not again"),
    ],
)
def test_invalid_input_is_rejected_by_an_error(answer, status, words):
    result = rejection(answer)
    assert result.status == status
    assert result.message.startswith(words)


@pytest.mark.parametrize(
    "answer", [[0.5], AnswerError("shape"), ValueError("p"), KeyError("p"), Lost("crash", "it ended")]
)
def test_invalid_input_does_not_count_unless_it_is_claimed_to_be_rejected(answer):
    assert rejection(answer, validates=False).status == "skip"


def test_what_was_accepted_is_shown():
    assert (rejection([0.5]).expected, rejection([0.5]).received) == ("an error", "[0.5]")
    assert rejection(AnswerError("wanted (1,)")).received == "wanted (1,)"


@pytest.mark.parametrize(
    ("quantity", "validates", "binding"),
    [("value", False, True), ("gradient", False, True), ("rejection", False, False), ("rejection", True, True)],
)
def test_a_failure_counts(quantity, validates, binding):
    assert Check(told({}, validates=validates), case(), quantity).binding == binding


def test_a_right_value_is_kept_for_later():
    check = Check(told({"values": [0.125], "repeated": [0.125]}), case(), "value")
    assert check.examine().status == "pass"
    assert check.caller.seen.answers == {"small/case": "[0.125]"}


@pytest.mark.parametrize("again", [[0.0625], [0.25]])
def test_the_same_input_gives_the_same_answer(again):
    answers = iter([[0.125], again])
    check = Check(told({"values": lambda case: next(answers)}), case(), "value")
    result = check.examine()
    assert (result.status, result.expected, result.received) == ("fail", "[0.125]", str(again))
    assert "two calls gave different answers (7.5)" in result.message
    assert (check.caller.seen.noted, check.caller.seen.answers) == ({"nondeterministic": {"small/case": ""}}, {})


@pytest.mark.parametrize(
    ("values", "otherwise", "words"),
    [
        ([0.125] * 2, [0.125] * 2, ""),
        ([0.125] * 2, [0.5] * 2, "in arrays that held other numbers"),
        ([0.5] * 2, [0.25] * 2, "sample 0 differs"),
    ],
)
def test_a_right_value_is_asked_for_otherwise(values, otherwise, words):
    check = Check(told({"values": values, "repeated": otherwise}), case((P, P), (T, T)), "value")
    result = check.examine()
    assert words in result.message
    assert result.failed == bool(words)
    if "held" in words:
        assert (result.expected, result.received) == (repr(values), repr(otherwise))


def test_the_time_of_a_check_is_in_microseconds(monkeypatch):
    monkeypatch.setattr(module, "perf_counter", iter([2.0, 2.12345678]).__next__)
    assert value([0.125]).seconds == 0.123457
