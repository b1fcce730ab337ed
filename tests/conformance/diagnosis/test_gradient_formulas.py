"""Wrong gradients: what each is, by hand, for which declarations it is proposed, and how near one must be."""

from dataclasses import FrozenInstanceError
from fractions import Fraction
from math import log

import pytest
from emd_conformance._diagnosis.gradients import (
    FREE,
    OF_BATCH,
    ON_A_LINE,
    TINY,
    WRONG_SOFTMAX_GRADIENTS,
    Parts,
    _close,
    _parts,
    _tails,
    guesses,
    matches,
    right,
    right_rows,
    sign,
    through_softmax,
)
from emd_conformance._diagnosis.terms import NotComparedError
from emd_conformance._exact.grounds import LINE, Line, Tree
from small import case, samples, told

ROW = ((0.5, 0.25, 0.25),), ((0.25, 0.75, 0.0),)  # D = 1/4, -1/4, 0
OTHER = ((0.0, 0.5, 0.5),), ((0.0, 0.25, 0.75),)  # D = 0, 1/4, 0
SPACED = Line((0.0, 1.0, 3.0))


def exactly(*numbers):
    return [Fraction(x) for x in numbers]


PARTS = Parts(
    exactly(0.5, 0.25, 0.5), exactly(0.25, 0.75, 0), exactly(0.5, 0, 0.5), Fraction(3), LINE
)  # D = 1/4, -1/4, 1/4
OF_PARTS = {
    "gradient-sign": [-1.5, 0, -1.5],
    "gradient-no-2": [0.75, 0, 0.75],
    "gradient-twice-2": [3, 0, 3],
    "gradient-without-root": [0.5, 0, 0.5],
    "gradient-prefix": [1.5, 0, 1.5],
    "gradient-no-tails": [1.5, -1.5, 1.5],
    "gradient-off-by-one": [0, 1.5, 0],
    "gradient-missing-cumsum": [1.5, -3, 3],
    "gradient-of-l1": [3, 0, 3],
}


def test_free_gradients_are_what_they_are_called():
    assert PARTS.D == [0.25, -0.25, 0.25]
    assert right(PARTS) == [1.5, 0, 1.5]
    assert {name: free(PARTS) for name, free in (FREE | ON_A_LINE).items()} == OF_PARTS


def test_tails_are_sums_to_the_end():
    assert _tails(exactly(1, 2, 4)) == [7, 6, 4]


def test_the_sign_of_a_tiny_number_is_that_of_its_rounding():
    assert Fraction(1, 10**12) == TINY
    assert [sign(x) for x in (TINY, -TINY, Fraction(0), Fraction(2))] == [1, -1, 0, 1]
    for x in (TINY * Fraction(999, 1000), -TINY * Fraction(999, 1000)):
        with pytest.raises(NotComparedError):
            sign(x)


def test_gradients_pass_through_softmax():
    p, g = exactly(0.5, 0.25, 0.25), exactly(1, 2, 4)
    assert through_softmax(p, g) == [-0.5, 0, 0.5]
    assert [chain(p, g) for chain in WRONG_SOFTMAX_GRADIENTS] == [
        [1, 2, 4],
        [0.5, 0.5, 1],
        [0.25, 0.375, 0.75],
        [Fraction(-4, 3), Fraction(-1, 3), Fraction(5, 3)],
    ]


def test_a_gradient_has_a_number_for_each_class():
    for chain in (through_softmax, *WRONG_SOFTMAX_GRADIENTS[1:3]):
        with pytest.raises(ValueError, match="zip"):
            chain(exactly(0.5, 0.5), exactly(1, 2, 4))
    for change in ([exactly(1, 2), exactly(1)], [exactly(1), exactly(1, 2)]):
        with pytest.raises(ValueError, match="zip"):
            OF_BATCH["gradient-batch-mean"](change)
    for rows in ([exactly(1, 1), exactly(1, 1)], [exactly(1, 1, 1)]):
        with pytest.raises(ValueError, match="zip"):
            _close(told({}, input="logits"), rows, [exactly(1, 1)], "")


def test_the_parts_of_a_gradient_are_not_changed():
    with pytest.raises(FrozenInstanceError):
        PARTS.slope = Fraction(1)


def test_changes_of_a_batch_are_what_they_are_called():
    rows = [exactly(3, 4), exactly(0, 0), exactly(6, -8)]
    changed = {name: change(rows) for name, change in OF_BATCH.items()}
    assert changed == {
        "gradient-batch-mean": [[3, Fraction(-4, 3)]] * 3,
        "gradient-first-sample": [[3, 4], [0, 0], [0, 0]],
        "gradient-unit-length": [[Fraction(3, 5), Fraction(4, 5)], [0, 0], [Fraction(3, 5), Fraction(-4, 5)]],
    }
    assert OF_BATCH["gradient-unit-length"]([[Fraction(10**400), Fraction(1)]]) == [[0, 0]]


