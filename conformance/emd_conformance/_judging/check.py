"""One check: call an implementation with one case, and judge its answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, isfinite, isinf
from time import perf_counter
from typing import Any

from emd_conformance import _bounds, _exact
from emd_conformance._bounds.precision import Form
from emd_conformance._calling.answers import AnswerError
from emd_conformance._calling.caller import Caller
from emd_conformance._calling.watch import Lost, NotAskedError
from emd_conformance._cases.case import Case, Quantity
from emd_conformance._declaration.errors import CannotExamineError
from emd_conformance._declaration.expression import UNLIMITED
from emd_conformance._declaration.sample import Sample
from emd_conformance._judging.allowed import FARTHEST, Allowed, allowed_gradient, allowed_values, subgradient_slope
from emd_conformance._judging.result import VIOLATIONS, Result

REJECTIONS = (ValueError, TypeError, RuntimeError)
FORMS: tuple[Form, Form] = ("any", "scan")


@dataclass(frozen=True)
class Check:
    """One case, and whether its value, its gradient or its rejection is checked, for one implementation."""

    caller: Caller
    case: Case
    quantity: Quantity

    @property
    def id(self) -> str:
        return f"{self.case.id}:{self.quantity}"

    def examine(self) -> Result:
        """Return the result of the check, with the time it took; an error of the implementation is a result too."""
        start = perf_counter()
        return replace(self._examine(), seconds=round(perf_counter() - start, 6))

    def _examine(self) -> Result:
        try:
            return self._behaved({"value": _value, "gradient": _gradient, "rejection": _rejection}[self.quantity](self))
        except CannotExamineError:
            raise
        except NotAskedError as reason:
            return self.result("skip", str(reason))
        except Lost as lost:
            return self.result("error" if self.binding else "skip", str(lost))
        except Exception as error:  # foreign code may raise anything, and each of it is a wrong answer
            return self.result("error", f"it raised {type(error).__name__}: {error}")

    @property
    def binding(self) -> bool:
        """Whether a failure counts; for invalid input it counts only if the implementation claims to validate."""
        return self.quantity != "rejection" or self.caller.declared.validates

    def result(self, status: Any, message: str = "", **details: Any) -> Result:
        case = self.case
        return Result(case.id, self.quantity, status, message, clauses=case.clauses, classes=case.classes, **details)

    def _behaved(self, result: Result) -> Result:
        """Return the result, or a failure if the call of a right answer had a side effect (7.5)."""
        violation = self.caller.seen.violation(self.case.id)
        if not violation or result.failed or not self.binding:
            return result
        return replace(result, status="fail", message=f"{VIOLATIONS[violation]} (7.5)")


def _value(check: Check) -> Result:
    caller = check.caller
    received, again = caller.values(check.case), caller.values(check.case)
    if repr(received) != repr(again):
        caller.seen.note("nondeterministic", check.case.id)
        message = "two calls gave different answers (7.5)"
        return check.result("fail", message, expected=str(received), received=str(again))
    caller.seen.answers[check.case.id] = repr(received)
    samples = caller.samples(check.case)
    wide, narrow = (allowed_values(samples, caller.declared, form) for form in FORMS)
    return _compare(check, received, wide, narrow, "sample")


def _compare(
    check: Check, received: Sequence[float | Fraction], wide: Sequence[Allowed], narrow: Sequence[Allowed], place: str
) -> Result:
    largest = check.caller.declared.precision.largest
    ratios = [_ratio(x, a, largest) for x, a in zip(received, wide, strict=True)]
    if not ratios:
        return check.result("pass")
    worst = ratios.index(max(ratios))
    exact, answer = wide[worst].exact.middle, _float(received[worst])
    details: dict[str, Any] = {
        "expected": repr(_float(exact)) + (f" = {exact}" if exact.denominator > 1 and len(str(exact)) < 20 else ""),
        "received": repr(answer),
        "numbers": (_float(exact), answer),
        "ratio": ratios[worst],
        "sample": worst if place == "sample" else 0,
        "grade": max(_ratio(x, a, largest) for x, a in zip(received, narrow, strict=True)),
    }
    if ratios[worst] <= 1:
        return check.result("pass", **details)
    times = "more than any multiple of" if isinf(ratios[worst]) else f"{ratios[worst]:.3g} times"
    return check.result("fail", f"{place} {worst} differs by {times} the error bound (7.3)", **details)


def _ratio(answer: float | Fraction, allowed: Allowed, largest: float) -> float:
    """Return error over bound; infinity is right where the exact answer may be rounded beyond the format (7.4)."""
    if isfinite(answer):
        return allowed.ratio(Fraction(answer))
    return 0.0 if isinf(answer) and answer > 0 and allowed.range.hi > Fraction(largest) else float("inf")


def _float(x: float | Fraction) -> float:
    try:
        return float(x)
    except OverflowError:
        return inf if x > 0 else -inf


def _gradient(check: Check) -> Result:
    caller, case = check.caller, check.case
    received = caller.gradients(case)
    if not all(isfinite(x) for row in received for x in row):
        return check.result("fail", "the gradient is not finite (5.6)", received=str(received))
    N = len(received) if caller.declared.reduction == "mean" and caller.declared.batched else 1
    rows = [[Fraction(x) * N for x in row] for row in received]
    if caller.declared.expression.names == {"W1"}:
        return _optimality(check, rows)
    samples = caller.samples(case)
    results = [_gradient_row(check, sample, row) for sample, row in zip(samples, rows, strict=True)]
    return max(results, key=lambda result: (result.failed, result.ratio))


def _gradient_row(check: Check, sample: Sample, row: list[Fraction]) -> Result:
    if check.case.input == "probabilities":
        mean = sum(row, Fraction(0)) / len(row)
        row = [x - mean for x in row]
    wide, narrow = (allowed_gradient(sample.standard, form) for form in FORMS)
    root = check.caller.declared.expression.operations > 0
    if root and any(a.range.magnitude > UNLIMITED / 2**5000 for a in wide):  # a root has no derivative at E = 0
        return check.result("pass")
    result = _compare(check, row, wide, narrow, f"the gradient of sample {sample.index}, class")
    return replace(result, sample=sample.index)


def _optimality(check: Check, rows: list[list[Fraction]]) -> Result:
    worst = check.result("pass")
    for sample, row in zip(check.caller.samples(check.case), rows, strict=True):
        slope = subgradient_slope(check.caller.declared, sample.parameters)
        point = sample.x, sample.target, sample.ground
        gap = _exact.emd.subgradient_gap([x / slope for x in row], *point)
        ratio = float(min(abs(gap) / _bounds.emd.subgradient_gap(*point, sample.declared.precision), FARTHEST))
        if ratio > 1:
            message = f"the gradient of sample {sample.index} is no subgradient (3.6)"
            return check.result("fail", message, expected="gap 0", received=f"gap {float(gap)!r}", ratio=ratio)
        worst = max(worst, check.result("pass", ratio=ratio, grade=ratio), key=lambda result: result.ratio)
    return worst


def _rejection(check: Check) -> Result:
    """Return whether invalid input raises an error; it counts only if the implementation claims to validate (8.4)."""
    try:
        received = str(check.caller.values(check.case))
    except (CannotExamineError, Lost, NotAskedError):
        raise
    except AnswerError as error:  # the call returned something, so the input was not rejected
        received = str(error)
    except Exception as error:
        if not check.binding:
            return check.result("skip", "it was rejected")
        if isinstance(error, REJECTIONS):
            return check.result("pass", "it was rejected")
        raise  # errors of other types are accidents, not rejections
    status = "fail" if check.binding else "skip"
    return check.result(status, f"{check.case.invalid} was accepted (8.4)", expected="an error", received=received)
