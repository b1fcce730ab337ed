"""Judge floating-point results by exact arithmetic: an error is measured in units of its rounding error bound."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from support.backends import NUMPY, Backend
from support.exact import PRECISIONS, Expected, Ground, Precision, subgradient_gap

LARGEST: dict[str, float] = defaultdict(float)  # of error over bound, by function: printed at the end of a run


def precision(dtype: str, backend: Backend = NUMPY) -> Precision:
    """Results of `dtype` as the backend computes them."""
    form = PRECISIONS[dtype] if backend.wide == "float64" else PRECISIONS[dtype].native()
    if backend.flushes:
        smallest = float(np.finfo(dtype).tiny)
        return replace(form, tiny=smallest, least=2 * smallest)
    return form


def assert_same(backend: Backend, got: np.ndarray, expected: np.ndarray) -> None:
    """Assert that two ways to a result give the same bits.

    A compiler makes a programme of each way, in which a product and a sum may be one rounding or two, as the processor
    suggests: then they are the same up to 16 roundings of the largest number.
    """
    if backend.compiles:
        roundings = 16 * np.finfo(expected.dtype).eps
        largest = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
        np.testing.assert_allclose(got, expected, rtol=0, atol=roundings * largest)
    else:
        np.testing.assert_array_equal(got, expected)


def assert_within(
    what: str, got: Sequence[float], exact: Sequence[Fraction], bounds: Sequence[Fraction], form: Precision
) -> None:
    """Assert |got - exact| <= bound, the rounding of the output included."""
    for i, (x, exactly, bound) in enumerate(zip(got, exact, bounds, strict=True)):
        assert np.isfinite(x), f"{what}[{i}] is {x}, exactly {float(exactly)}"
        allowed = form.output(bound, exactly)
        error = abs(Fraction(float(x)) - exactly)
        if error:
            LARGEST[what] = max(LARGEST[what], float(error / allowed))
        assert error <= allowed, (
            f"{what}[{i}] is {float(x)!r}, exactly {float(exactly)!r}: {float(error / allowed):.3g} bounds off"
        )


def assert_expected(what: str, value: Any, gradient: np.ndarray, expected: Expected, form: Precision) -> None:
    """Assert that the value and the gradient of a sample are within their bounds."""
    assert_within(what, [value], [expected.value], [expected.value_bound], form)
    assert_within(f"gradient of {what}", gradient, expected.gradient, expected.gradient_bounds, form)


def assert_each_expected(
    what: str, values: np.ndarray, gradients: np.ndarray, expected: Sequence[Expected], form: Precision
) -> None:
    """Assert that all samples of a batch are within their bounds."""
    for value, gradient, row in zip(values, gradients, expected, strict=True):
        assert_expected(what, value, gradient, row, form)


def assert_subgradient(
    what: str, g: np.ndarray, p: np.ndarray, t: np.ndarray, ground: Ground, gap_bound: Fraction, form: Precision
) -> None:
    """Assert that g is a subgradient of the EMD: its optimality gap is 0 up to its bound (specification, 3.6)."""
    gap = subgradient_gap(g, p, t, ground)
    assert_within(what, [float(gap)], [Fraction(0)], [gap_bound], form)