BATCH = ["gradient-batch-mean", "gradient-first-sample", "gradient-unit-length"]
FIRST = ["gradient-low-precision", "gradient-reduction"]
PROPOSED = [
    ({}, [*FIRST, *FREE, *ON_A_LINE, "gradient-detached", *BATCH]),
    ({"ground": "positions"}, [*FIRST, *FREE, *ON_A_LINE, "gradient-without-weights", "gradient-detached", *BATCH]),
    ({"ground": "tree"}, [*FIRST, *FREE, "gradient-without-weights", "gradient-detached", *BATCH]),
    ({"ground": "circle"}, [*FIRST, *FREE, "gradient-detached", *BATCH]),
    (
        {"input": "logits"},
        [*FIRST, *FREE, *ON_A_LINE, *["gradient-wrong-softmax"] * 4, "gradient-detached", *BATCH],
    ),
    (
        {"input": "logits", "computes": "XE + E"},
        [*FIRST, "gradient-sign", "gradient-no-2", "gradient-twice-2", "gradient-detached", *BATCH],
    ),
    *[
        (options, ["gradient-detached"])
        for options in ({"computes": "W1"}, {"computes": "W1 + E"}, {"input": "cdf"}, {"input": "log-probabilities"})
    ],
]


@pytest.mark.parametrize(("options", "names"), PROPOSED)
def test_what_is_proposed_depends_on_the_declaration(options, names):
    assert [name for name, _ in guesses(told({}, **options))] == names


def guessed(of, **options):
    return {name: guess(samples(of, **options)) for name, guess in guesses(told({}, **options))}


def test_each_sample_has_its_formula():
    """The right gradients of 2 E are (0, -1, 0) and (1, 1, 0)."""
    batch = case(p=ROW[0] + OTHER[0], t=ROW[1] + OTHER[1])
    one, two = [0, -1, 0], [1, 1, 0]
    found = guessed(batch, computes="2*E")
    assert found["gradient-low-precision"] == found["gradient-reduction"] == [one, two]
    assert found["gradient-sign"] == [[0, 1, 0], [-1, -1, 0]]
    assert found["gradient-prefix"] == [[1, 0, 0], [0, 1, 1]]
    assert found["gradient-detached"] == [[0, 0, 0]] * 2
    assert found["gradient-batch-mean"] == [[0.5, 0, 0]] * 2
    assert found["gradient-first-sample"] == [one, [0, 0, 0]]
    assert right_rows(told({}, computes="2*E"), samples(batch, computes="2*E")) == [one, two]


LOGITS = case(p=((0.0, 0.0),), t=((1.0, 0.0),), classes=2, input="logits")  # p = 1/2, 1/2 and g = -1, 0


def test_gradients_of_logits_pass_through_softmax():
    found = guessed(LOGITS, input="logits")
    assert found["gradient-low-precision"] == found["gradient-reduction"] == [[-0.25, 0.25]]
    assert found["gradient-twice-2"] == [[-0.5, 0.5]]
    assert found["gradient-batch-mean"] == [[-0.25, 0.25]]
    wrong = [g for n, g in guesses(told({}, input="logits")) if n == "gradient-wrong-softmax"]
    asked = samples(LOGITS, input="logits")
    assert [guess(asked) for guess in wrong] == [[[-1, 0]], [[-0.5, 0]], [[-0.25, 0]], [[-0.5, 0.5]]]
    assert right_rows(told({}, input="logits"), asked) == [[-0.25, 0.25]]


def near(rows):
    return [pytest.approx(row, rel=1e-14, abs=0) for row in rows]


def test_gradients_of_other_expressions_are_exact():
    """That of the cross-entropy is p - t."""
    found = guessed(LOGITS, input="logits", computes="XE")
    as_floats = {name: [[float(x) for x in row] for row in rows] for name, rows in found.items()}
    factors = dict.fromkeys((*FIRST, "gradient-batch-mean", "gradient-first-sample"), 1)
    factors |= {"gradient-sign": -1, "gradient-no-2": 0.5, "gradient-twice-2": 2, "gradient-unit-length": 2**0.5}
    for name, factor in factors.items():
        assert as_floats[name] == near([[-0.5 * factor, 0.5 * factor]])
    assert found["gradient-detached"] == [[0, 0]]
    options = {"input": "logits", "computes": "XE"}
    (row,) = right_rows(told({}, **options), samples(LOGITS, **options))
    assert [float(x) for x in row] == near([[-0.5, 0.5]])[0]


