"""One check: call an implementation with one case, and judge its answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import inf, isfinite
from time import perf_counter
from typing import Any

from emd_conformance._bounds.precision import Form
from emd_conformance._calling.answers import AnswerError
from emd_conformance._calling.caller import Caller, Recorded
from emd_conformance._calling.contained import described
from emd_conformance._calling.watch import Lost, NotAskedError
from emd_conformance._cases.case import Case, Quantity
from emd_conformance._declaration.errors import CannotExamineError
from emd_conformance._declaration.expression import is_unlimited
from emd_conformance._declaration.layouts import ALL_INTEGERS
from emd_conformance._declaration.sample import Sample
from emd_conformance._exact.numbers import nearest_float
from emd_conformance._judging.allowed import (
    FARTHEST,
    WEIGHING,
    Allowed,
    allowed_gradient,
    allowed_values,
    share,
    weighted,
)
from emd_conformance._judging.conventions import completed, projected, undefined
from emd_conformance._judging.otherwise import asked_otherwise
from emd_conformance._judging.result import Result
from emd_conformance._judging.subgradients import optimality_gap

REJECTIONS = (ValueError, TypeError, RuntimeError)
RECORDED, FROM_ABOVE = "in a call that is recorded for the gradient", "with the gradient from above"
REFUSED = "it refuses"  # what an implementation may refuse by an error (8.1)


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
            return {"value": _value, "gradient": _gradient, "rejection": _rejection}[self.quantity](self)
        except CannotExamineError:
            raise
        except NotAskedError as reason:
            return self.result("skip", str(reason))
        except Lost as lost:
            return self.result("error" if self.binding else "skip", str(lost))
        except AnswerError as error:  # the call returned something
            return self.result("error", str(error))
        except Exception as error:  # foreign code may raise anything, and each of it is a wrong answer
            if self.case.passed in ALL_INTEGERS:
                return self.result("pass", f"{REFUSED} labels of {self.case.passed}: {described(error)}")
            return self.result("error", f"it raised {described(error)}")

    @property
    def binding(self) -> bool:
        """Whether a failure counts; for invalid input it counts only if the implementation claims to validate."""
        return self.quantity != "rejection" or self.caller.declared.validates

    def result(self, status: Any, message: str = "", **details: Any) -> Result:
        case = self.case
        return Result(case.id, self.quantity, status, message, clauses=case.clauses, classes=case.classes, **details)


def _value(check: Check) -> Result:
    caller = check.caller
    received, again = caller.values(check.case), caller.values(check.case)
    if repr(received) != repr(again):
        caller.seen.note("nondeterministic", check.case.id)
        message = "two calls gave different answers (7.5)"
        return check.result("fail", message, expected=str(received), received=str(again))
    caller.seen.answers[check.case.id] = repr(received)
    samples = caller.samples(check.case)
    result = _compare(check, received, partial(allowed_values, samples, caller.declared), "sample")
    if not result.failed and (changed := asked_otherwise(caller, check.case, repr(received))):
        return check.result("fail", changed[0], expected=repr(received), received=changed[1])
    return result


def _compare(
    check: Check, received: Sequence[float | Fraction], allowed: Callable[[Form], Sequence[Allowed]], place: str
) -> Result:
    largest, wide = check.caller.declared.precision.largest, allowed("any")
    ratios = _ratios(received, wide, largest)
    if not ratios:
        return check.result("pass")
    worst = ratios.index(max(ratios))
    exactly = not any(ratios) and all(map(isfinite, received))  # no narrower bound needs to be computed
    exact, answer = wide[worst].exact.middle, nearest_float(received[worst])
    details: dict[str, Any] = {
        "expected": repr(nearest_float(exact))
        + (f" = {exact}" if exact.denominator > 1 and len(str(exact)) < 20 else ""),
        "received": repr(answer),
        "numbers": (nearest_float(exact), answer),
        "ratio": ratios[worst],
        "sample": worst,
        "bound": nearest_float(wide[worst].room(above=not answer < exact)),
        "grade": 0.0 if exactly else max(_ratios(received, allowed("scan"), largest)),
    }
    if ratios[worst] <= 1:
        return check.result("pass", **details)
    times = "more than any multiple of" if ratios[worst] >= FARTHEST else f"{ratios[worst]:.3g} times"
    return check.result("fail", f"{place} {worst} differs by {times} the error bound (7.3)", **details)


def _ratios(received: Sequence[float | Fraction], allowed: Sequence[Allowed], largest: float) -> list[float]:
    """Return the ratio of every answer; samples alike, with the same answer, are judged once."""
    pairs = [*zip(received, allowed, strict=True)]
    judged = {(x, id(a)): (x, a) for x, a in pairs}
    ratios = {key: _ratio(x, a, largest) for key, (x, a) in judged.items()}
    return [ratios[x, id(a)] for x, a in pairs]


def _ratio(answer: float | Fraction, allowed: Allowed, largest: float) -> float:
    """Return error over bound; infinity is right where the exact answer may be rounded beyond the format (7.4)."""
    if isinstance(answer, Fraction):
        return allowed.ratio(answer)
    if isfinite(answer):
        return allowed.ratio(Fraction(answer))
    return 0.0 if answer == inf and allowed.range.hi > Fraction(largest) else inf


def _gradient(check: Check) -> Result:
    caller, case = check.caller, check.case
    received, samples = caller.gradients(case), caller.samples(case)
    if not _finite(samples, received):
        return check.result("fail", "the gradient is not finite (5.6)", received=str(received))
    result = _rows(check, samples, received, [1.0] * len(received))
    return result if result.failed or not caller.differentiates else _from_above(check, result, received)


def _finite(samples: Sequence[Sample], rows: Sequence[Sequence[float]]) -> bool:
    pairs = zip(samples, rows, strict=True)
    return all(isfinite(x) or j in undefined(sample) for sample, row in pairs for j, x in enumerate(row))


def _from_above(check: Check, plain: Result, rows: list[list[float]]) -> Result:
    """Return the result with 1 from above, or a failure if a recorded call is wrong with other gradients from above."""
    caller, done = check.caller, 0
    try:
        answers = caller.recorded(check.case)
    except (CannotExamineError, Lost, NotAskedError):
        raise
    except Exception as error:
        return check.result("error", f"{FROM_ABOVE} other than 1, it raised {described(error)}")
    plain_values = caller.seen.answers.get(check.case.id)
    if _multiples(answers, rows) and repr([x for a in answers for x in a.values]) == plain_values:
        return plain  # nothing else needs to be judged
    for answer in answers:
        samples = caller.samples(check.case)[done : done + len(answer.gradients)]
        done += len(samples)
        values = partial(allowed_values, samples, caller.declared)
        if (value := _compare(check, answer.values, values, "sample")).failed:
            return replace(value, message=f"{RECORDED}: {value.message}")
        above = [answer.above_of(i) for i in range(len(samples))]
        if not _finite(samples, answer.gradients):
            return check.result("fail", f"{FROM_ABOVE} other than 1, the gradient is not finite")
        if (result := _rows(check, samples, answer.gradients, above)).failed:
            return replace(result, message=f"{FROM_ABOVE} {above[result.sample - samples[0].index]}, {result.message}")
    return plain


def _multiples(answers: Sequence[Recorded], rows: list[list[float]]) -> bool:
    """Tell whether recorded gradients are those with 1 from above, each multiplied by a power of 2."""
    multiples = [(a.above_of(i), row) for a in answers for i, row in enumerate(a.gradients)]
    return all([above * x for x in right] == row for (above, row), right in zip(multiples, rows, strict=True))


def _rows(check: Check, samples: list[Sample], received: list[list[float]], above: list[float]) -> Result:
    """Return the result of the gradients of one call, each multiplied by the gradient from above of its sample."""
    N, results = share(samples), dict[Any, Result]()
    for sample, row, factor in zip(samples, received, map(Fraction, above), strict=True):
        alike = sample.case.first_alike[sample.index], sample.weight, factor, *row
        if alike not in results:
            results[alike] = _gradient_row(check, sample, row, factor, N)
    return max(results.values(), key=lambda result: (result.failed, result.ratio))


def _gradient_row(check: Check, sample: Sample, received: Sequence[float], above: Fraction, N: Fraction) -> Result:
    """Return the result of one gradient, which was multiplied by the gradient from above and divided by N."""
    expression, size = check.caller.declared.expression, len(check.case.predicted)

    def allowed(form: Form) -> list[Allowed]:
        used = form if expression.names == {"E"} else "any"
        exact = [weighted(a, sample, summed=size) for a in allowed_gradient(sample.standard, used)]
        return exact if above == 1 else [a.times(above, sample.declared.precision) for a in exact]

    wide = [weighted(a, sample, summed=size) for a in allowed_gradient(sample.standard, "any")]
    complete = completed(sample, received, (a.exact.middle * above / N for a in wide))
    row = [x * N for x in projected(sample, complete)]
    if "W1" in expression.names:
        return _optimality(check, sample, row, above) if all(map(isfinite, received)) else check.result("pass")
    if any(is_unlimited(a.range) for a in wide):  # a root has no derivative at E = 0
        return check.result("pass")
    result = _compare(check, row, allowed, f"the gradient of sample {sample.index}, class")
    return replace(result, sample=sample.index)


def _optimality(check: Check, sample: Sample, row: list[Fraction], above: Fraction) -> Result:
    declared, N, factor = check.caller.declared, len(check.case.predicted), above * sample.weight
    if not factor and any(row):
        return check.result("fail", f"the gradient of sample {sample.index} is not 0", sample=sample.index)
    if not factor:
        return check.result("pass")
    roundings = (WEIGHING + N) * bool(declared.weighted) + (declared.reduction != "none")
    gap, bound = optimality_gap(sample, [x / factor for x in row], roundings, N)
    if gap <= bound:
        return check.result("pass", ratio=gap / bound, grade=gap / bound, bound=bound)
    message = f"the gradient of sample {sample.index} is no subgradient (3.6)"
    details = {"expected": "gap 0", "received": f"gap {gap!r}", "bound": bound, "ratio": gap / bound}
    return check.result("fail", message, sample=sample.index, **details)


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
