"""Which properties of the loss still hold, when nothing explains its answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isclose

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case, Row

ENOUGH = 12


def which_hold(caller: Caller, cases: Sequence[Case]) -> str:
    """Return in words which properties hold and which do not."""
    small = [case for case in cases if case.classes <= ENOUGH and "near-equal" not in case.flags][:ENOUGH]
    verdicts = {name: _verdict(holds, caller, small) for name, holds in PROPERTIES.items()}
    parts = [
        f"{word}: {', '.join(name for name, verdict in verdicts.items() if verdict is value)}"
        for word, value in (("it still holds", True), ("it does not hold", False))
        if value in verdicts.values()
    ]
    return "; ".join(parts)


def _verdict(holds: Callable[[Caller, Case], bool | None], caller: Caller, cases: Sequence[Case]) -> bool | None:
    """Return whether a property holds in every case that can show it; None if none can."""
    shown: list[bool] = []
    for case in cases:
        try:
            verdict = holds(caller, case)
        except Exception:  # the check of the case has reported it
            return False
        shown += [] if verdict is None else [verdict]
    return all(shown) if shown else None


def _same(a: Sequence[float], b: Sequence[float]) -> bool:
    return len(a) == len(b) and all(isclose(x, y, rel_tol=1e-6, abs_tol=1e-9) for x, y in zip(a, b, strict=True))


def _soft(caller: Caller, case: Case) -> bool:
    """Whether prediction and target may take each other's place."""
    return caller.declared.input == "probabilities" and case.target is not None


def _symmetric(caller: Caller, case: Case) -> bool | None:
    if not _soft(caller, case) or case.target is None:
        return None
    return _same(caller.raw(case), caller.raw(replace(case, predicted=case.target, target=case.predicted)))


def _zero(caller: Caller, case: Case) -> bool | None:
    if not _soft(caller, case):
        return None
    return all(abs(x) < 1e-9 for x in caller.raw(replace(case, target=case.predicted)))


def _halfway(caller: Caller, case: Case) -> bool | None:
    """Whether the value is homogeneous: E of degree 2 in p - t, its root and the EMD of degree 1."""
    if not _soft(caller, case) or case.target is None:
        return None
    half = tuple(
        tuple((a + b) / 2 for a, b in zip(*rows, strict=True)) for rows in zip(case.predicted, case.target, strict=True)
    )
    degree = 2 if caller.declared.expression.names == {"E"} and "sqrt" not in caller.declared.computes else 1
    return _same(caller.raw(replace(case, predicted=half)), [x / 2**degree for x in caller.raw(case)])


def _independent(caller: Caller, case: Case) -> bool | None:
    if len(case.predicted) < 2 or caller.declared.reduction != "none":
        return None
    alone = [x for i in range(len(case.predicted)) for x in caller.raw(_rows(case, [i]))]
    return _same(caller.raw(case), alone)


def _order(caller: Caller, case: Case) -> bool | None:
    if len(case.predicted) < 2:
        return None
    backwards = caller.raw(_rows(case, list(range(len(case.predicted)))[::-1]))
    return _same(caller.raw(case), backwards if len(backwards) == 1 else backwards[::-1])


def _rows(case: Case, chosen: list[int]) -> Case:
    """Return the chosen samples of a case."""

    def take(rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return tuple(rows[i] for i in chosen)

    labels = None if case.labels is None else tuple(case.labels[i] for i in chosen)
    target = None if case.target is None else take(case.target)
    return replace(case, predicted=take(case.predicted), target=target, labels=labels)


PROPERTIES: dict[str, Callable[[Caller, Case], bool | None]] = {
    "symmetry in p and t": _symmetric,
    "0 at p = t": _zero,
    "scale (half of p - t)": _halfway,
    "independence of the samples": _independent,
    "permutation of the batch": _order,
}
