"""Expressions in E, W1, XE and R are parsed, evaluated exactly, and differentiated by the chain rule."""

from fractions import Fraction

import pytest
from emd_conformance import Declaration
from emd_conformance._cases.load import find
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.expression import parse
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.interval import enclose
from emd_conformance._judging.allowed import allowed_gradient, allowed_value


def evaluate(text, E, C=4):
    return parse(text).evaluate({"E": enclose(E)}, {"C": Fraction(C), "weight": Fraction(1)})


@pytest.mark.parametrize(
    ("text", "value", "slope"),
    [
        ("E", 9, 1),
        ("E/C", Fraction(9, 4), Fraction(1, 4)),
        ("E/(C-1)", 3, Fraction(1, 3)),
        ("sqrt(E)", 3, Fraction(1, 6)),
        ("sqrt(E/C)", Fraction(3, 2), Fraction(1, 12)),
        ("E*E", 81, 18),
        ("1/E", Fraction(1, 9), Fraction(-1, 81)),
        ("2*E - 1", 17, 2),
    ],
)
def test_an_expression_has_its_exact_value_and_derivative(text, value, slope):
    result = evaluate(text, 9)
    assert result.value == enclose(value)
    assert result.slopes["E"] == enclose(slope)


def test_a_root_at_zero_has_no_bounded_derivative():
    assert evaluate("sqrt(E)", 0).slopes["E"].hi > 2**5000


@pytest.mark.parametrize(
    "text", ["exp(E)", "E**2", "__import__('os')", "E if C else 0", "q", "E[0]", "sqrt(E, 2)", "E +"]
)
def test_what_is_no_expression_is_refused_and_never_run(text):
    with pytest.raises(ValueError, match="is not understood"):
        Declaration(computes=text)


def test_the_allowed_value_encloses_the_exact_value_of_the_expression():
    case = find("line/steps-3")
    sample = Sample(case, 2, case.predicted[2], Declaration(computes="sqrt(E/C)"))
    allowed = allowed_value(sample, "any")
    assert allowed.exact.lo**2 <= Fraction(2, 3) <= allowed.exact.hi**2


def test_a_declared_gradient_follows_the_chain_rule():
    case = find("line/near-and-far")
    row = case.predicted[1]
    plain, root = (
        allowed_gradient(Sample(case, 1, row, Declaration(computes=text)), "any") for text in ("E", "sqrt(E)")
    )
    E = case.expected["E"][1].middle
    for a, b in zip(plain, root, strict=True):
        assert abs(a.exact.middle - 2 * b.exact.middle * allowed_root(E)) < Fraction(1, 10**12)


def allowed_root(E):
    return Fraction(float(E) ** 0.5)


@pytest.mark.parametrize(
    ("identifier", "declares", "largest"),
    [
        ("line/near-and-far", {}, 4),
        ("axes/positions-2x3-4", {"ground": "positions"}, 4),
        ("circle/soft-5", {"ground": "circle"}, 2),
        ("line/near-and-far", {"ground": "matrix"}, 4),
    ],
)
def test_the_range_is_the_largest_ground_distance(identifier, declares, largest):
    case = find(identifier)
    sample = Sample(case, 0, case.predicted[0], Declaration(computes="E/range", **declares))
    assert sample.parameters["range"] == largest


def test_no_case_is_asked_whose_range_is_0_or_beyond_the_format():
    declared = Declaration(computes="E/range", ground="positions")
    assert obstacle(declared, find("positions/overflow"), "value") == "its range is beyond float64"
    assert "divides by 0" in obstacle(Declaration(computes="E/range"), find("line/one-class"), "value")
