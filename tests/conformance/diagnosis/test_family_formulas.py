"""Families: where their numbers may lie, and what each computes, by hand."""

from dataclasses import FrozenInstanceError
from fractions import Fraction
from math import exp, inf, log, tanh

import pytest
from emd_conformance import Declaration
from emd_conformance._diagnosis.families import Family, _clip, families
from emd_conformance._diagnosis.terms import NotComparedError
from emd_conformance._exact.grounds import LINE, Line

SHARED, TOO = ", then divides them by their sum", ", those of the target too"
AT_FIRST = {
    **dict.fromkeys((("target-smoothed", w) for w in ("by {}", "by {} over the other classes")), (1e-9, 0.999, ())),
    **{
        ("target-blurred", words + mode): (0.02, 20, ())
        for words in ("as a Gaussian of width {}", "as powers of {}")
        for mode in ("", ", without a sum of 1")
    },
    **{
        (name, words + too + more): (1e-12, 0.45, ())
        for name, words in (
            ("probabilities-clipped", "to [{0}, 1 - {0}]"),
            ("probabilities-clipped", "to at least {}"),
            ("probabilities-shifted", "by adding {}"),
        )
        for more in ("", SHARED)
        for too in ("", TOO)
    },
}
OF_INPUT = {
    "logits": {
        ("softmax-temperature", "{}"): (0.01, 100, ()),
        ("logits-clipped", "to [-{0}, {0}]"): (0.01, 1000, ()),
    },
    "probabilities": {("prediction-sharpened", "{}"): (0.05, 20, ())},
}
SHAPES = {
    ("another-power", "{}"): (0.1, 12, (1.0, 2.0)),
    ("huber", "above {}"): (0.001, 0.9999, ()),
    ("huber", "pseudo-Huber, of width {}"): (0.01, 50, ()),
    ("differences-clipped", "to {}"): (0.001, 0.9999, ()),
    ("small-differences-dropped", "below {}"): (1e-6, 0.9, ()),
    ("differences-shifted", "by {}"): (1e-10, 1, ()),
    ("differences-shifted", "by -{}"): (1e-10, 1, ()),
    ("distance-clipped", "to {}"): (0.001, 50, ()),
    ("distance-clipped", "to at least {}"): (1e-12, 10, ()),
    ("constant-added", "of {}"): (1e-13, 1000, ()),
    ("constant-added", "of -{}"): (1e-13, 1000, ()),
    ("value-to-a-power", "{}"): (0.1, 8, (1.0,)),
    ("value-saturates", "as 1 - exp(-{} x)"): (0.01, 100, ()),
    ("value-saturates", "as tanh({} x)"): (0.01, 100, ()),
    ("value-saturates", "as x / (x + {})"): (0.01, 100, ()),
    ("distances-to-a-power", "{}"): (0.05, 8, (1.0, 2.0)),
}


@pytest.mark.parametrize("kind", ["probabilities", "logits", "log-probabilities", "cdf"])
def test_the_number_of_each_family_lies_between_these(kind):
    found = {(f.name, f.words): (f.start, f.end, f.never) for f in families(Declaration(input=kind))}
    expected = AT_FIRST | OF_INPUT.get(kind, {}) | SHAPES
    assert found == expected
    assert [*found] == [*expected]


@pytest.mark.parametrize("ground", ["line", "positions", "matrix", "tree", "circle"])
def test_distances_to_a_power_are_those_of_any_ground(ground):
    assert [f.name for f in families(Declaration(ground=ground))][-1] == "distances-to-a-power"


def fields(name, words="{}", number=0.5, kind="probabilities"):
    (family,) = (f for f in families(Declaration(input=kind)) if (f.name, f.words) == (name, words))
    return family.fields(number)


def near(*numbers):
    return pytest.approx(list(numbers), rel=1e-14, abs=0)


def target(t, name, words, number):
    return fields(name, words, number)["read_target"]([Fraction(x) for x in t], None)


