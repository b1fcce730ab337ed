"""Properties that every squared EMD has, tried on cases that Hypothesis draws and shrinks, always the same ones.

Two answers that must agree may differ by the sum of their error bounds (7.3): there is no other tolerance.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite
from typing import Any, TypeAlias

from emd_conformance import _judge
from emd_conformance._adapters import arguments
from emd_conformance._calls import Caller
from emd_conformance._checks import Check
from emd_conformance._conventions import Declaration
from emd_conformance._draw import Draw, a_case, build, distribution, drawable, strategies
from emd_conformance._literals import assigned, literal
from emd_conformance._model import Case, Quantity, Result
from emd_conformance._obstacles import obstacle

Body: TypeAlias = Callable[[Caller, Draw], None]
EXAMPLES, THREADS = 12, 4


class Violation(Exception):  # noqa: N818  # it is no error of the suite
    """A property does not hold for a case."""

    def __init__(self, caller: Caller, case: Case, message: str, expected: str = "", received: str = "") -> None:
        super().__init__(message)
        self.message, self.expected, self.received = message, expected, received
        self.literal = literal(caller, case)


class NothingDrawn(Exception):  # noqa: N818
    """The declaration allows none of the drawn cases."""


@dataclass(frozen=True)
class Property:
    """A property, when it is defined, and the body that raises Violation.

    `here`: only of an implementation in this process. Another one is asked one thing at a time.
    """

    name: str
    text: str
    body: Body
    quantity: Quantity = "value"
    applies: Callable[[Declaration], bool] = lambda declared: True
    here: bool = False


@dataclass(frozen=True)
class PropertyCheck:
    """One property, to be examined of one implementation."""

    caller: Caller
    what: Property

    @property
    def id(self) -> str:
        """The id of the check."""
        return f"property/{self.what.name}:{self.what.quantity}"

    def __call__(self) -> None:
        """Raise AssertionError with the smallest counter-example: the body of a test."""
        result = self.examine()
        if result.failed:
            raise AssertionError(f"{self.id}: {result.message}\n{result.received}")

    def examine(self) -> Result:
        """Return the result, with the smallest counter-example that shrinking finds."""
        name, quantity = f"property/{self.what.name}", self.what.quantity
        try:
            violation = counter_example(lambda draw: self.what.body(self.caller, draw))
        except NothingDrawn:
            return Result(name, quantity, "skip", "no drawn case may be asked")
        if violation is None:
            return Result(name, quantity, "pass")
        message = f"{self.what.text}: {violation.message}"
        answers = {"expected": violation.expected, "received": violation.received}
        lines = [violation.literal, *(assigned(name, text) for name, text in answers.items() if text)]
        received = "\n".join(lines)
        return Result(name, quantity, "fail", message, expected=violation.expected, received=received)


def property_checks(caller: Caller) -> list[PropertyCheck]:
    """Return the properties that a declaration allows; those of E and W1 alone are known."""
    declared = caller.declared
    if not declared.expression.names <= {"E", "W1"} or not drawable(declared):
        return []
    wanted = ("value",) if declared.grad is None else ("value", "gradient")
    there = [p for p in PROPERTIES if caller.is_here or not p.here]
    return [PropertyCheck(caller, p) for p in there if p.quantity in wanted and p.applies(declared)]


def counter_example(body: Callable[[Draw], None]) -> Violation | None:
    """Return the smallest violation, or None. The same examples are tried in every run."""
    st = strategies()
    from hypothesis import HealthCheck, Phase, Verbosity, errors, given, settings

    seen: list[Violation] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
    )
    @given(st.data())
    def test(data: Any) -> None:
        try:
            body(data.draw)
        except Violation as violation:
            seen.append(violation)
            raise

    try:
        test()
    except (Violation, errors.Flaky):  # what varies from call to call cannot be shrunk
        return seen[-1]
    except errors.Unsatisfiable:
        raise NothingDrawn from None
    return None


# Bodies


def agrees_with_the_oracle(caller: Caller, draw: Draw) -> None:
    _examine(caller, _drawn(caller, draw), "value")


def gradient_is_the_derivative(caller: Caller, draw: Draw) -> None:
    _examine(caller, _drawn(caller, draw), "gradient")


def _examine(caller: Caller, case: Case, quantity: Quantity) -> None:
    if obstacle(caller.declared, case, quantity):
        return
    result = Check(caller, case, quantity).examine()
    if result.failed:
        raise Violation(caller, case, result.message, result.expected, result.received)


def is_symmetric(caller: Caller, draw: Draw) -> None:
    case = _drawn(caller, draw)
    _same(caller, case, build(caller.declared, case.target or (), case.predicted, case.ground))


def survives_reversal(caller: Caller, draw: Draw) -> None:
    case = _drawn(caller, draw)
    p = [row[::-1] for row in case.predicted]
    if case.labels is not None:
        t: Any = [case.classes - 1 - k for k in case.labels]
    else:
        t = [row[::-1] for row in case.target or ()]
    _same(caller, case, build(caller.declared, p, t, case.ground))


def ignores_empty_classes(caller: Caller, draw: Draw) -> None:
    case = _drawn(caller, draw)
    p, t = ([(*row, 0.0) for row in rows or ()] for rows in (case.predicted, case.target))
    _same(caller, case, build(caller.declared, p, case.labels or t, case.ground))


def ignores_a_shift_of_logits(caller: Caller, draw: Draw) -> None:
    case, shift = _drawn(caller, draw), draw(strategies().integers(-8, 8))
    p = [tuple(x + shift for x in row) for row in case.predicted]
    _same(caller, case, build(caller.declared, p, case.labels or case.target or (), case.ground))


def follows_the_order_of_the_batch(caller: Caller, draw: Draw) -> None:
    case = _drawn(caller, draw, rows=4)
    order = draw(strategies().permutations(range(len(case.predicted))))
    _same(caller, case, _rows_of(case, order), order)


def keeps_samples_apart(caller: Caller, draw: Draw) -> None:
    case = _drawn(caller, draw, rows=4)
    for i in range(len(case.predicted)):
        alone = _answers(caller, _rows_of(case, [i]))
        _close(caller, case, _answers(caller, case)[i], alone[0], f"sample {i} alone")


def is_zero_at_the_target(caller: Caller, draw: Draw) -> None:
    case = _drawn(caller, draw)
    _examine(caller, build(caller.declared, case.predicted, case.predicted, case.ground), "value")


def is_homogeneous(caller: Caller, draw: Draw) -> None:
    declared = caller.declared
    case = _drawn(caller, draw, spare_bits=2)
    t = case.target or ()
    p = [tuple((a + b) / 2 for a, b in zip(x, y, strict=True)) for x, y in zip(case.predicted, t, strict=True)]
    half = build(declared, p, t, case.ground)
    power = 4 if declared.computes == "E" else 2
    for i, (a, b) in enumerate(zip(_answers(caller, case), _answers(caller, half), strict=True)):
        _close(caller, half, (a[0] / power, a[1] / power), b, f"number {i}, half way to the target")


def is_within_its_limits(caller: Caller, draw: Draw) -> None:
    """0 <= E <= EMD <= C - 1, for the unit line."""
    bits = min(24, {"float16": 11, "bfloat16": 8}.get(caller.declared.dtype, 24))
    case = _drawn(caller, draw, rows=1)
    t = [distribution(draw, case.classes, bits)]
    case = build(replace(caller.declared, computes="E + W1"), case.predicted, t, case.ground)
    emd = case.expected["W1"][0].hi
    (value, room), *_ = _answers(caller, case)
    if not -room <= value <= emd + room:
        raise Violation(caller, case, "it is outside", f"from 0 to {float(emd)!r}", repr(float(value)))


def forgets_other_calls(caller: Caller, draw: Draw) -> None:
    case, other = _drawn(caller, draw), _drawn(caller, draw)
    mutated = len(caller.seen.noted.get("input-mutated", ()))
    before, _, after = (_values(caller, x) for x in (case, other, case))
    if repr(before) != repr(after):
        raise Violation(caller, case, "another call in between changed the answer", repr(before), repr(after))
    if len(caller.seen.noted.get("input-mutated", ())) > mutated:
        raise Violation(caller, case, "the input was changed", "an input as before", "another one")


def is_safe_in_threads(caller: Caller, draw: Draw) -> None:
    case = _drawn(caller, draw, rows=1 if not caller.declared.batched else 4)
    if not caller.declared.batched:
        case = _rows_of(case, [0])

    def call(_: int) -> str:
        args, kwargs = arguments(caller.declared.template, caller.named(case))
        return repr(caller.arrays.plain(caller.factory(case.classes)(*args, **kwargs)))

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            alone = call(0)
            with ThreadPoolExecutor(THREADS) as pool:
                answers = list(pool.map(call, range(2 * THREADS)))
        except Exception as error:  # whatever foreign code raises is its answer
            raise Violation(caller, case, f"it raised {type(error).__name__}: {error}") from None
    for answer in answers:
        if answer != alone:
            raise Violation(caller, case, f"{THREADS} threads gave another answer", alone, answer)


# What they share


def _drawn(caller: Caller, draw: Draw, **options: Any) -> Case:
    """Draw a case that may be asked."""
    from hypothesis import assume

    case = a_case(draw, caller.declared, **options)
    assume(not obstacle(caller.declared, case, "value"))
    return case


def _rows_of(case: Case, order: Sequence[int]) -> Case:
    def pick(rows: Any) -> Any:
        return None if rows is None else tuple(rows[i] for i in order)

    return replace(
        case,
        predicted=pick(case.predicted),
        target=pick(case.target),
        labels=pick(case.labels),
        expected={name: pick(row) for name, row in case.expected.items()},
        gradient={name: pick(rows) for name, rows in case.gradient.items()},
    )


def _values(caller: Caller, case: Case) -> list[float]:
    try:
        return caller.values(case)
    except Exception as error:  # whatever foreign code raises is its answer
        raise Violation(caller, case, f"it raised {type(error).__name__}: {error}") from None


def _answers(caller: Caller, case: Case) -> list[tuple[Fraction, Fraction]]:
    """Return the numbers of an answer, each with its error bound."""
    values = _values(caller, case)
    if not all(map(isfinite, values)):
        raise Violation(caller, case, "it is not finite", "a finite number", repr(values))
    allowed = [_judge.allowed_value(sample, "any") for sample in caller.samples(case)]
    reduced = _judge.reduce(allowed, caller.declared) if caller.declared.batched else allowed
    around = [_judge.rounded(x, caller.declared) for x in reduced]
    rooms = [max(x.range.hi - x.exact.lo, x.exact.hi - x.range.lo) for x in around]
    return [(Fraction(value), room) for value, room in zip(values, rooms, strict=True)]


def _same(caller: Caller, case: Case, other: Case, order: Sequence[int] | None = None) -> None:
    if obstacle(caller.declared, case, "value") or obstacle(caller.declared, other, "value"):
        return
    first, second = _answers(caller, case), _answers(caller, other)
    if order is not None and len(first) == len(order):
        first = [first[i] for i in order]
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        _close(caller, other, a, b, f"number {i}")


def _close(caller: Caller, case: Case, a: Any, b: Any, place: str) -> None:
    difference, room = abs(a[0] - b[0]), a[1] + b[1]
    if difference > room:
        raise Violation(caller, case, f"{place} differs", repr(float(a[0])), repr(float(b[0])))


def _soft(declared: Declaration) -> bool:
    return declared.input == "probabilities" and declared.target == "distribution"


PROPERTIES = (
    Property("oracle", "it agrees with exact transport", agrees_with_the_oracle),
    Property("symmetry", "E(p, t) = E(t, p)", is_symmetric, applies=_soft),
    Property("identity", "E(p, p) = 0", is_zero_at_the_target, applies=_soft),
    Property(
        "homogeneity",
        "half way to the target, E is a quarter and EMD a half",
        is_homogeneous,
        applies=lambda d: _soft(d) and d.computes in ("E", "W1"),
    ),
    Property(
        "limits",
        "0 <= E <= EMD <= C - 1",
        is_within_its_limits,
        applies=lambda d: _soft(d) and d.ground == "line" and d.computes in ("E", "W1") and d.batched,
    ),
    Property(
        "reversal",
        "reversing the classes of both changes nothing",
        survives_reversal,
        applies=lambda d: d.ground in ("line", "circle"),
    ),
    Property(
        "empty-class",
        "a class without mass at the end changes nothing",
        ignores_empty_classes,
        applies=lambda d: d.ground == "line" and d.input in ("probabilities", "cdf") and "C" not in d.computes,
    ),
    Property(
        "logits-shift",
        "a constant added to all logits changes nothing",
        ignores_a_shift_of_logits,
        applies=lambda d: d.input == "logits",
    ),
    Property("batch-order", "permuting the batch permutes the answers", follows_the_order_of_the_batch),
    Property(
        "batch-independence",
        "a sample counts alone as it does in a batch",
        keeps_samples_apart,
        applies=lambda d: d.batched and d.reduction == "none",
    ),
    Property("statelessness", "the same call gives the same bits", forgets_other_calls),
    Property("threads", "calls from several threads give the same bits", is_safe_in_threads, here=True),
    Property("gradient", "the gradient is the exact derivative", gradient_is_the_derivative, "gradient"),
)
