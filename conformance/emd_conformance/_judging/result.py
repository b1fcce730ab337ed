"""The result of a check, a finding that explains results, and what a call must not do besides answering."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from emd_conformance._cases.case import Quantity

Status: TypeAlias = Literal["pass", "fail", "error", "skip", "xfail", "xpass"]
Kind: TypeAlias = Literal["defect", "convention", "advice", "unknown"]

# The side effects that 7.5 forbids, as messages of failed checks. `_diagnosis/catalogue.py` adds a remedy to each.
VIOLATIONS = {
    "hang": "the call does not return",
    "crash": "the call ends its process with a signal",
    "memory": "the call needs more memory than the limit allows",
    "exits": "the call ends the process that it runs in",
    "nondeterministic": "two calls with the same input gave different answers",
    "state-between-calls": "the answer depends on the calls before it",
    "recording-dependent": "the answer is another one where PyTorch records nothing for a gradient",
    "input-mutated": "the call changes its input arrays",
    "result-dtype": "the result has another dtype than the prediction (7.2)",
    "result-shared": "the result shares memory with an input or with an earlier result",
    "changes-defaults": "the call changes a default of its array library",
    "changes-warnings": "the call changes which warnings are shown",
    "changes-environment": "the call changes what all code of the process shares, such as the environment",
    "changes-numpy-state": "the call changes how NumPy treats floating-point errors",
    "changes-random-state": "the call draws from, or seeds, a global random generator",
    "closes-stdin": "the call closes the standard input of the program",
    "closes-stdout": "the call closes the standard output of the program",
    "print-to-stdout": "the call prints",
}
OF_AN_ANSWER = (
    "hang",
    "crash",
    "memory",
    "exits",
    "nondeterministic",
    "state-between-calls",
    "recording-dependent",
)  # results say these


@dataclass(frozen=True)
class Result:
    """The outcome of one check.

    `ratio` is the largest error as a multiple of the *any* bound, `grade` as a multiple of the *scan* bound. The
    largest error is in `sample`: `expected` and `received` belong to it, and `numbers` are both as floats.
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
        """Whether the result counts against the implementation."""
        return self.status in ("fail", "error", "xpass")


@dataclass(frozen=True)
class Finding:
    """An explanation of results, with its smallest evidence, a remedy, and where the mistake was seen before."""

    kind: Kind
    id: str
    message: str
    evidence: str = ""
    remedy: str = ""
    seen: str = ""