def test_gradients_of_log_probabilities_pass_through_exp():
    """Of p = (1/2, 1/4, 1/4) and g = (0, -1/2, 0), less a constant times p."""
    of, kind = case(p=((log(0.5), log(0.25), log(0.25)),), t=ROW[1]), "log-probabilities"
    (row,) = right_rows(told({}, input=kind), samples(of, input=kind))
    assert [float(x) for x in row] == near([[0.0625, -0.09375, 0.03125]])[0]


def test_a_detached_gradient_has_a_zero_for_each_number():
    for kind, zeros in {"cdf": 3, "cumulative": 2, "log-probabilities": 3}.items():
        assert guessed(case(), input=kind)["gradient-detached"] == [[0] * zeros]


def test_intervals_and_edges_of_length_1_are_those_without_weights():
    found = guessed(case(*ROW, ground=SPACED), ground="positions", computes="2*E")
    assert found["gradient-reduction"] == [[-1, -2, 0]]
    assert found["gradient-without-weights"] == [[0, -1, 0]]
    found = guessed(case(*ROW, ground=Tree((-1, 0, 0), (0, 2, 3))), ground="tree", computes="2*E")
    assert found["gradient-reduction"] == [[0, -4, 3]]
    assert found["gradient-without-weights"] == [[0, -2, 1]]


def test_the_parts_of_a_gradient():
    (sample,) = samples(case(*ROW, ground=SPACED), ground="positions", computes="E/C")
    m = _parts(sample)
    assert (m.p, m.t, m.g, m.slope, m.ground) == ([*ROW[0][0]], [*ROW[1][0]], [-0.5, -1, 0], Fraction(1, 3), SPACED)
    (sample,) = samples(LOGITS, input="logits", computes="sqrt(E)")
    m = _parts(sample)
    assert (m.p, m.t, m.g) == ([0.5, 0.5], [1, 0], [-1, 0])
    assert float(m.slope) == pytest.approx(1, rel=1e-14)  # 1 / (2 sqrt(1/4))


def test_the_gradients_of_a_mean_are_divided_by_the_batch_size():
    guessed = [exactly(1, -1), exactly(3, -3)]
    half, twice = ([[f * x for x in row] for row in guessed] for f in (Fraction(1, 2), 2))

    def agree(rows, name="gradient-sign", **options):
        return matches(told({}, **options), rows, guessed, name)

    assert [agree(rows) for rows in (half, guessed, twice)] == [False, True, False]
    assert [agree(rows, reduction="mean") for rows in (half, guessed, twice)] == [True, False, False]
    assert [agree(rows, reduction="sum") for rows in (half, guessed, twice)] == [False, True, False]
    other = {"name": "gradient-reduction"}
    assert [agree(rows, **other) for rows in (half, guessed, twice)] == [True, False, False]
    assert [agree(rows, **other, reduction="mean") for rows in (half, guessed, twice)] == [False, True, False]
    assert matches(told({}), guessed[:1], guessed[:1], "gradient-reduction")
    assert not matches(told({}), twice[:1], guessed[:1], "gradient-reduction")


@pytest.mark.parametrize(
    ("name", "options", "unit"),
    [
        ("gradient-sign", {}, 53),
        ("gradient-low-precision", {}, 24),
        ("gradient-sign", {"dtype": "float32"}, 24),
    ],
)
@pytest.mark.parametrize("side", [1, -1])
def test_how_near_a_gradient_must_be(name, options, unit, side):
    """64 units for each class, of 1 and the largest number: for probabilities, less the mean of a row."""

    def near(kind, miss, shift=0):
        rows = [exactly(1 + shift, -3 + shift), exactly(0, 0)]
        moved = [[rows[0][0] + side * miss, rows[0][1] - side * miss], rows[1]]
        return _close(told({}, input=kind, **options), moved, [exactly(1, -3), exactly(0, 0)], name)

    for kind, size in {"logits": 3, "probabilities": 2}.items():
        room = Fraction(128 * (size + 1), 2**unit)
        assert near(kind, room)
        assert not near(kind, room * Fraction(1001, 1000))
    assert near("probabilities", 0, shift=5)
    assert not near("logits", 0, shift=5)


def test_a_gradient_may_be_too_large_or_too_small():
    for a, b in ((1, 0), (0, 1)):
        assert not _close(told({}, input="logits"), [exactly(a, 0)], [exactly(b, 0)], "gradient-sign")
