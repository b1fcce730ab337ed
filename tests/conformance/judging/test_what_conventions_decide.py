"""A gradient without what a convention decides (5.4, 5.7, 5.8), and where it has no value (6.4)."""

from fractions import Fraction
from math import inf, nan

import pytest
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.interval import Interval, enclose
from emd_conformance._judging.conventions import completed, from_free, projected, undefined
from small import case, sample

ROW = [Fraction(1), Fraction(2), Fraction(6)]
SUMS = ["cdf", "cumulative"]


def given(x, input, **options):
    """A sample whose numbers mean something else than probabilities."""
    kind = input if "logits" in input else "probabilities"
    return Sample(case(input=kind), 0, x, Declaration(input=input, **options))


@pytest.mark.parametrize(
    ("input", "left"),
    [
        ("probabilities", [-2, -1, 3]),
        ("cdf", [1, 2]),
        ("cumulative", ROW),
        ("logits", ROW),
        ("cumulative-logits", ROW),
        ("conditional-logits", ROW),
    ],
)
def test_a_constant_or_the_last_entry_is_a_convention(input, left):
    assert projected(given((0.5, 0.25, 0.25), input), ROW) == left


def test_a_multiple_of_p_is_a_convention_for_logarithms():
    """At p = 1/e each, 9/e is subtracted from every entry."""
    found = projected(given((-1.0, -1.0, -1.0), "log-probabilities"), ROW)
    wanted = [x - 9 * Fraction("0.3678794411714423216") for x in ROW]
    assert all(abs(a - b) < Fraction(1, 10**16) for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    ("input", "wanted"), [("probabilities", [3, 1, -4]), ("cdf", [2, 5]), ("cumulative", [-2, -5])]
)
def test_the_free_gradient_gives_that_of_each_input(input, wanted):
    g = [enclose(x) for x in (5, 3, -2)]
    assert from_free(given((0.5, 0.25, 0.25), input), g) == [enclose(x) for x in wanted]


def test_the_mean_of_enclosures_is_enclosed():
    """That of [0, 2] and 1 is in [1/2, 3/2]."""
    g = [Interval(Fraction(0), Fraction(2)), Interval(Fraction(1), Fraction(1))]
    half = Fraction(1, 2)
    assert from_free(sample(), g) == [Interval(-3 * half, 3 * half), Interval(-half, half)]


@pytest.mark.parametrize(
    ("x", "options", "entries"),
    [
        ((0.5, 0.0, 0.5), {"input": "probabilities", "computes": "E + XE"}, {1}),
        ((0.5, 0.5, 0.0), {"input": "cdf", "computes": "XE"}, {1, 2}),
        ((0.0, 0.5, 0.5), {"input": "cumulative", "computes": "XE"}, {0}),
        ((0.5, 0.0, 0.5), {"input": "probabilities", "computes": "E"}, set()),
        ((0.5, 0.0, 0.5), {"input": "logits", "computes": "XE"}, set()),
        ((-0.5, 0.0, -0.5), {"input": "log-probabilities", "computes": "XE"}, set()),
    ],
)
def test_the_logarithm_has_no_derivative_where_a_probability_is_0(x, options, entries):
    assert undefined(given(x, **options)) == entries


@pytest.mark.parametrize(
    ("input", "received", "exact", "complete"),
    [
        ("probabilities", [1.0, 0.5, 3.0], [4, 5, 2], [1, Fraction(1, 2), 3]),
        ("probabilities", [1.0, nan, 3.0], [4, 5, 2], [1, 4, 3]),  # the others differ by -3 and by 1
        ("probabilities", [nan, -inf], [1, -1], [1, -1]),
        ("cdf", [1.0, inf, 7.0], [4, 5], [1, 5, 7]),
        ("cdf", [1.0, 2.0, nan], [4, 5], [1, 2, 0]),
        ("cumulative", [1.0, nan], [4, 5], [1, 5]),
    ],
)
def test_an_entry_without_a_value_is_that_of_the_same_convention(input, received, exact, complete):
    assert completed(given((0.5, 0.25, 0.25), input), received, map(Fraction, exact)) == complete
