"""The result of a check, and what the suite concludes from results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from emd_conformance._cases.case import Quantity

Status: TypeAlias = Literal["pass", "fail", "error", "skip", "xfail", "xpass"]
Kind: TypeAlias = Literal["defect", "convention", "advice", "unknown"]


@dataclass(frozen=True)
class Result:
    """The outcome of one check, a case and a quantity; the error as a multiple of the *any* and of the *scan* bound.

    `expected` and `received` are those of the largest error, which is in `sample`; `numbers` are both as floats.
    """

    case: str
    quantity: Quantity
    status: Status
    message: str = ""
    expected: str = ""
    received: str = ""
    ratio: float = 0.0
    grade: float = 0.0
    clauses: tuple[str, ...] = ()
    classes: int = 0
    numbers: tuple[float, float] | None = None
    sample: int = 0
    seconds: float = field(default=0.0, compare=False)

    @property
    def id(self) -> str:
        """The id of the check."""
        return f"{self.case}:{self.quantity}"

    @property
    def group(self) -> str:
        """The part of the id before the slash."""
        return self.case.split("/")[0]

    @property
    def failed(self) -> bool:
        """Whether the check speaks against the implementation."""
        return self.status in ("fail", "error", "xpass")


@dataclass(frozen=True)
class Finding:
    """What the suite concludes, with the smallest evidence, what to do, and where it was seen before."""

    kind: Kind
    id: str
    message: str
    evidence: str = ""
    remedy: str = ""
    seen: str = ""
