"""A place in what a call returns is parsed, found, and never run as code."""

from collections import namedtuple
from dataclasses import dataclass, make_dataclass

import numpy as np
import pytest
from emd_conformance import Declaration
from emd_conformance._declaration.place import at_place, parse_place, places_in


@dataclass
class Output:
    loss: float
    logits: float = 0.0


@pytest.mark.parametrize(
    ("result", "place", "found"),
    [
        ((1, 2), "[1]", 2),
        ((1, 2), "[-1]", 2),
        ({"loss": 3}, "['loss']", 3),
        (Output(4), ".loss", 4),
        (({"loss": Output(5)},), "[0]['loss'].loss", 5),
        (6, None, 6),
    ],
)
def test_a_place_leads_to_the_answer(result, place, found):
    assert at_place(result, place) == found


@pytest.mark.parametrize("place", ["0", "[x]", "(0)", "[0", ".a()", "[0] + 1", "[1.5]"])
def test_what_is_no_place_is_refused_and_never_run(place):
    with pytest.raises(ValueError, match=r"returns=.* is not understood"):
        Declaration(returns=place)


def test_a_container_names_its_places_and_an_array_has_none():
    assert places_in((1, 2)) == ["[0]", "[1]"]
    assert places_in(namedtuple("Pair", "a b")(1, 2)) == ["[0]", "[1]"]
    assert places_in({"loss": 1, 3: 2}) == ["['loss']", "[3]"]
    assert places_in(Output(1)) == [".loss", ".logits"]
    for plain in (1.0, [1.0], np.zeros(2), np.float64(1)):
        assert places_in(plain) == []


def test_the_steps_of_a_place():
    assert parse_place("[0]['loss'].value") == (("item", 0), ("item", "loss"), ("attribute", "value"))
    assert parse_place("") == ()
    assert parse_place("[0].once") is parse_place("[0].once")


@pytest.mark.parametrize(
    ("result", "place", "error"),
    [((1, 2), "[2]", IndexError), ({}, "['loss']", KeyError), (1.0, "[0]", TypeError), (1.0, ".loss", AttributeError)],
)
def test_a_place_where_nothing_is(result, place, error):
    with pytest.raises(error):
        at_place(result, place)


class Plain:
    """An object whose attributes are given one by one."""

    def __init__(self, names):
        vars(self).update(dict.fromkeys(names, 0.0))


def test_an_object_names_its_public_attributes():
    assert places_in(Plain(["loss", "_cache", "logits"])) == [".loss", ".logits"]
    assert places_in(object()) == []
    assert places_in({"loss": 1, (0, 1): 2, 3.5: 4}) == ["['loss']"]


def test_twelve_entries_are_looked_through():
    fourteen = [f"x{i}" for i in range(14)]
    assert places_in(tuple(fourteen)) == [f"[{i}]" for i in range(12)]
    assert places_in(dict.fromkeys(fourteen, 1)) == [f"['x{i}']" for i in range(12)]
    assert places_in(make_dataclass("Wide", fourteen)(*fourteen)) == [f".x{i}" for i in range(12)]
    assert places_in(Plain(fourteen)) == [f".x{i}" for i in range(12)]
