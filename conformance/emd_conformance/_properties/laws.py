"""The properties that every squared EMD and every EMD has."""

import contextlib
import io
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from math import isclose
from typing import Any

from emd_conformance._calling.answers import flat, located
from emd_conformance._calling.arrays import plain
from emd_conformance._calling.caller import Caller
from emd_conformance._calling.contained import described
from emd_conformance._cases.case import Case, rows_of
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.template import apply
from emd_conformance._exact.interval import enclose
from emd_conformance._exact.ordinal import OUTPUTS
from emd_conformance._properties.drawn_cases import BITS, build, distribution, drawable, strategies
from emd_conformance._properties.engine import Body, Property, PropertyCheck
from emd_conformance._properties.trial import BATCH, Trial, Violation, examine, values_of

THREADS, ROUNDS, SAMPLES = 4, 24, 512
SWITCH = 1e-6  # seconds
KEEPING_SAMPLES = ("oracle", "batch-order", "batch-independence", "statelessness", "threads", "gradient")
# A changed sample has another weight, so that its answer is not comparable.


def property_checks(caller: Caller) -> list[PropertyCheck]:
    """Return the checks of the properties that a declaration has; for other quantities than E and W1 there are none."""
    declared = caller.declared
    if not declared.expression.names <= {"E", "W1"} or declared.input in OUTPUTS or not drawable(declared):
        return []
    wanted = ("value",) if declared.grad is None else ("value", "gradient")
    possible = [p for p in PROPERTIES if caller.is_here or not p.local]
    if declared.weighted:
        possible = [p for p in possible if p.name in KEEPING_SAMPLES]
    return [PropertyCheck(caller, p) for p in possible if p.quantity in wanted and p.applies(declared)]


PROPERTIES: list[Property] = []


def law(name: str, text: str, **options: Any) -> Callable[[Body], Body]:
    """Register the function as the body of a property, whose fields are the arguments."""

    def register(body: Body) -> Body:
        PROPERTIES.append(Property(name, text, body, **options))
        return body

    return register


def _interchangeable(declared: Declaration) -> bool:
    """Tell whether prediction and target are both distributions, which may take each other's place in E and the EMD."""
    return (
        declared.expression.names <= {"E", "W1"}
        and declared.input == "probabilities"
        and declared.target == "distribution"
    )


def degree(declared: Declaration) -> int | None:
    """Return k if the value is divided by 2^k half way to the target, where E is E/4 and W1 is W1/2; else None."""
    parameters = {"C": Fraction(4), "weight": Fraction(1), "range": Fraction(3)}
    full, half, quarter = (
        float(declared.expression.evaluate({"E": enclose(s * s), "W1": enclose(s)}, parameters).value.middle)
        for s in (Fraction(1), Fraction(1, 2), Fraction(1, 4))
    )
    return next((k for k in (1, 2) if isclose(full, 2**k * half) and isclose(half, 2**k * quarter)), None)


@law("oracle", "the value is the exact one")
def agrees_with_the_oracle(trial: Trial) -> None:
    examine(trial.caller, trial.case(), "value")


@law("symmetry", "E(p, t) = E(t, p)", applies=_interchangeable, summary="symmetry in p and t")
def is_symmetric(trial: Trial) -> None:
    case = trial.case()
    trial.same(case, trial.changed(case, case.target or (), case.predicted))


@law("identity", "E(p, p) = 0", applies=_interchangeable, summary="0 at p = t")
def is_zero_at_the_target(trial: Trial) -> None:
    drawn, expression = trial.case(), trial.caller.declared.expression
    case = trial.changed(drawn, drawn.predicted, drawn.predicted)
    parameters = trial.caller.samples(case)[0].parameters
    zero = expression.evaluate(dict.fromkeys(expression.names, enclose(0)), parameters).value.middle
    for i, answer in enumerate(trial.answers(case)):
        trial.close(case, (zero, Fraction(0)), answer, f"number {i}")


@law(
    "homogeneity",
    "half way to the target, E is a quarter and the EMD a half",
    applies=lambda d: _interchangeable(d) and degree(d) is not None,
    summary="scale (half of p - t)",
)
def is_homogeneous(trial: Trial) -> None:
    case = trial.case(spare_bits=2)
    t = case.target or ()
    half = [tuple((a + b) / 2 for a, b in zip(x, y, strict=True)) for x, y in zip(case.predicted, t, strict=True)]
    other, scale = trial.changed(case, half, t), 2 ** (degree(trial.caller.declared) or 0)
    for i, (a, b) in enumerate(zip(trial.answers(case), trial.answers(other), strict=True)):
        trial.close(other, (a[0] / scale, a[1] / scale), b, f"number {i}, half way to the target")


