"""Options of a declaration are checked, and an error names the choices."""

import pytest
from emd_conformance import Declaration


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("input", "votes"),
        ("reduction", "max"),
        ("array", "tensorflow"),
        ("dtype", "int8"),
        ("ground", "torus"),
        ("axis", 2),
    ],
)
def test_a_wrong_option_is_refused_with_its_choices(option, value):
    with pytest.raises(ValueError, match=f"{option}=.*choose"):
        Declaration(**{option: value})


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="speed"):
        Declaration(speed="high")
