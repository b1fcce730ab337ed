"""What the suite is made of: cases, results of checks, findings and the report with its verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias

from emd_conformance._grounds import LINE, Ground
from emd_conformance._interval import Interval

Row: TypeAlias = tuple[float, ...]
Quantity: TypeAlias = Literal["value", "gradient", "rejection"]
Status: TypeAlias = Literal["pass", "fail", "error", "skip", "xfail", "xpass"]
Kind: TypeAlias = Literal["defect", "convention", "advice", "unknown"]
Verdict: TypeAlias = Literal[
    "conforms",
    "conforms-with-declared-deviations",
    "conforms-partially",
    "does-not-conform",
    "harness-broken",
    "nothing-ran",
]
EXIT_CODES: dict[Verdict, int] = {
    "conforms": 0,
    "conforms-with-declared-deviations": 0,
    "conforms-partially": 1,
    "does-not-conform": 1,
    "harness-broken": 4,
    "nothing-ran": 5,
}


@dataclass(frozen=True)
class Certificate:
    """A flow and potentials that prove an EMD (3.1)."""

    flow: tuple[tuple[Fraction, ...], ...]
    u: tuple[Fraction, ...]
    v: tuple[Fraction, ...]


@dataclass(frozen=True)
class Case:
    """Inputs, and what the specification makes of them. Rows are samples; the expectations name E, W1, XE and R.

    A batch of more than one axis lists its samples in order, and `shape` has the sizes of these axes.
    """

    id: str
    clauses: tuple[str, ...]
    since: str
    comment: str
    input: Literal["probabilities", "logits"]
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
    exponent: float = 1.0
    bias: float = 0.0
    weight: float = 1.0
    expected: dict[str, tuple[Interval, ...]] = field(default_factory=dict[str, tuple[Interval, ...]])
    gradient: dict[str, tuple[tuple[Interval, ...], ...]] = field(
        default_factory=dict[str, tuple[tuple[Interval, ...], ...]]
    )
    certificates: tuple[Certificate, ...] = ()

    def __hash__(self) -> int:
        """Hash the id: expectations are held in dictionaries, which have no hash."""
        return hash(self.id)

    @property
    def group(self) -> str:
        """The part of the id before the slash."""
        return self.id.split("/")[0]


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


@dataclass(frozen=True)
class Report:
    """Everything that was examined, and what follows."""

    target: str
    declaration: str
    results: tuple[Result, ...]
    findings: tuple[Finding, ...] = ()
    not_examined: dict[str, int] = field(default_factory=dict[str, int])
    claims: tuple[str, ...] = ()
    broken: str = ""
    arrays: str = ""
    isolation: str = ""
    date: str = ""
    versions: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def examined(self) -> tuple[Result, ...]:
        """The results of the checks that ran."""
        return tuple(result for result in self.results if result.status != "skip")

    @property
    def verdict(self) -> Verdict:
        """The conclusion. Rejection checks that ran as advice are not results, so they cannot decide."""
        if self.broken:
            return "harness-broken"
        if not self.examined:
            return "nothing-ran"
        if any(result.failed for result in self.examined):
            return "does-not-conform"
        unasked = any(result.status == "skip" and result.quantity != "rejection" for result in self.results)
        if unasked or not set(self.claims) <= {result.quantity for result in self.examined}:
            return "conforms-partially"
        if any(result.status == "xfail" for result in self.examined):
            return "conforms-with-declared-deviations"
        return "conforms"

    @property
    def exit_code(self) -> int:
        """The exit code of the command line."""
        return EXIT_CODES[self.verdict]

    @property
    def group_names(self) -> list[str]:
        """The groups of the results, in their order."""
        return list(dict.fromkeys(result.group for result in self.results))

    def __str__(self) -> str:
        from emd_conformance._report_text import render

        return render(self)
