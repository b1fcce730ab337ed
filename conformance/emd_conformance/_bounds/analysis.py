"""The one place where the bounds ask whether a ground distance has cuts."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from emd_conformance._bounds.cuts import CutErrors, cut_errors
from emd_conformance._bounds.matrix import MatrixErrors
from emd_conformance._bounds.precision import Form, Precision
from emd_conformance._exact.grounds import Ground, Matrix
from emd_conformance._exact.numbers import Number, Numbers

Row: TypeAlias = tuple[Number, ...]


def analyse(
    p: Numbers,
    t: Numbers,
    ground: Ground,
    precision: Precision,
    form: Form,
    carried: Sequence[float] = (),
    unequal: bool = False,
) -> CutErrors | MatrixErrors:
    """Return the errors of a sample; `carried` are those that the entries of p bring with them, without underflow."""
    return _analyse(tuple(p), tuple(t), ground, precision, form, tuple(carried), unequal)


@lru_cache(maxsize=4)  # a value and its gradient, and the parts of their bounds, ask for the same sample
def _analyse(
    p: Row, t: Row, ground: Ground, precision: Precision, form: Form, carried: tuple[float, ...], unequal: bool
) -> CutErrors | MatrixErrors:
    if isinstance(ground, Matrix):
        return MatrixErrors(p, t, ground, precision, form, carried)
    # A cut mass can change by the whole error of p, and p itself can underflow in every class.
    error = 2 * (sum(carried) + len(carried) * precision.tiny)
    return cut_errors(p, t, ground, precision, form, error, unequal)
