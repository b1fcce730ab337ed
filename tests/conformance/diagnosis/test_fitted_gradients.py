"""Wrong gradients with a number of their own: what the number follows from, and what the words say."""

from fractions import Fraction
from math import hypot, pi

import pytest
from emd_conformance._diagnosis.fitted_gradients import FORMS, _divisor, _of_emd, _tails, fitted
from emd_conformance._exact.grounds import Line
from small import P, T, case, samples, told

FOUR = case(p=((0.5, 0.5, 0.0, 0.0),), t=((0.0, 0.5, 0.5, 0.0),), classes=4)
BATCH = case(p=(P, (0.0, 1.0, 0.0)), t=(T, (1.0, 0.0, 0.0)))
SAME = case(p=(T,))
RIGHT = {case(): [[1, 0.5, 0]], FOUR: [[2, 1, 0, 0]], BATCH: [[1, 0.5, 0], [-2, 0, 0]]}
LIMITS = ["gradient-clipped", "gradient-norm-clipped"] * 2


def exactly(rows):
    return [[Fraction(x) for x in row] for row in rows]


def scaled(factor, reduction="none"):
    """The gradients of the three cases, times a factor of N and C, and divided by N for a mean."""
    return [
        (samples(of, reduction=reduction), exactly([[factor(len(rows), of.classes) * x for x in row] for row in rows]))
        for of, rows in RIGHT.items()
    ]


def found(compared, name="gradient-factor", **options):
    return {words: guess for n, words, guess in fitted(told({}, **options), compared) if n == name}


def factors(compared, **options):
    return [words.removesuffix(" times the right one") for words in found(compared, **options)]


def names(compared, **options):
    return [name for name, _, _ in fitted(told({}, **options), compared)]


def test_what_is_fitted_depends_on_the_declaration():
    plain = scaled(lambda N, C: Fraction(3))
    assert names(plain) == ["gradient-factor", *LIMITS]
    assert names([]) == []
    assert names(plain, input="log-probabilities") == names(plain, input="cdf") == []
    assert names(plain, computes="W1 + E") == []
    logits = [(samples(case(input="logits"), input="logits"), exactly([[1, 0, 0]]))]
    assert {*LIMITS} <= {*names(logits, input="logits")}
    assert {*LIMITS} <= {*names(logits, input="logits", computes="XE + E")}
    found = [(name, words) for name, words, _ in fitted(told({}, computes="W1"), plain)]
    assert found[:8] == [(name, "") for name, _ in _of_emd(told({}))]
    assert [name for name, _ in found[-4:]] == LIMITS


FACTORS = {
    "3": lambda N, C: 3,
    "-3": lambda N, C: -3,
    "3/C": lambda N, C: Fraction(3, C),
    "3*C": lambda N, C: 3 * C,
    "3/N": lambda N, C: Fraction(3, N),
    "3*N": lambda N, C: 3 * N,
    "0.37": lambda N, C: Fraction(37, 100),
    "1/7": lambda N, C: Fraction(1, 7),
    "3.14159265": lambda N, C: pi,
}


def test_the_accuracy_of_a_factor_is_relative_to_the_first():
    """That of bfloat16 is a fifth."""

    def two(*numbers):
        pairs = zip(numbers, RIGHT.items(), strict=False)
        compared = [(samples(of, dtype="bfloat16"), exactly([[x * y for y in rows[0]]])) for x, (of, rows) in pairs]
        return factors(compared, dtype="bfloat16")

    assert "1" in two(1, Fraction(19, 16))
    assert "1" not in two(1, Fraction(39, 32))  # 0.22, which is less than a fifth of the second
    assert "1" in two(Fraction(39, 32), 1)


@pytest.mark.parametrize("words", FACTORS)
def test_a_factor_is_that_of_all_gradients(words):
    compared = scaled(FACTORS[words])
    assert factors(compared) == [words]
    (guess,) = found(compared).values()
    for asked, rows in compared:
        for row, guessed in zip(rows, guess(asked), strict=True):
            assert [float(x) for x in guessed] == pytest.approx([float(x) for x in row], rel=1e-14, abs=0)


