"""The forms in which a distribution is given: as it is, as its CDF, or as exceedance probabilities (1.7)."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import Literal, TypeAlias

from emd_conformance._bounds.precision import convert

Form: TypeAlias = Literal["probabilities", "cdf", "cumulative"]


def _cumulative(row: Sequence[Fraction]) -> list[Fraction]:
    """Return F_k = p_1 + … + p_k."""
    return list(accumulate(row))


def _exceedance(row: Sequence[Fraction]) -> list[Fraction]:
    """Return S_k = p_{k+1} + … + p_C for k < C."""
    return list(accumulate(reversed(row)))[::-1][1:]


CHANGES: dict[Form, Callable[[Sequence[Fraction]], list[Fraction]]] = {
    "probabilities": list,
    "cdf": _cumulative,
    "cumulative": _exceedance,
}


def given_as(form: Form, row: Sequence[float]) -> list[float]:
    """Return a distribution in a form; its sums are exact if `has_form` says so."""
    return [*row] if form == "probabilities" else [*_sums(form, tuple(row))]


@lru_cache(maxsize=8192)  # each row is asked several times
def _sums(form: Form, row: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(float(x) for x in CHANGES[form]([Fraction(x) for x in row]))


@lru_cache(maxsize=8192)
def has_form(form: Form, row: tuple[float, ...], dtype: str) -> bool:
    """Tell whether a distribution can be given in a form without rounding, so that the numbers mean it exactly.

    Exceedance probabilities leave p_1 to the others, so they need a mass of exactly 1, and two classes at least.
    """
    if form == "probabilities":
        return True
    sums = CHANGES[form]([Fraction(x) for x in row])
    if form == "cumulative" and (len(row) == 1 or sum(map(Fraction, row)) != 1):
        return False
    return all(convert(float(x), dtype) == x for x in sums)
