"""Whether rows are valid input (specification, 8.2): exactly, after NumPy has passed those that certainly are."""

from collections.abc import Iterable
from fractions import Fraction
from math import inf, isfinite, sqrt

from emd_conformance._bounds.precision import PRECISIONS
from emd_conformance._exact.numbers import fractions
from emd_conformance._right.arrays import Numbers, Rows, dtype_of, numbers, numpy


def probabilities(x: Rows, name: str) -> None:
    """Raise ValueError unless every row is non-negative and sums to 1 within the mass tolerance."""
    u = PRECISIONS[x.dtype].output_unit
    tolerance = 4 * u + 8 * sqrt(x.classes) * min(u, 2.0**-24)
    for i in _perhaps_no_probabilities(x, tolerance):
        row = x[i]
        right = all(map(isfinite, row)) and min(row) >= 0
        if not (right and abs(sum(fractions(row), Fraction(0)) - 1) <= Fraction(tolerance)):
            must = f"it must be non-negative, and sum to 1 within {tolerance:.3g} (8.2)"
            raise ValueError(f"row {i} of `{name}` is {list(row)}: {must}")


def _perhaps_no_probabilities(x: Rows, tolerance: float) -> Iterable[int]:
    """Return the rows that NumPy does not pass: its sums of about 1 err by at most C v (1 + C v)."""
    if x.array is None:
        return range(len(x))
    np = numpy()
    room = tolerance - 2 * x.classes * float(np.finfo(np.longdouble).eps) / 2
    with np.errstate(all="ignore"):
        excess = abs(x.array.sum(-1, dtype=np.longdouble) - 1)
        passed = (x.array.min(-1, initial=0.0) >= 0) & (excess <= room)
    return map(int, np.flatnonzero(~passed))


def logits(z: Rows, name: str) -> None:
    """Raise ValueError unless every row has finite logits, or -inf in some classes."""
    suspects = range(len(z)) if z.array is None else map(int, numpy().flatnonzero(~numpy().isfinite(z.array).all(-1)))
    for i in suspects:
        row = z[i]
        if not all(x < inf for x in row) or max(row) == -inf:
            raise ValueError(
                f"row {i} of `{name}` is {list(row)}: a logit must be finite, or -inf but not in every class (8.2)"
            )


def labels(target: Numbers, classes: int) -> list[int]:
    """Return the labels; ValueError or TypeError unless they are integers from 0 to C-1."""
    dtype = dtype_of(target)
    if hasattr(target, "dtype") and not dtype.startswith(("int", "uint")):
        raise TypeError(f"`target` has dtype {dtype}: labels must be integers")
    values = numbers(target, "target")
    wrong = next((i for i, k in enumerate(values) if not (0 <= k < classes and k == int(k))), None)
    if wrong is not None:
        raise ValueError(
            f"label {wrong} of `target` is {values[wrong]:g}: it must be an integer from 0 to {classes - 1}"
        )
    return [int(k) for k in values]
