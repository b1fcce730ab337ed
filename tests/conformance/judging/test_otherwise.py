"""A right answer is asked for in another way, where that can be done: it must stay the same (7.5)."""

import pytest
from emd_conformance._calling.watch import NotAskedError
from emd_conformance._judging.otherwise import asked_otherwise
from small import P, T, case, told

TORCH = {"array": "torch", "grad": "autograd"}
BEFORE = "[0.5, 0.5]"


def small(samples=2, classes=3, **changes):
    return case((P,) * samples, (T,) * samples, classes=classes, **changes)


def asked(options, of=None, **answers):
    """The ways that are asked, for an answer that stays the same."""
    ways = []
    caller = told({"repeated": lambda case, want: ways.append(want) or [0.5, 0.5]}, **options)
    vars(caller).update(answers)
    assert asked_otherwise(caller, of or small(), BEFORE) is None
    assert caller.seen.noted == {}
    return ways


@pytest.mark.parametrize(
    ("options", "ways"),
    [
        (TORCH, ["unrecorded", "refilled"]),
        (TORCH | {"batched": False}, ["unrecorded"]),
        (TORCH | {"grad": None}, ["refilled"]),
        (TORCH | {"grad": "analytic"}, ["refilled"]),
        (TORCH | {"grad": "gradient"}, ["refilled"]),
        ({"array": "jax", "grad": "autograd"}, []),
        ({"array": "numpy"}, ["refilled"]),
        ({"array": "list"}, []),
    ],
)
def test_each_way_is_asked_where_it_can_be(options, ways):
    assert asked(options) == ways


def test_what_takes_messages_or_changes_its_input_is_not_given_arrays_anew():
    assert asked({}, takes_arrays=False) == []
    caller = told({"repeated": [1.0]})
    caller.seen.note("input-mutated", "another/case")
    assert asked_otherwise(caller, small(), BEFORE) is None


@pytest.mark.parametrize(("samples", "ways"), [(1, 0), (2, 1), (5, 1), (6, 0)])
def test_two_to_five_samples_are_enough(samples, ways):
    assert len(asked({}, small(samples))) == ways


@pytest.mark.parametrize(("classes", "ways"), [(2, 1), (5, 1), (6, 0)])
def test_so_are_five_classes(classes, ways):
    assert len(asked({}, small(classes=classes))) == ways


def test_an_array_in_another_layout_is_not_asked_otherwise():
    assert asked({}, small(passed="strided")) == []


@pytest.mark.parametrize("answer", [[0.25, 0.5], [0.75, 0.5], ValueError("once only")])
@pytest.mark.parametrize(
    ("options", "finding", "word"),
    [(TORCH, "recording-dependent", "no_grad"), ({}, "state-between-calls", "held other numbers")],
)
def test_another_answer_is_a_finding(options, finding, word, answer):
    caller = told({"repeated": answer}, **options)
    message, received = asked_otherwise(caller, small(), BEFORE)
    assert word in message
    assert received == ("ValueError: once only" if isinstance(answer, ValueError) else repr(answer))
    assert [*caller.seen.noted[finding]] == ["small/case"]


def test_a_way_that_is_not_supported_says_nothing_about_the_next():
    def repeated(case, want):
        if want == "unrecorded":
            raise NotAskedError("not supported")
        return [0.25]

    assert asked_otherwise(told({"repeated": repeated}, **TORCH), small(), BEFORE)[1] == "[0.25]"