def test_the_forms_are_what_they_are_called():
    assert {text: form(2, 5) for text, form in FORMS.items()} == {
        "": 1,
        "/C": Fraction(1, 5),
        "*C": 5,
        "/N": Fraction(1, 2),
        "*N": 2,
    }


def test_the_gradients_of_a_mean_are_divided_by_the_batch_size():
    compared = scaled(lambda N, C: Fraction(3, N), "mean")
    assert factors(compared, reduction="mean") == ["3"]
    assert factors(scaled(lambda N, C: Fraction(3), "sum"), reduction="sum") == ["3"]
    for reduction, N in {"none": 1, "sum": 1, "mean": 2}.items():
        assert _divisor(told({}, reduction=reduction), samples(BATCH)) == N


def test_six_gradients_tell_a_factor():
    three, five = scaled(lambda N, C: Fraction(3)), scaled(lambda N, C: Fraction(5))
    assert factors([*three, *three, *five]) == ["3"]
    assert factors([*three, *three[:2], *five]) == []


def test_factors_agree_to_the_digits_of_the_format_or_to_1e_8():
    def apart(by):
        return scaled(lambda N, C: Fraction(3) * (1 + Fraction(by) * (C == 4)))

    for sign in (1, -1):
        assert factors(apart(sign * 0.9e-8)) == ["3"]
        assert factors(apart(sign * 1.1e-8)) == []
    assert factors(apart(5e-6), dtype="float32") == ["3"]
    assert factors(apart(1e-5), dtype="float32") == []


def test_gradients_of_0_and_infinite_ratios_tell_no_factor():
    assert factors([(samples(SAME), exactly([[1, 0, -1]]))]) == []
    assert factors(scaled(lambda N, C: 0)) == []
    three = scaled(lambda N, C: Fraction(3))
    assert factors([(samples(SAME), exactly([[1, 0, -1]])), *three]) == ["3"]
    assert factors([(samples(case()), exactly([[1.7e308, 0, -1.7e308]])), *three]) == []


def test_a_gradient_has_a_row_for_each_sample_and_a_number_for_each_class():
    for rows in ([[1, 0, 0]], [[1, 0, 0], [1, 0]]):
        with pytest.raises(ValueError, match="zip"):
            factors([(samples(BATCH), exactly(rows))])
    with pytest.raises(ValueError, match="zip"):
        _tails(exactly([[1, 2]])[0], exactly([[1, 2, 3]])[0])


def test_the_largest_right_number_tells_a_factor():
    """Here -4/3, the mean of the row subtracted."""
    compared = [(samples(BATCH), exactly([[0, 0, 0], [-4, 8, -4]]))]
    assert factors(compared)[0] == "3"


def test_a_constant_in_each_row_counts_for_logits_alone():
    """Those of (0, 0) for label 0 are -1/4 and 1/4, and those of E are -1 and 0."""
    options = {"t": ((1.0, 0.0),), "classes": 2}
    logits = case(p=((0.0, 0.0),), input="logits", **options)
    moved = exactly([[-3, 1]])
    assert factors([(samples(logits, input="logits"), moved)], input="logits")[0] == "12"
    assert factors([(samples(case(p=((0.5, 0.5),), **options)), moved)])[0] == "4"


RECEIVED = [[0.1875, -0.25, 0.0], [0.125, 0.125, 0.0]]  # of lengths 5/16 and less


def limits(of, rows, **options):
    """The words and the gradients of each limit."""
    found = [*fitted(told({}, **options), [(samples(of, **options), exactly(rows))])][-4:]
    return [(words, [[float(x) for x in row] for row in guess(samples(of, **options))]) for _, words, guess in found]