def test_a_smoothed_target():
    assert target([0.5, 0.5, 0, 0], "target-smoothed", "by {}", 0.25) == [0.4375, 0.4375, 0.0625, 0.0625]
    others = target([0.5, 0.5, 0, 0], "target-smoothed", "by {} over the other classes", 0.25)
    assert others == near(5 / 12, 5 / 12, 1 / 12, 1 / 12)


def test_a_blurred_target():
    words = "as powers of {}"
    assert target([1, 0, 0], "target-blurred", words, 0.5) == near(4 / 7, 2 / 7, 1 / 7)
    assert target([0.5, 0.5, 0], "target-blurred", words, 0.5) == near(2 / 7 + 1 / 8, 1 / 7 + 1 / 4, 1 / 14 + 1 / 8)
    assert target([0.5, 0, 0.5], "target-blurred", words + ", without a sum of 1", 0.5) == near(0.625, 0.5, 0.625)
    assert target([0, 0.5, 0.5], "target-blurred", words + ", without a sum of 1", 0.5) == near(0.375, 0.75, 0.75)
    words, a, b = "as a Gaussian of width {}", exp(-1 / 8), exp(-1 / 2)  # of width 2, 1 and 2 classes away
    assert target([1, 0, 0], "target-blurred", words + ", without a sum of 1", 2.0) == near(1, a, b)
    assert target([0, 0, 1], "target-blurred", words, 2.0) == near(*(x / (1 + a + b) for x in (b, a, 1)))


@pytest.mark.parametrize("mode", ["", ", without a sum of 1"])
def test_targets_of_a_hundred_classes_are_blurred(mode):
    assert len(target([0.01] * 100, "target-blurred", "as powers of {}" + mode, 0.5)) == 100
    with pytest.raises(NotComparedError):
        target([0.01] * 101, "target-blurred", "as powers of {}" + mode, 0.5)


def test_numbers_are_clipped_to_floats():
    clipped = _clip([Fraction(-1), Fraction(1, 2), 3], 0.25, 2.0)
    assert clipped == [0.25, 0.5, 2]
    assert all(type(x) is float for x in clipped)


CHANGED = {
    "to [{0}, 1 - {0}]": [0.125, 0.5, 0.875],
    "to at least {}": [0.125, 0.5, 1.0],
    "by adding {}": [0.125, 0.625, 1.125],
}


@pytest.mark.parametrize("words", CHANGED)
def test_clipped_and_shifted_probabilities(words):
    name = "probabilities-shifted" if "adding" in words else "probabilities-clipped"
    p, plain = [0.0, 0.5, 1.0], CHANGED[words]
    shares = [x / sum(plain) for x in plain]
    for more, numbers in {"": plain, SHARED: shares}.items():
        one, both = fields(name, words + more, 0.125), fields(name, words + TOO + more, 0.125)
        assert (one.keys(), both.keys()) == ({"read"}, {"read", "read_target"})
        assert one["read"](p) == both["read"](p) == both["read_target"](p, None) == near(*numbers)
    logs = fields(name, words, 0.125, "log-probabilities")["read"]
    assert logs([-inf, log(0.5), 0.0]) == near(*plain)


def test_readings_of_predictions():
    read = fields("softmax-temperature", "{}", 2.0, "logits")["read"]
    assert read([2 * log(3), 0.0]) == near(0.75, 0.25)
    read = fields("logits-clipped", "to [-{0}, {0}]", log(3), "logits")["read"]
    assert read([5.0, 0.0]) == near(0.75, 0.25)
    assert read([0.0, -5.0]) == near(0.75, 0.25)
    assert read([0.0, -log(2)]) == near(2 / 3, 1 / 3)
    assert fields("prediction-sharpened", "{}", 2.0)["read"]([0.5, 0.25, 0.25]) == near(2 / 3, 1 / 6, 1 / 6)


