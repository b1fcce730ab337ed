"""What is tried for a loss that fails in every call: in which order, with which cases, and what is said."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from emd_conformance import Declaration
from emd_conformance._diagnosis.first_contact import _ways, every_call_fails
from small import case

NOTHING = "no call returned an answer"


@dataclass
class Asked:
    """A caller that keeps what it is asked, and answers as it is told."""

    answer: Callable[..., Any]
    declared: Declaration = field(default_factory=Declaration)
    imported: tuple[str, ...] = ("numpy",)
    asked: list[str] = field(default_factory=list)

    def under(self, declared):
        return replace(self, declared=declared)

    def libraries(self):
        return [*self.imported]

    def raw(self, of):
        self.asked.append(of.id)
        return self.answer(self.declared, of)


def sized(classes, count=1, **changes):
    row = (1.0, *[0.0] * (classes - 1))
    return case((row,) * count, (row,) * count, id=f"{classes}x{count}", classes=classes, **changes)


CASES = [sized(4), sized(1), sized(3), sized(2, 2), sized(2), sized(5)]


def takes(**options):
    """The answer of a loss that takes what is declared with these options alone."""

    def answer(declared, of):
        if any(getattr(declared, name) != x for name, x in options.items()):
            raise TypeError
        return [0.0]

    return answer


def test_the_first_declaration_under_which_three_cases_are_answered_is_named():
    caller = Asked(takes(dtype="float32"))
    found = every_call_fails(caller, CASES)
    assert found.id == "every-call-fails"
    assert found.message == f"{NOTHING}; with dtype='float32' declared, it returns numbers"
    assert found.remedy == (
        "declare dtype='float32', on the command line --dtype=float32; "
        "`emd-conformance infer TARGET --dtype=float32` looks for the rest of the declaration"
    )


def test_small_cases_of_several_classes_are_asked_and_three_of_them():
    caller = Asked(takes())
    every_call_fails(caller, CASES)
    assert caller.asked == ["2x1", "2x2", "3x1"]


def test_two_changes_are_written_one_after_the_other():
    caller = Asked(takes(array="torch", dtype="float32"), imported=("numpy", "torch"))
    found = every_call_fails(caller, CASES)
    assert "with array='torch', dtype='float32' declared" in found.message
    assert "TARGET --array=torch --dtype=float32`" in found.remedy


def test_fewer_than_three_cases_tell_nothing():
    assert every_call_fails(Asked(takes()), [sized(2), sized(3), sized(1)]).message == NOTHING
    assert every_call_fails(Asked(takes()), [sized(2), sized(3), sized(4)]).message != NOTHING


@pytest.mark.parametrize("failing", ["2x1", "2x2", "3x1"])
def test_each_of_the_three_must_be_answered(failing):
    def answer(declared, of):
        return [] if of.id == failing else [0.0]

    assert every_call_fails(Asked(answer), CASES).message == NOTHING
    assert every_call_fails(Asked(answer), [of for of in CASES if of.id != failing]).message != NOTHING


def test_cases_that_a_declaration_is_not_asked_are_left_out():
    caller = Asked(takes(dtype="float32"))
    wide = sized(2, 3, dtypes=("float64",))
    assert "float32" in every_call_fails(caller, [wide, *CASES]).message
    assert "2x3" not in caller.asked[-3:]
    narrow = [replace(of, dtypes=("float64",)) for of in CASES]
    assert every_call_fails(caller, narrow).message == NOTHING


def ways(imported=("numpy",), **options):
    return [*_ways(Asked(takes(), Declaration(**options), imported))]


def test_one_change_is_tried_before_two_and_two_before_three():
    labels, single = {"target": "labels"}, {"dtype": "float32"}
    torch, plain = {"array": "torch"}, {"array": "list"}
    assert ways(("numpy", "torch")) == [
        *(labels, single, torch, plain),
        *(single | labels, torch | labels, torch | single, plain | labels, plain | single),
        *(torch | single | labels, plain | single | labels),
    ]


def test_what_is_declared_is_no_change():
    assert ways(array="list", dtype="float32", target="labels") == [
        {"target": "distribution"},
        {"array": "numpy"},
        {"array": "numpy", "target": "distribution"},
    ]
    assert ways(dtype="float32", call="p, t") == [{"array": "list"}]
    either = [way for way in ways(target="labels-from-1") if way.keys() == {"target"}]
    assert either == [{"target": "distribution"}, {"target": "labels"}]
