"""Properties that every squared EMD has."""

from __future__ import annotations

import contextlib
import io
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from emd_conformance._calling.caller import Caller
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.template import arguments
from emd_conformance._properties.compare import answers_of, close, drawn, examine, rows_of, same, values_of
from emd_conformance._properties.drawn_cases import Draw, build, distribution, drawable, strategies
from emd_conformance._properties.engine import THREADS, Property, PropertyCheck, Violation


def property_checks(caller: Caller) -> list[PropertyCheck]:
    """Return the properties that a declaration allows; those of E and W1 alone are known."""
    declared = caller.declared
    if not declared.expression.names <= {"E", "W1"} or not drawable(declared):
        return []
    wanted = ("value",) if declared.grad is None else ("value", "gradient")
    there = [p for p in PROPERTIES if caller.is_here or not p.here]
    return [PropertyCheck(caller, p) for p in there if p.quantity in wanted and p.applies(declared)]


# Bodies


def agrees_with_the_oracle(caller: Caller, draw: Draw) -> None:
    examine(caller, drawn(caller, draw), "value")


def gradient_is_the_derivative(caller: Caller, draw: Draw) -> None:
    examine(caller, drawn(caller, draw), "gradient")


def is_symmetric(caller: Caller, draw: Draw) -> None:
    case = drawn(caller, draw)
    same(caller, case, build(caller.declared, case.target or (), case.predicted, case.ground))


def survives_reversal(caller: Caller, draw: Draw) -> None:
    case = drawn(caller, draw)
    p = [row[::-1] for row in case.predicted]
    if case.labels is not None:
        t: Any = [case.classes - 1 - k for k in case.labels]
    else:
        t = [row[::-1] for row in case.target or ()]
    same(caller, case, build(caller.declared, p, t, case.ground))


def ignores_empty_classes(caller: Caller, draw: Draw) -> None:
    case = drawn(caller, draw)
    p, t = ([(*row, 0.0) for row in rows or ()] for rows in (case.predicted, case.target))
    same(caller, case, build(caller.declared, p, case.labels or t, case.ground))


def ignores_a_shift_of_logits(caller: Caller, draw: Draw) -> None:
    case, shift = drawn(caller, draw), draw(strategies().integers(-8, 8))
    p = [tuple(x + shift for x in row) for row in case.predicted]
    same(caller, case, build(caller.declared, p, case.labels or case.target or (), case.ground))


def follows_the_order_of_the_batch(caller: Caller, draw: Draw) -> None:
    case = drawn(caller, draw, rows=4)
    order = draw(strategies().permutations(range(len(case.predicted))))
    same(caller, case, rows_of(case, order), order)


def keeps_samples_apart(caller: Caller, draw: Draw) -> None:
    case = drawn(caller, draw, rows=4)
    for i in range(len(case.predicted)):
        alone = answers_of(caller, rows_of(case, [i]))
        close(caller, case, answers_of(caller, case)[i], alone[0], f"sample {i} alone")


def is_zero_at_the_target(caller: Caller, draw: Draw) -> None:
    case = drawn(caller, draw)
    examine(caller, build(caller.declared, case.predicted, case.predicted, case.ground), "value")


def is_homogeneous(caller: Caller, draw: Draw) -> None:
    declared = caller.declared
    case = drawn(caller, draw, spare_bits=2)
    t = case.target or ()
    p = [tuple((a + b) / 2 for a, b in zip(x, y, strict=True)) for x, y in zip(case.predicted, t, strict=True)]
    half = build(declared, p, t, case.ground)
    power = 4 if declared.computes == "E" else 2
    for i, (a, b) in enumerate(zip(answers_of(caller, case), answers_of(caller, half), strict=True)):
        close(caller, half, (a[0] / power, a[1] / power), b, f"number {i}, half way to the target")


def is_within_its_limits(caller: Caller, draw: Draw) -> None:
    """0 <= E <= EMD <= C - 1, for the unit line."""
    bits = min(24, {"float16": 11, "bfloat16": 8}.get(caller.declared.dtype, 24))
    case = drawn(caller, draw, rows=1)
    t = [distribution(draw, case.classes, bits)]
    case = build(replace(caller.declared, computes="E + W1"), case.predicted, t, case.ground)
    emd = case.expected["W1"][0].hi
    (value, room), *_ = answers_of(caller, case)
    if not -room <= value <= emd + room:
        raise Violation(caller, case, "it is outside", f"from 0 to {float(emd)!r}", repr(float(value)))


def forgets_other_calls(caller: Caller, draw: Draw) -> None:
    case, other = drawn(caller, draw), drawn(caller, draw)
    mutated = len(caller.seen.noted.get("input-mutated", ()))
    before, _, after = (values_of(caller, x) for x in (case, other, case))
    if repr(before) != repr(after):
        raise Violation(caller, case, "another call in between changed the answer", repr(before), repr(after))
    if len(caller.seen.noted.get("input-mutated", ())) > mutated:
        raise Violation(caller, case, "the input was changed", "an input as before", "another one")


def is_safe_in_threads(caller: Caller, draw: Draw) -> None:
    case = drawn(caller, draw, rows=1 if not caller.declared.batched else 4)
    if not caller.declared.batched:
        case = rows_of(case, [0])

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
