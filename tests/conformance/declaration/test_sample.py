"""A sample is what an implementation receives, and what the exact answers to it depend on."""

from fractions import Fraction

import pytest
from emd_conformance import Declaration
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.grounds import LINE, Circle, Line, Matrix
from small import P, T, case, labelled, sample, samples


def test_the_target_of_a_label_is_its_distribution():
    assert sample(labelled(2, 0), 1).target == (1.0, 0.0, 0.0)
    assert [x.label for x in samples(labelled(2, 0))] == [2, 0]
    assert (sample().target, sample().label) == (T, -1)


def test_the_ground_distance_is_given_as_declared_unless_the_case_needs_more():
    assert sample(ground="positions").ground == Line((0.0, 1.0, 2.0))
    assert sample(case(needs=("off-simplex",)), ground="positions").ground == LINE
    assert sample(case(ground=Circle()), ground="matrix").ground == Matrix(((0, 1, 1), (1, 0, 1), (1, 1, 0)))


@pytest.mark.parametrize(
    ("x", "options", "stored"),
    [(P, {}, True), (T, {}, False), (P, {"input": "log-probabilities"}, False), (P, {"input": "cdf"}, True)],
)
def test_stated_answers_hold_for_the_numbers_of_the_case(x, options, stored):
    assert Sample(case(), 0, x, Declaration(**options)).stored == stored


@pytest.mark.parametrize(
    ("kind", "input", "encoding"),
    [
        ("probabilities", "probabilities", None),
        ("probabilities", "cdf", None),
        ("probabilities", "log-probabilities", "log-probabilities"),
        ("logits", "logits", "logits"),
        ("conditional-logits", "conditional-logits", "conditional-logits"),
    ],
)
def test_how_numbers_stand_for_probabilities(kind, input, encoding):
    assert sample(case(input=kind), input=input).encoding == encoding


def test_samples_that_are_alike_have_the_same_standard():
    of = case((P, T, P), (T, T, T))
    first, other, again = samples(of, reduction="mean", order="target-first", array="torch", computes="E/C")
    assert first.standard == again.standard != other.standard
    assert again.standard == Sample(of, 0, P, Declaration(computes="E/C"))


@pytest.mark.parametrize(
    ("changes", "options", "wanted"),
    [
        ({}, {}, 2),
        ({"ground": Line((1.0, 2.0, 4.5))}, {"ground": "positions"}, Fraction(7, 2)),
        ({"ground": Circle()}, {"ground": "circle"}, None),
        ({"ground": Circle()}, {"ground": "circle", "computes": "E/range"}, 1),
    ],
)
def test_parameters(changes, options, wanted):
    """The range is computed if it is named, or costs nothing (2.6)."""
    found = sample(case(weight=0.5, **changes), **options).parameters
    assert found == {"C": 3, "weight": Fraction(1, 2)} | ({} if wanted is None else {"range": wanted})


def test_a_sample_is_a_value():
    of = case()
    assert len({sample(of), sample(of), sample(of, input="cdf")}) == 2
