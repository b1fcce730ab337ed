"""Expressions, call templates, targets and dtypes are understood, or refused with what to write."""

from fractions import Fraction

import losses
import numpy as np
import pytest
from emd_conformance import Declaration, vectors
from emd_conformance._bounds.precision import convert
from emd_conformance._calling.arrays import Arrays
from emd_conformance._calling.load import load
from emd_conformance._cases.load import find
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.errors import CallError, LoadError
from emd_conformance._declaration.expression import parse
from emd_conformance._declaration.sample import Sample
from emd_conformance._declaration.template import arguments
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
def test_expressions_and_their_derivatives(text, value, slope):
    result = evaluate(text, 9)
    assert result.value == enclose(value)
    assert result.slopes["E"] == enclose(slope)


def test_a_root_at_zero_has_no_bounded_derivative():
    assert evaluate("sqrt(E)", 0).slopes["E"].hi > 2**5000


@pytest.mark.parametrize(
    "text", ["exp(E)", "E**2", "__import__('os')", "E if C else 0", "q", "E[0]", "sqrt(E, 2)", "E +"]
)
def test_expressions_are_never_code(text):
    with pytest.raises(ValueError, match="is not understood"):
        Declaration(computes=text)


def test_a_declared_value_is_mapped_exactly():
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
def test_options_are_named_with_their_choices(option, value):
    with pytest.raises(ValueError, match=f"{option}=.*choose"):
        Declaration(**{option: value})


def test_unknown_options_are_refused():
    with pytest.raises(TypeError, match="speed"):
        Declaration(speed="high")


def test_call_templates():
    names = {"p": 1, "t": 2, "C": 5}
    assert arguments("t, p, onehot=True, scale=-2.5, n=C", names) == ([2, 1], {"onehot": True, "scale": -2.5, "n": 5})
    for bad in ("p, q", "p, f(t)", "p t", "p, t + 1"):
        with pytest.raises(CallError, match="call="):
            arguments(bad, names)


def test_targets_are_parsed_and_never_evaluated():
    assert load("losses:PerClasses(num_classes=C, weight=3.0)")(7).num_classes == 7
    assert load("losses:scan")(7) is losses.scan
    assert load(losses.scan)(7) is losses.scan
    for bad in ("losses:PerClasses(open('x'))", "losses:[0]", "losses:scan or 1"):
        with pytest.raises((LoadError, ValueError)):
            load(bad)(3)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_conversion_is_that_of_numpy(dtype):
    for x in (0.1, 1 / 3, 2.0**-14, 1.0009765625, 3.0e-5):
        assert convert(x, dtype) == float(np.dtype(dtype).type(x))


def test_conversion_to_bfloat16_is_that_of_torch():
    torch = pytest.importorskip("torch")
    for x in (0.1, 1 / 3, 1.00390625, 1.01171875, 3.0e-5):
        assert convert(x, "bfloat16") == float(torch.tensor(x, dtype=torch.bfloat16))


@pytest.mark.parametrize("library", ["numpy", "torch", "jax", "list"])
def test_arrays_there_and_back(library):
    arrays = Arrays(library, "float32")
    rows = [[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]]
    assert arrays.plain(arrays.floats(rows)) == rows
    assert arrays.plain(arrays.labels([2, 0])) == [2, 0]


def test_jax_does_not_narrow_silently():
    jax = pytest.importorskip("jax")
    if jax.config.jax_enable_x64:
        pytest.skip("64-bit mode is on")
    with pytest.raises(CallError, match="jax_enable_x64"):
        Arrays("jax", "float64").floats([1.0])


def test_cases_are_asked_only_of_those_who_declare_them():
    asked = {case.id for case in vectors() if not case.invalid and not obstacle(Declaration(), case, "value")}
    assert "line/soft-5" in asked
    assert not any(name.startswith(("logits/", "circle/", "off-simplex/", "empty/", "positions/")) for name in asked)
    logits = Declaration(input="logits", target="labels")
    assert {case.input for case in vectors() if not case.invalid and not obstacle(logits, case, "value")} == {"logits"}