@law(
    "limits",
    "0 <= E <= EMD <= C - 1",
    applies=lambda d: _interchangeable(d) and d.ground == "line" and d.computes in ("E", "W1") and d.batched,
)
def is_within_its_limits(trial: Trial) -> None:
    declared = trial.caller.declared
    case = trial.case(rows=1)
    t = [distribution(trial.draw, case.classes, min(BITS[declared.dtype], 24))]
    case = build(replace(declared, computes="E + W1"), case.predicted, t, case.ground)
    emd = case.expected["W1"][0].hi
    (value, room), *_ = trial.answers(case)
    if not -room <= value <= emd + room:
        raise Violation(trial.caller, case, "it is outside", f"from 0 to {float(emd)!r}", repr(float(value)))


@law(
    "reversal",
    "reversing the classes of prediction and target changes nothing",
    applies=lambda d: d.ground in ("line", "circle"),
)
def survives_reversal(trial: Trial) -> None:
    case = trial.case()
    p = [row[::-1] for row in case.predicted]
    labels, t = [case.classes - 1 - k for k in case.labels or ()], [row[::-1] for row in case.target or ()]
    trial.same(case, trial.changed(case, p, labels or t))


@law(
    "empty-class",
    "a class without mass at the end changes nothing",
    applies=lambda d: d.ground == "line" and d.input in ("probabilities", "cdf") and "C" not in d.computes,
)
def ignores_empty_classes(trial: Trial) -> None:
    case = trial.case()
    p, t = ([(*row, 0.0) for row in rows or ()] for rows in (case.predicted, case.target))
    trial.same(case, trial.changed(case, p, case.labels or t))


@law("logits-shift", "adding a constant to all logits changes nothing", applies=lambda d: d.input == "logits")
def ignores_a_shift_of_logits(trial: Trial) -> None:
    case, shift = trial.case(), trial.draw(strategies().integers(-8, 8))
    p = [tuple(x + shift for x in row) for row in case.predicted]
    trial.same(case, trial.changed(case, p, case.labels or case.target or ()))


@law("batch-order", "permuting the batch permutes the answers", summary="permutation of the batch")
def follows_the_order_of_the_batch(trial: Trial) -> None:
    case = trial.case(rows=BATCH)
    order = trial.order(len(case.predicted))
    trial.same(case, rows_of(case, order), order)


@law(
    "batch-independence",
    "a sample has the same answer alone and in a batch",
    applies=lambda d: d.batched and d.reduction == "none",
    summary="independence of the samples",
)
def keeps_samples_apart(trial: Trial) -> None:
    case = trial.case(rows=BATCH)
    samples = range(len(case.predicted))
    for i, together in zip(samples, trial.answers(case), strict=True):
        (alone,) = trial.answers(rows_of(case, [i]))
        trial.close(case, together, alone, f"sample {i} alone")


@law("statelessness", "the same call gives the same bits")
def forgets_other_calls(trial: Trial) -> None:
    caller, case, other = trial.caller, trial.case(), trial.case()
    mutated = len(caller.seen.noted.get("input-mutated", ()))
    before, _, after = (values_of(caller, x) for x in (case, other, case))
    if repr(before) != repr(after):
        raise Violation(caller, case, "another call in between changed the answer", repr(before), repr(after))
    if len(caller.seen.noted.get("input-mutated", ())) > mutated:
        raise Violation(caller, case, "the call changed its input", "an unchanged input", "another one")


@law("threads", "calls from several threads give the same bits", local=True)
def is_safe_in_threads(trial: Trial) -> None:
    caller, cases = trial.caller, _two_inputs(trial)
    names, loss = [caller.named(case) for case in cases], caller.factory(cases[0].classes)

    def call(i: int) -> list[float]:
        return flat(plain(located(apply(loss, caller.declared.template, names[i % 2]), caller.declared)))

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), _frequent_switches():
        warnings.simplefilter("ignore")
        try:
            alone = [call(0), call(1)]
            with ThreadPoolExecutor(THREADS) as pool:
                answers = list(pool.map(call, range(THREADS * ROUNDS)))
        except Exception as error:  # an implementation may raise anything
            raise Violation(caller, cases[0], f"it raised {described(error)}") from None
    for i, answer in enumerate(answers):
        if differing := [pair for pair in zip(alone[i % 2], answer, strict=True) if repr(pair[0]) != repr(pair[1])]:
            one, words = (
                rows_of(cases[i % 2], [0]),
                f"{THREADS} threads gave another answer, in batches of such samples",
            )
            raise Violation(caller, one, words, *map(repr, differing[0]))


def _two_inputs(trial: Trial) -> tuple[Case, Case]:
    """Return two inputs of one shape, large enough for calls to meet; calls with one input would agree in any case."""
    case = trial.case(rows=BATCH)
    last = len(case.predicted) - 1
    if not trial.caller.declared.batched:
        return rows_of(case, [0]), rows_of(case, [last])
    return rows_of(case, [i % (last + 1) for i in range(SAMPLES)]), rows_of(case, [last] * SAMPLES)


@contextlib.contextmanager
def _frequent_switches() -> Iterator[None]:
    """Let Python change threads after every few instructions."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@law("gradient", "the gradient is the exact derivative", quantity="gradient")
def gradient_is_the_derivative(trial: Trial) -> None:
    examine(trial.caller, trial.case(), "gradient")
