"""Judge floating-point results by exact arithmetic: an error is measured in units of its rounding error bound."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from emd_conformance._bounds.precision import PRECISIONS, Precision

from support.backends import NUMPY, Backend

LARGEST: dict[str, float] = defaultdict(float)  # of error over bound, by function: printed at the end of a run


def precision(dtype: str, backend: Backend = NUMPY) -> Precision:
    """Results of `dtype` as the backend computes them."""
    form = PRECISIONS[dtype] if backend.wide == "float64" else PRECISIONS[dtype].native()
    if backend.flushes:
        smallest = float(np.finfo(dtype).tiny)
        return replace(form, tiny=smallest, least=2 * smallest)
    return form


def numbers(x: np.ndarray) -> list[float]:
    """A vector as Python floats, exactly."""
    return [float(v) for v in x]


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
