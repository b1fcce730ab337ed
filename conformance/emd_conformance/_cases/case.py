"""A case: inputs, and the values and gradients that the specification gives for them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, TypeAlias
from zlib import crc32

from emd_conformance._exact.grounds import LINE, Ground
from emd_conformance._exact.interval import Interval
from emd_conformance._exact.numbers import one_hot

Row: TypeAlias = tuple[float, ...]
LARGE = 1000  # samples or classes: code that works in blocks, or stops, shows beyond
Quantity: TypeAlias = Literal["value", "gradient", "rejection", "behaviour"]


@dataclass(frozen=True)
class Certificate:
    """A flow and potentials that prove an EMD (3.1)."""

    flow: tuple[tuple[Fraction, ...], ...]
    u: tuple[Fraction, ...]
    v: tuple[Fraction, ...]


@dataclass(frozen=True, eq=False)
class Case:
    """Inputs, and the exact values and gradients of the specified quantities E, W1, XE and R.

    Two cases are equal if they are one object: comparing thousands of fractions would take longer than computing them.
    Rows are samples.

    Attributes
    ----------
    id, since, comment : str
        The name of the case, the version of the suite that first had it, and what it tests.
    clauses : tuple of str
        The clauses of the specification that it tests.
    input : str
        What `predicted` holds: "probabilities", "logits", "cumulative-logits" or "conditional-logits".
    dtypes : tuple of str
        The formats in which the numbers are exact.
    predicted, target : tuples of rows
        The numbers of each sample. The target is None if there are `labels`.
    labels : tuple of int
        The label of each sample, from 0; or None.
    classes : int
        C.
    ground : Ground
        The ground distance.
    flags : tuple of str
        The findings that the case is made to catch.
    needs : tuple of str
        The capabilities that a loss needs to be asked this.
    shape : tuple of int
        The sizes of the batch axes, if there are several; the samples are listed in order.
    invalid : str
        Why the input is invalid, if it is.
    passed : str
        A layout in memory, or an integer dtype of labels, if arrays are not passed as libraries make them.
    exponent, bias, weight : float
        omega, mu and lambda of section 6.
    expected, gradient : dict
        The exact values and gradients by the letter of the quantity, as intervals.
    certificates : tuple of Certificate
        A flow and potentials for each EMD.
    """

    id: str
    clauses: tuple[str, ...]
    since: str
    comment: str
    input: Literal["probabilities", "logits", "cumulative-logits", "conditional-logits"]
    dtypes: tuple[str, ...]
    predicted: tuple[Row, ...]
    target: tuple[Row, ...] | None
    labels: tuple[int, ...] | None
    classes: int
    ground: Ground = LINE
    flags: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    invalid: str = ""
    passed: str = ""
    exponent: float = 1.0
    bias: float = 0.0
    weight: float = 1.0
    expected: dict[str, tuple[Interval, ...]] = field(default_factory=dict[str, tuple[Interval, ...]])
    gradient: dict[str, tuple[tuple[Interval, ...], ...]] = field(
        default_factory=dict[str, tuple[tuple[Interval, ...], ...]]
    )
    certificates: tuple[Certificate, ...] = ()

    @property
    def group(self) -> str:
        """The part of the id before the slash."""
        return self.id.split("/")[0]

    @property
    def large(self) -> bool:
        """Whether it has so many samples or classes that a wrong loss may need much time and memory for it."""
        return max(len(self.predicted), self.classes) > LARGE

    @cached_property
    def distributions(self) -> tuple[Row, ...]:
        """The target of each sample as a distribution: the one-hot of its label, if it has one."""
        if self.target is not None:
            return self.target
        labels = self.labels or (-1,) * len(self.predicted)
        one_hots = {k: tuple(map(float, one_hot(k, self.classes))) for k in set(labels)}
        return tuple(one_hots[k] for k in labels)

    @cached_property
    def checksums(self) -> tuple[int, ...]:
        """For each sample, a number that depends on nothing but its own numbers."""
        targets: Any = self.labels if self.labels is not None else self.target or [self.target] * len(self.predicted)
        return tuple(crc32(repr(pair).encode()) for pair in zip(self.predicted, targets, strict=True))

    @cached_property
    def first_alike(self) -> tuple[int, ...]:
        """For each sample, the index of the first one with the same numbers, and so with the same exact answers."""
        first: dict[Any, int] = {}
        columns = [rows for rows in (self.predicted, self.target, self.labels) if rows is not None]
        return tuple(first.setdefault(numbers, i) for i, numbers in enumerate(zip(*columns, strict=True)))


def rows_of(case: Case, order: Sequence[int]) -> Case:
    """Return the samples of a case in an order, or some of them."""

    def pick(rows: Any) -> Any:
        return None if rows is None else tuple(rows[i] for i in order)

    rows: dict[str, Any] = {name: pick(getattr(case, name)) for name in ("predicted", "target", "labels")}
    rows |= {name: {q: pick(x) for q, x in getattr(case, name).items()} for name in ("expected", "gradient")}
    return replace(case, **rows)