def test_the_largest_entry_and_the_longest_row_may_be_limits():
    (entry, clipped), (size, short), (centred, moved), (last, moved_short) = limits(case(), RECEIVED[:1])
    assert (entry, size) == ("to [-0.25, 0.25]", "to 0.3125")
    assert (centred, last) == tuple(words + ", after its mean is subtracted" for words in (entry, size))
    assert (clipped, moved) == ([[0.25, 0.25, 0]], [[0.25, 0, -0.25]])
    k = 0.3125 / hypot(1, 0.5)
    assert short[0] == pytest.approx([k, k / 2, 0], rel=1e-14, abs=0)
    k = 0.3125 / hypot(0.5, 0.5)
    assert moved_short[0] == pytest.approx([k / 2, 0, -k / 2], rel=1e-14, abs=0)


def test_limits_are_those_of_all_rows():
    for rows in (RECEIVED, RECEIVED[::-1]):
        assert [words for words, _ in limits(BATCH, rows)][:2] == ["to [-0.25, 0.25]", "to 0.3125"]
    wide = limits(case(), [[3, -4, 0]])
    assert [row for _, (row,) in wide] == [[1, 0.5, 0], [1, 0.5, 0], [0.5, 0, -0.5], [0.5, 0, -0.5]]


def test_the_gradients_of_a_mean_are_limited_after_their_division():
    (_, clipped), (_, short), *_ = limits(BATCH, RECEIVED, reduction="mean")
    assert clipped == [[0.5, 0.5, 0], [-0.5, 0, 0]]
    k = 0.625 / hypot(1, 0.5)
    assert short[0] == pytest.approx([k, k / 2, 0], rel=1e-14, abs=0)
    assert short[1] == [-0.625, 0, 0]
    (_, clipped), *_ = limits(BATCH, [[0.5, 0, 0], [0, 0, 0]], reduction="mean")
    assert clipped == [[1, 0.5, 0], [-1, 0, 0]]


def test_a_gradient_of_0_may_be_right_where_all_are_0():
    assert [rows for _, rows in limits(SAME, [[0, 0, 0]])] == [[[0, 0, 0]]] * 4


OF_EMD = {
    "gradient-sign": [1, 2, 0],
    "gradient-prefix": [1, -1, -1],
    "gradient-no-tails": [1, -2, 0],
    "gradient-off-by-one": [-2, 0, 0],
    "gradient-without-weights": [0, -1, 0],
    "gradient-twice-2": [-2, -4, 0],
    "gradient-no-2": [-0.5, -1, 0],
    "gradient-of-squared": [-0.5, -1, 0],
}
WITHOUT = {"gradient-sign": [0, 1, 0], "gradient-prefix": [1, 0, 0], "gradient-no-tails": [1, -1, 0]}
WITHOUT |= {"gradient-off-by-one": [-1, 0, 0], "gradient-without-weights": [0, -1, 0]}
WITHOUT |= {"gradient-twice-2": [0, -2, 0], "gradient-no-2": [0, -0.5, 0], "gradient-of-squared": [0, -0.5, 0]}


@pytest.mark.parametrize("last", [0.25, 0.5])
def test_wrong_gradients_of_the_emd_are_what_they_are_called(last):
    """D = 1/4, -1/4 and what counts nothing; the intervals are 1 and 2, or 1 and 1."""
    options = {"p": ((0.5, 0.25, last),), "t": ((0.25, 0.75, 0.0),)}
    of = case(**options, ground=Line((0.0, 1.0, 3.0)))
    guesses = dict(_of_emd(told({}, ground="positions", computes="W1")))
    assert {name: guess(samples(of, ground="positions")) for name, guess in guesses.items()} == {
        name: [row] for name, row in OF_EMD.items()
    }
    guesses = dict(_of_emd(told({}, computes="W1")))
    assert {name: guess(samples(case(**options))) for name, guess in guesses.items()} == {
        name: [row] for name, row in WITHOUT.items()
    }


def test_gradients_of_the_emd_are_known_for_probabilities_on_a_line():
    assert [*_of_emd(told({}, input="logits", computes="W1"))] == []
    assert [*_of_emd(told({}, ground="tree", computes="W1"))] == []
