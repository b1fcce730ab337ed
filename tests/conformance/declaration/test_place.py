"""A place in what a call returns is parsed, found, and never run as code."""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
from emd_conformance import Declaration
from emd_conformance._declaration.place import at_place, places_in


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