PENALTIES = {
    ("another-power", "{}", 3.0): {0.5: 0.125, 2.0: 8.0},
    ("huber", "above {}", 0.25): {0.125: 1 / 128, 0.25: 1 / 32, 0.5: 0.09375, 1.0: 0.21875},
    ("huber", "pseudo-Huber, of width {}", 0.75): {1.0: 0.375, 0.0: 0.0},
    ("differences-clipped", "to {}", 0.25): {0.5: 1 / 16, 0.125: 1 / 64},
    ("small-differences-dropped", "below {}", 0.25): {0.125: 0.0, 0.25: 1 / 16, 0.5: 0.25},
}
AFTER = {
    ("distance-clipped", "to {}", 2.0): {1.0: 1.0, 3.0: 2.0},
    ("distance-clipped", "to at least {}", 2.0): {1.0: 2.0, 3.0: 3.0},
    ("constant-added", "of {}", 2.0): {1.0: 3.0},
    ("constant-added", "of -{}", 2.0): {1.0: -1.0},
    ("value-to-a-power", "{}", 3.0): {2.0: 8.0, 0.5: 0.125, 0.0: 0.0, -1.0: 0.0},
    ("value-saturates", "as 1 - exp(-{} x)", 2.0): {0.25: 1 - exp(-0.5)},
    ("value-saturates", "as tanh({} x)", 2.0): {0.25: tanh(0.5)},
    ("value-saturates", "as x / (x + {})", 2.0): {6.0: 0.75},
}


@pytest.mark.parametrize(("field", "table"), [("penalty", PENALTIES), ("after", AFTER)])
def test_functions_of_differences_and_of_values(field, table):
    for (name, words, number), values in table.items():
        found = fields(name, words, number)
        assert [*found] == [field]
        assert [found[field](x) for x in values] == near(*values.values()), name


def test_shifted_differences():
    p, t = [0.5, 0.25, 0.25], [0.25, 0.75, 0.0]
    assert fields("differences-shifted", "by {}", 0.5)["formula"](p, t, LINE) == [(1, 0.75), (1, 0.25), (1, 0.5)]
    assert fields("differences-shifted", "by -{}", 0.5)["formula"](p, t, LINE) == [(1, -0.25), (1, -0.75), (1, -0.5)]


def test_distances_to_a_power():
    """d = (1/2, 1/4, -3/4), so that -½ dᵀ G d = -1/8 g_10 + 3/8 g_20 + 3/16 g_21."""
    p, t = [0.75, 0.5, 0.0], [0.25, 0.25, 0.75]
    for r, value in {2.0: 1.5625, 3.0: 3.0625}.items():
        assert fields("distances-to-a-power", "{}", r)["formula"](p, t, LINE) == [(value, 1)]
    spaced = Line((0.0, 2.0, 3.0))
    assert fields("distances-to-a-power", "{}", 2.0)["formula"](p, t, spaced) == [(-0.5 + 3.375 + 0.1875, 1)]
    few, many = ([1.0, *[0.0] * n] for n in (99, 100))
    assert fields("distances-to-a-power")["formula"](few, few[::-1], LINE) == [(99**0.5, 1)]
    with pytest.raises(NotComparedError):
        fields("distances-to-a-power")["formula"](many, many, LINE)


def test_a_change_has_its_number_in_words_and_is_known_with_twice_the_number():
    family = Family("known", "from {0} to {0}", lambda x: {"penalty": x})
    assert (family.start, family.end, family.never) == (1e-9, 0.999, ())
    with pytest.raises(FrozenInstanceError):
        family.end = 1.0
    solved = family.change(1 / 3)
    assert (solved.name, solved.fields, solved.doubled) == ("known", {"penalty": 1 / 3}, {"penalty": 2 / 3})
    assert (solved.detail, solved.solved) == ("from 0.3333333333 to 0.3333333333", True)
    written = family.change(1 / 3, "1/3")
    assert (written.detail, written.solved, written.fields) == ("from 1/3 to 1/3", False, {"penalty": 1 / 3})
