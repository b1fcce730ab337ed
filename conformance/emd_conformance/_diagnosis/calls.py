"""Finds another way to call an implementation in which its answers are right."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import Case
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.declaration import CHOICES, Declaration
from emd_conformance._diagnosis.catalogue import finding
from emd_conformance._diagnosis.hypothesis import Slack, declared
from emd_conformance._diagnosis.values import ENOUGH, Answers
from emd_conformance._judging.result import Finding

SOME = 16  # cases


def called_otherwise(caller: Caller, cases: Sequence[Case], *, answered: bool) -> Finding | None:
    """Return the convention under which all answers are right; other targets are tried if no call was answered."""
    slack = Slack(caller.declared.precision.unit)
    for changes in _others(caller.declared, answered):
        other = replace(caller.declared, **changes)
        asked = [case for case in cases if not obstacle(other, case, "value")]
        answers = Answers(replace(caller, declared=other), asked[:SOME])
        if len(answers.asked) >= ENOUGH and answers.support(declared(other), slack):
            names = ", ".join(f"{name}={value!r}" for name, value in changes.items())
            note = f"called so, it is right in all {len(answers.asked)} cases that were compared"
            return finding("convention", note, id=names)
    return None


def _others(declaration: Declaration, answered: bool) -> Iterator[dict[str, Any]]:
    """Yield other declarations of the call, single changes first."""
    orders = CHOICES["order"] if declaration.call is None else ()
    yield from ({"order": order} for order in orders if order != declaration.order)
    yield from ({"axis": axis} for axis in (-1, 0) if axis != declaration.axis)
    yield {"batched": not declaration.batched}
    if declaration.target != "distribution":
        yield from ({"label_shape": shape} for shape in CHOICES["label_shape"] if shape != declaration.label_shape)
    if not answered and declaration.call is None:
        names = ("target", "order", "label_shape")
        ways = [dict(zip(names, way, strict=True)) for way in product(*(CHOICES[name] for name in names))]
        changed = [{name: x for name, x in way.items() if x != getattr(declaration, name)} for way in ways]
        yield from sorted((way for way in changed if "target" in way), key=len)
